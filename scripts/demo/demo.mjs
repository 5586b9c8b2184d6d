// The whole way: an author's file, a signed release, a registry, a program that imports it, and the same again offline.

import { Resolver } from 'node:dns/promises';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../lib.mjs';
import { startAuthorHost } from './author-host.mjs';
import { bundle, endPrograms, mlld, plainEnvironment } from './cli.mjs';
import { build, freePort, makeKeys, makeRepository, publishAll, serve, zone } from './registry.mjs';
import { milliseconds, print, quote, step, style, table, verdict } from './show.mjs';
import { showcase, showcaseAuthors } from './showcase.mjs';
import { moduleRows, readTrace } from './trace.mjs';

/** Runs the demo; `stopped` resolves when the user wants it to end. Returns the exit status. */
export async function demo({ once, stopped }) {
  const place = makePlace();
  const open = [];
  try {
    print(`\n${style('bold', "From an author's file to a working import")}\n`);
    const registry = await makeRegistry(place, open);
    const project = makeProject(place, registry);
    const held = await runTwice({ place, registry, project });
    if (once || !held) return held ? 0 : 1;
    showWhatToTry({ place, registry, project });
    await stopped;
    return 0;
  } finally {
    endPrograms();
    await Promise.all(open.map((one) => one.stop()));
    rmSync(place.home, { recursive: true, force: true, maxRetries: 3 });
  }
}

function makePlace() {
  const home = realpathSync(mkdtempSync(path.join(tmpdir(), 'mlld-demo-')));
  mkdirSync(path.join(home, 'home'));
  return {
    home,
    cwd: home,
    env: plainEnvironment(path.join(home, 'home')),
    repository: path.join(home, 'registry'),
    shared: path.join(home, 'registry.git'),
    keys: path.join(home, 'keys'),
    dist: path.join(home, 'dist'),
  };
}

async function makeRegistry(place, open) {
  const authors = await startAuthorHost(showcase);
  open.push(authors);
  const names = showcaseAuthors();
  const port = await freePort();
  await step('Making a registry repository', async () => {
    await makeRepository(place, `http://127.0.0.1:${port}/`);
    await makeKeys(place, names);
    return {
      said: `a registry repository (git), and a throw-away SSH key for each of ${names.join(' and ')}`,
    };
  });
  await step('Publishing', async (tell) => {
    const onAuthor = (i, all, author) => tell(`${i} of ${all} authors, ${author}`);
    const modules = await publishAll(place, { sources: authors.url, onAuthor });
    return { said: `${modules.length} modules of showcase/ checked, signed by ssh-keygen and published` };
  });
  await step('Building', async () => {
    const { modules, written } = await build(place);
    return { said: `the distribution: ${modules} modules, ${written} static files` };
  });
  const server = await step('Serving', async () => {
    const running = await serveOnAPort(place, port);
    open.push(running);
    const { address, port: dnsPort } = running.dns;
    return { said: `served at ${running.url}, DNS at ${address}:${dnsPort} (UDP and TCP)`, running };
  });
  return { server: server.running, authors };
}

/** On the port that the registry names; if somebody took it meanwhile, on another, with a zone that says so. */
async function serveOnAPort(place, port) {
  try {
    return await serve(place, port);
  } catch (error) {
    if (!error.portBusy) throw error;
    const other = await freePort(port + 1);
    const file = path.join(place.repository, 'registry.json');
    const info = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...info, url: `http://127.0.0.1:${other}/` }, null, 2));
    await build(place);
    return serve(place, other);
  }
}

/** A project of somebody else, who knows the registry's zone and nothing more. */
function makeProject(place, { server }) {
  const folder = path.join(place.home, 'project');
  mkdirSync(folder);
  copyFileSync(path.join(root, 'examples/hello.mld'), path.join(folder, 'hello.mld'));
  const config = { zone, dns: `${server.dns.address}:${server.dns.port}` };
  writeFileSync(path.join(folder, 'mlld-config.json'), `${JSON.stringify(config, null, 2)}\n`);
  return folder;
}

async function runTwice({ place, registry, project }) {
  const here = { cwd: project, env: place.env };
  print(
    `\n${style('bold', '$ mlld run hello.mld')}${style('dim', '   nothing in the cache, nothing locked')}\n`,
  );
  const first = await mlld(['run', '--verbose', 'hello.mld'], here);
  quote(first.stdout);
  const trace = readTrace(first.stderr);
  const verified = JSON.parse((await mlld(['verify', '--json'], here)).stdout);
  const rows = moduleRows({ trace, verified, place, url: registry.server.url, zone });
  showModules(rows, { trace, registry, ms: first.ms });

  const before = await countRequests(registry, 'before');
  const second = await mlld(['run', '--verbose', 'hello.mld'], here);
  const after = await countRequests(registry, 'after');
  print(`\n${style('bold', '$ mlld run hello.mld')}${style('dim', '   again: locked and cached')}\n`);
  const asked = {
    http: after.http - before.http - 1,
    dns: after.dns - before.dns - 1,
    authors: after.authors - before.authors,
  };
  print(
    `  ${asked.http} HTTP requests, ${asked.dns} DNS questions, ${asked.authors} requests to the authors' server; ${milliseconds(second.ms)}\n`,
  );
  const direct = directImports(path.join(project, 'hello.mld'));
  return verdict([
    ['the program ran', first.stdout.trim() !== ''],
    [
      'its imports were found by DNS, then in the index, then fetched and cached',
      direct.every((name) => hasAllSteps(rows.find((row) => row.name === name))),
    ],
    [
      'each module is signed by its author, and every check of it passed',
      rows.length >= direct.length && rows.every((row) => row.evidence >= 2 && row.passed === row.checks),
    ],
    ['the second run said the same', second.stdout === first.stdout],
    [
      'the second run asked nobody',
      Object.values(asked).every((count) => count === 0) && readTrace(second.stderr).length === 0,
    ],
  ]);
}

function hasAllSteps(row) {
  return [row?.dns, row?.index, row?.proof, row?.bytes].every((ms) => ms !== undefined);
}

function directImports(file) {
  return [...readFileSync(file, 'utf8').matchAll(/\bfrom (@[a-z0-9-]+\/[a-z0-9-]+)/g)].map(
    ([, name]) => name,
  );
}

/**
 * How much the servers have answered, up to a request and a question of ours, each waited for: what is counted before
 * them is all that came before them.
 */
async function countRequests({ server, authors }, mark) {
  await fetch(`${server.url}registry.json?${mark}`).then((response) => response.arrayBuffer());
  const resolver = new Resolver({ timeout: 5000, tries: 2 });
  resolver.setServers([`${server.dns.address}:${server.dns.port}`]);
  await resolver.resolveTxt(`${mark}.count.${zone}`).catch(() => {});
  await server.seen((line) => line.includes(`registry.json?${mark} `));
  await server.seen((line) => line.includes(` ${mark}.count.${zone} `));
  const count = (pattern) => server.lines.filter((line) => pattern.test(line)).length;
  return { http: count(/^HTTP\//), dns: count(/^DNS\//), authors: authors.requests() };
}

function showModules(rows, { trace, registry, ms }) {
  const shown = (value) => (value === undefined ? '-' : milliseconds(value));
  const authorsHost = new URL(registry.authors.url).host;
  print('');
  table(
    ['MODULE', 'VERSION', 'FOUND BY', '>DNS', '>INDEX', '>PROOF', '>BYTES', 'FROM', 'VERIFIED'],
    rows.map((row) => [
      row.name,
      row.version,
      row.dns === undefined ? 'index' : 'DNS, index',
      ...[row.dns, row.index, row.proof, row.bytes].map(shown),
      row.from === authorsHost ? "author's server" : 'registry',
      `${row.passed} of ${row.checks} checks, signed by ${row.signedBy}`,
    ]),
  );
  const http = trace.filter(({ kind }) => kind === 'GET').length;
  print(
    `\n  ${style('dim', `${rows.length} modules, ${http} HTTP requests, ${trace.length - http} DNS questions, many at a time; all of it ${milliseconds(ms)}`)}`,
  );
}

function showWhatToTry({ place, registry, project }) {
  const { url, dns } = registry.server;
  print(`
${style('bold', 'The registry is up.')} Open its pages in a browser: ${style('cyan', url)}

  alias mlld='node ${bundle}'
  mlld info @alice/tables --registry ${url}
  curl ${url}m/alice/strings@^1.0.0
  dig @${dns.address} -p ${dns.port} TXT strings.alice.${zone}
  mlld registry dns diff ${dns.address}:${dns.port} --folder ${place.dist}
  cd ${project} && mlld why @alice/strings

${style('dim', 'Ctrl-C ends it, and removes all of it.')}`);
}
