/** The whole way of an advisory with the built command: a report, its review, malware that ends a locked program, the mending. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';

let dir: TempDir;
let env: NodeJS.ProcessEnv;
const at = (...parts: string[]) => dir.join(...parts);

beforeEach(async () => {
  dir = await makeTempDir();
  mkdirSync(at('home'));
  mkdirSync(at('project'));
  env = { HOME: at('home') };
  await throwawayKeys(dir.path, ['alice', 'bob', 'guard']);
});
afterEach(() => dir.remove());

const mlld = (...args: string[]) => runCliHere(args, { cwd: dir.path, env });
const inProject = (...args: string[]) => runCliHere(args, { cwd: at('project'), env });
const as = (who: string) => ['--registry', 'repo', '--author', who, '--key', who, '--yes'];
const build = (...more: string[]) =>
  must('registry', 'build', 'repo', '--out', 'dist', '--log-key', 'log.pem', ...more);

async function must(...args: string[]) {
  const result = await mlld(...args);
  expect(result.code, `${args.join(' ')}\n${result.stderr}`).toBe(0);
  return result;
}

const source = (version: string) => `---
name: strings
author: alice
version: ${version}
about: Small helpers for texts
license: CC0
keywords: [text]
---

# @alice/strings

\`\`\`mlld-run
exe @greet(name) = \`Hello @name\`
exe @shout(text) = \`@text!\`
export { @greet, @shout }
\`\`\`
`;

async function publish(version: string): Promise<void> {
  mkdirSync(at('src', version), { recursive: true });
  const file = at('src', version, 'strings.mld.md');
  writeFileSync(file, source(version));
  const where = `file://${at('src', version)}/`;
  await must('publish', file, '--registry', 'repo', '--key', 'alice', '--yes', '--source', where);
}

async function begin(): Promise<void> {
  await must('registry', 'init', 'repo', '--name', 'registry.example.org');
  const described = readFileSync(at('repo/registry.json'), 'utf8');
  writeFileSync(at('repo/registry.json'), described.replace('"fileSources": false', '"fileSources": true'));
  await must('registry', 'log-key', 'log.pem', '--repository', 'repo');
  const keys = ['--root-key', 'alice.pub', '--role-key', 'advisories=guard.pub', '--log-key', 'log.pem'];
  await must('registry', 'policy', 'init', 'repo', ...keys);
  await must('registry', 'policy', 'sign', 'repo', '--key', 'alice');
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', at('repo'), '-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args]);
  git('init', '-q');
  git('add', '-A');
  git('commit', '-qm', 'Begin');
  for (const version of ['1.0.0', '1.0.1']) await publish(version);
  await build('--new-log');
  writeFileSync(at('project/mlld-config.json'), '{ "registry": "../dist" }');
  writeFileSync(at('project/main.mld'), 'import { @greet } from @alice/strings\nshow @greet("you")\n');
  expect((await inProject('add', '@alice/strings@1.0.0')).code).toBe(0);
}

test('report, audit, malware, fix', { timeout: 240_000 }, async () => {
  await begin();
  const draft = [
    ...['advisory', 'new', '@alice/strings', '--range', '<1.0.1', '--severity', 'high', '--export', 'shout'],
    ...['--title', 'Texts run commands', '--summary', 'It runs what it is given.', '--patched', '1.0.1'],
  ];
  await must(...draft);
  await must('advisory', 'validate');
  await must('advisory', 'submit', ...as('bob'));
  const { id } = JSON.parse(readFileSync(at('advisory.json'), 'utf8')) as { id: string };
  expect(id).toMatch(/^MLLD-\d{4}-0001$/);
  await must('advisory', 'answer', id, '--text', 'Fixed in 1.0.1.', ...as('alice'));
  await build();

  // A report: shown, and it fails nothing; the program imports another export.
  const reported = await inProject('audit', '--refresh');
  expect(reported.code).toBe(0);
  expect(reported.stdout).toContain('not reachable: no program of yours imports @shout');
  expect(reported.stdout).toContain('reported by bob, not confirmed');
  expect((await inProject('audit', '--strict')).code).toBe(1);
  expect((await mlld('advisory', 'submit', '--state', 'published', ...as('bob'))).code).toBe(4);
  expect((await mlld('advisory', 'submit', '--state', 'published', ...as('guard'))).stderr).toContain(
    'community review runs until',
  );

  // Malware, by the role: what is locked ends with its text.
  const text = readFileSync(at('advisory.json'), 'utf8').replace('"malware": false', '"malware": true');
  writeFileSync(at('advisory.json'), text);
  await must('advisory', 'submit', '--state', 'published', ...as('guard'));
  await build();
  expect((await inProject('run', 'main.mld')).stdout).toBe('Hello you\n');
  const found = await inProject('audit', '--refresh', '--json');
  expect(found.code).toBe(1);
  expect(JSON.parse(found.stdout)).toMatchObject({
    findings: [
      { id, name: '@alice/strings', version: '1.0.0', state: 'affected', gate: 'locked', fails: true },
    ],
  });
  for (const command of [
    ['run', 'main.mld'],
    ['install', '--offline'],
  ]) {
    const ended = await inProject(...command);
    expect([ended.code, ended.stdout]).toEqual([7, '']);
    expect(ended.stderr).toContain(
      `@alice/strings@1.0.0 is malware: ${id}: Texts run commands. It runs what it is given.`,
    );
  }
  // What is known was asked for more than a second ago.
  await new Promise((resolve) => setTimeout(resolve, 1100));
  expect((await inProject('audit', '--require-fresh', '1s', '--offline')).code).toBe(4);

  // Without a yes it only proposes.
  const proposed = await inProject('audit', 'fix');
  expect([proposed.code, proposed.stdout]).toEqual([
    1,
    '@alice/strings 1.0.0 → 1.0.1 (mlld-config.json asks for ^1.0.1)\n',
  ]);
  expect((await inProject('audit', 'fix', '--yes')).code).toBe(0);
  expect((await inProject('run', 'main.mld')).stdout).toBe('Hello you\n');

  const shown = await inProject('advisory', 'show', id);
  expect(shown.stdout).toContain('nothing of it runs, locked or not');
  expect(shown.stdout).toContain('alice answers');
  const listed = JSON.parse((await inProject('advisory', 'list', '--json')).stdout);
  expect(listed).toMatchObject({ count: 1, stats: { published: 1, response: { count: 1 } } });
});
