/** From an access log to a signed day that the next build publishes, by the commands themselves. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { layout, parseIndex, parseModuleName } from '@mlld/format';
import { gitRepo, makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const mlld = (...args: string[]) =>
  runCliHere(args, { cwd: dir.path, env: { HOME: at('home'), MLLD_DNS: 'off' } });

async function ok(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await mlld(...args);
  expect([args.join(' '), code, code === 0 ? '' : stderr]).toEqual([args.join(' '), 0, '']);
  return stdout;
}

const build = (...more: string[]) =>
  ok('registry', 'build', 'repo', '--out', 'dist', '--log-key', 'log.pem', '--no-site', ...more);
const stats = (...args: string[]) => [
  ...['registry', 'stats', ...args],
  ...['--repository', 'repo', '--distribution', 'dist', '--json'],
];

beforeAll(async () => {
  dir = await makeTempDir('mlld-stats-');
  await throwawayKeys(dir.path, ['root', 'counter', 'alice']);
  await ok('registry', 'init', 'repo', '--name', 'registry.example.org', '--file-sources');
  await ok('registry', 'log-key', 'log.pem', '--repository', 'repo');
  const roles = ['--root-key', 'root.pub', '--role-key', 'statistics=counter.pub'];
  await ok('registry', 'policy', 'init', 'repo', ...roles, '--log-key', 'log.pem');
  await ok('registry', 'policy', 'sign', 'repo', '--key', 'root');
  await gitRepo(at('repo'), {});
  await ok('keys', 'init', 'alice.pub', '--registry', 'repo', '--author', 'alice', '--yes', '--key', 'alice');
  mkdirSync(at('strings'));
  writeFileSync(
    at('strings/strings.mld.md'),
    '---\nname: strings\nauthor: alice\nversion: 1.0.0\nabout: Texts in other shapes\nlicense: CC0\n---\n\n# strings\n\n```mlld-run\n>> Greets.\nexe @greet(name) = `Hello @name`\nexport { @greet }\n```\n',
  );
  await ok('publish', 'strings', '--registry', 'repo', '--source', 'strings', '--key', 'alice', '--yes');
  await build('--new-log');
}, 60_000);
afterAll(() => dir.remove());

/** A day that was over long ago, as logs write it. */
const day = '2026-03-01';

function logLines(): string {
  const index = parseIndex(readFileSync(at('dist', layout.index(parseModuleName('@alice/strings')))));
  const path = `/${layout.blob(index.versions[0]!.files[0]!.sha256!)}`;
  const line = (host: number) =>
    `192.0.2.${host} - - [01/Mar/2026:12:00:00 +0000] "GET ${path} HTTP/1.1" 200 512 "-" "mlld"\n`;
  return Array.from({ length: 60 }, (_, host) => line(host)).join('');
}

test('what was counted of a day is signed by the role, logged, and published', async () => {
  writeFileSync(at('access.log'), logLines());
  const counted = ['ingest', 'access.log', '--base', '/'];
  expect(JSON.parse(await ok(...stats(...counted)))).toMatchObject({ lines: 60, installs: 60, fresh: 60 });
  expect(JSON.parse(await ok(...stats(...counted)))).toMatchObject({ fresh: 0, days: [day] });

  const close = (key: string) => mlld(...stats('close', '--author', 'alice', '--key', key));
  expect(JSON.parse((await close('alice')).stdout)).toMatchObject({ error: { code: 'UNKNOWN_KEY' } });
  const [closed] = JSON.parse((await close('counter')).stdout);
  expect(closed).toMatchObject({ day, total: { people: 60 } });
  expect(readFileSync(at('repo', `${closed.file}.sig`), 'utf8')).toContain('BEGIN SSH SIGNATURE');
  expect(JSON.parse(await ok(...stats(...counted)))).toMatchObject({ fresh: 0, late: 60 });

  await build();
  const published = readFileSync(at('dist', layout.installs(parseModuleName('@alice/strings'))), 'utf8');
  expect(published).toContain(day);
  expect(await ok('info', '@alice/strings', '--registry', 'dist')).toMatch(
    /installs +at least 60 in four weeks up to 2026-03-01/,
  );
}, 60_000);
