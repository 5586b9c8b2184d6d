// What a run did: for each module, where it was found, how long each step took, and how it was verified.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The requests that `mlld --verbose` told: `[{ kind: 'GET', target, outcome, ms, bytes }, …]`, in the order they ended. */
export function readTrace(stderr) {
  const lines = [...stderr.matchAll(/^(GET|DNS) (.+) (\S+) ([\d.]+) ms (\d+) B$/gm)];
  return lines.map(([, kind, target, outcome, ms, bytes]) => ({
    kind,
    target,
    outcome,
    ms: Number(ms),
    bytes: Number(bytes),
  }));
}

/**
 * One row a module: the time of its question to DNS, of its index file, its proof and its bytes, and where these came from.
 * A step that was not needed is undefined.
 */
export function moduleRows({ trace, verified, place, url, zone }) {
  const time = (wanted) => trace.find(wanted)?.ms;
  const got = (target) => (one) => one.kind === 'GET' && one.target === target && one.outcome === '200';
  return verified.map(({ name, version, evidence, steps }) => {
    const [author, short] = name.slice(1).split('/');
    const line = indexLine(place.dist, { author, short, version });
    const entry = line.files.find((file) => file.path === line.entry);
    const places = [
      ...line.sources.map((source) => source + line.entry),
      `${url}blob/sha256/${entry.sha256}`,
    ];
    const bytes = trace.find((one) => places.some((target) => got(target)(one)));
    return {
      name,
      version,
      evidence,
      dns: time((one) => one.target === `TXT ${short}.${author}.${zone}` && one.outcome === 'NOERROR'),
      index: time(got(`${url}index/${author}/${short}`)),
      proof: time(got(`${url}proof/${line.statement}`)),
      bytes: bytes?.ms,
      from: bytes === undefined ? undefined : new URL(bytes.target).host,
      passed: steps.filter(({ result }) => result === 'passed').length,
      checks: steps.filter(({ result }) => result !== 'none').length,
      signedBy: steps
        .find(({ clause }) => clause === '6.3')
        ?.detail.replace(/^(SHA256:.{8})[^,]*,.*$/, '$1…'),
    };
  });
}

function indexLine(dist, { author, short, version }) {
  const text = readFileSync(path.join(dist, 'index', author, short), 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line));
  return lines.find((line) => line.version === version);
}
