/** People who review, trust and like: real signatures, a real repository, a real build, and what a client makes of it. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { git, makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const people = ['root', 'alice', 'bob', 'carol', 'rita', 'mallory'];

const mlld = (args: readonly string[], env: Record<string, string> = {}) =>
  runCliHere(args, { cwd: dir.path, env: { HOME: at('home'), ...env } });

async function good(args: readonly string[], env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await mlld(args, env);
  expect(code, `${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}
const json = async (args: readonly string[], env?: Record<string, string>) =>
  JSON.parse(await good([...args, '--json'], env));
const as = (who: string) => ['--registry', 'repo', '--author', who, '--key', who, '--yes'];
const build = (...more: string[]) =>
  good(['registry', 'build', 'repo', '--out', 'dist', '--log-key', 'log.pem', ...more]);
const opinion = async (ref = '@alice/strings', env?: Record<string, string>) =>
  (await json(['info', ref, '--registry', 'dist'], env)).opinion;

const module = (version: string, greeting: string) => `---
name: strings
author: alice
version: ${version}
about: Small helpers for texts
license: CC0
mlldVersion: "*"
keywords: [text, case]
---

# @alice/strings

## tldr

Greets.

\`\`\`mlld-run
exe @greet(name) = \`${greeting} @name\`
export { @greet }
\`\`\`

## docs

### greet(name)

Greets a person.
`;

async function publish(version: string, greeting: string): Promise<void> {
  const folder = `strings-${version}`;
  execFileSync('mkdir', ['-p', at(folder)]);
  writeFileSync(at(folder, 'strings.mld.md'), module(version, greeting));
  await good(['publish', folder, '--registry', 'repo', '--source', folder, '--key', 'alice', '--yes']);
}

beforeAll(async () => {
  dir = await makeTempDir('mlld-community-');
  execFileSync('mkdir', [at('home')]);
  await throwawayKeys(dir.path, people);
  await good(['registry', 'init', 'repo', '--name', 'registry.example.org']);
  await good(['registry', 'log-key', 'log.pem', '--repository', 'repo']);
  await good([
    'registry',
    'policy',
    'init',
    'repo',
    '--root-key',
    'root.pub',
    '--threshold',
    '1',
    '--log-key',
    'log.pem',
    '--reviewer',
    'rita',
  ]);
  await good(['registry', 'policy', 'sign', 'repo', '--key', 'root']);
  const info = JSON.parse(readFileSync(at('repo/registry.json'), 'utf8'));
  writeFileSync(at('repo/registry.json'), `${JSON.stringify({ ...info, fileSources: true })}\n`);
  await git(['init', '--quiet', '--initial-branch', 'main'], { cwd: at('repo') });
  await git(['add', '--all'], { cwd: at('repo') });
  await git(['commit', '--quiet', '--message', 'Begin'], { cwd: at('repo') });
  await publish('1.0.0', 'Hello');
}, 120_000);
afterAll(() => dir.remove());

const review = (ref: string, by: string, ...more: string[]) => [
  ...['review', ref, '--from', 'dist', ...as(by), '--rating', 'positive', '--thoroughness', 'high'],
  ...[
    '--understanding',
    'high',
    '--criteria',
    'safe-to-run,does-what-it-says',
    '--text',
    'Read all of it.',
    ...more,
  ],
];

describe('from a first star to evidence 4', { timeout: 120_000 }, () => {
  test('stars, trust and reports are committed once, in one’s own name', async () => {
    for (const by of ['bob', 'carol', 'rita', 'mallory'])
      expect(await json(['star', '@alice/strings', ...as(by)])).toMatchObject({ status: 'committed', by });
    expect(await json(['star', '@alice/strings', ...as('bob')])).toMatchObject({ status: 'unchanged', n: 1 });
    expect(await json(['unstar', '@alice/strings', ...as('mallory')])).toMatchObject({
      status: 'committed',
      n: 2,
    });
    await good(['trust', 'bob', ...as('rita'), '--no-config']);
    await good(['report', '@mallory', ...as('carol'), '--reason', 'spam', '--text', 'Only stars.']);
    const nothing = await mlld(['star', '@alice/nothing', ...as('bob')]);
    expect([nothing.code, nothing.stderr]).toEqual([1, expect.stringContaining('statement/subject')]);
    const forged = await mlld([
      'trust',
      'mallory',
      '--registry',
      'repo',
      '--author',
      'rita',
      '--key',
      'mallory',
      '--yes',
    ]);
    expect([forged.code, forged.stderr]).toEqual([7, expect.stringContaining('error[NOT_OWNER]')]);
    await build('--new-log');
    expect(await opinion()).toMatchObject({ stars: 3, evidence: 2, judged: { reviewers: 0 } });
  });

  test('without reviews of people who count there is insufficient data', async () => {
    const shown = await good(['info', '@alice/strings', '--registry', 'dist']);
    expect(shown).toContain('insufficient data');
    expect(shown).toMatch(/ {2}evidence {4}24 of 40/);
    await good(review('@alice/strings', 'mallory'));
    await build();
    expect((await opinion()).score.insufficient).toContain('not reviewed');
    expect(await good(['info', '@alice/strings', '--registry', 'dist', '--reviews'])).toContain(
      'does not count',
    );
  });

  test('a review is shown, asked for, signed, and makes evidence 4', async () => {
    const { stdout } = await mlld(['review', '@alice/strings', '--from', 'dist', '--show', ...as('bob')]);
    expect(stdout).toContain('exe @greet(name) = `Hello @name`');
    const mute = await mlld(['review', '@alice/strings', '--from', 'dist', ...as('bob')]);
    expect([mute.code, mute.stderr]).toEqual([2, expect.stringContaining('--rating --thoroughness')]);
    const dry = await json(review('@alice/strings', 'bob', '--dry-run'));
    expect(dry).toMatchObject({ status: 'dry-run', type: 'review' });
    expect(await json(review('@alice/strings', 'bob'))).toMatchObject({ status: 'committed' });
    expect(await json(review('@alice/strings', 'bob'))).toMatchObject({ status: 'unchanged' });
    await build();
    const found = await opinion();
    expect(found).toMatchObject({ evidence: 4, judged: { positive: 64, negative: 0, reviewers: 1 } });
    expect(found.score.insufficient).toBeUndefined();
    const [verified] = await json(['verify', '@alice/strings', '--registry', 'dist']);
    expect(verified).toMatchObject({ evidence: 4 });
    expect(verified.steps.at(-1)).toMatchObject({ clause: '6.13', result: 'passed' });
    expect(verified.opinion.score).toEqual(found.score);
    const { header } = await json(['info', '@alice/strings', '--registry', 'dist']);
    expect(header.score).toMatchObject({ version: '1.0.0', value: found.score.value });
  });

  test('a delta starts from what was read before, and chains', async () => {
    await publish('1.1.0', 'Good day');
    await build();
    expect(await opinion('@alice/strings@1.1.0')).toMatchObject({ evidence: 2 });
    const shown = await json(['review', '@alice/strings@1.1.0', '--from', 'dist', '--show', ...as('bob')]);
    expect(shown.from.version).toBe('1.0.0');
    expect(shown.source).toContain('-exe @greet(name) = `Hello @name`\n+exe @greet(name) = `Good day @name`');
    await good(review('@alice/strings@1.1.0', 'bob', '--text', 'Only the greeting changed.'));
    await build();
    const found = await opinion('@alice/strings@1.1.0');
    expect(found).toMatchObject({ evidence: 4 });
    expect(found.reviews[0]).toMatchObject({ by: 'bob', from: { version: '1.0.0' }, weight: 64 });
  });

  test('a user who names people begins with them; a policy of evidence 4 lets in what they have read', async () => {
    const mine = (trusted: string[], blocked: string[] = []) => {
      const policy = { evidence: 4, reviewers: { trusted, blocked } };
      execFileSync('mkdir', ['-p', at('mine')]);
      writeFileSync(at('mine/mlld-config.json'), JSON.stringify({ policy }));
      return runCliHere(['add', '@alice/strings@1.0.0', '--registry', at('dist'), '--json'], {
        cwd: at('mine'),
      });
    };
    const stranger = await mine(['carol']);
    expect([stranger.code, stranger.stdout]).toEqual([4, expect.stringContaining('EVIDENCE_TOO_LOW')]);
    const blocked = await mine(['rita'], ['bob']);
    expect(blocked.stdout).toContain('EVIDENCE_TOO_LOW');
    const known = await mine(['bob']);
    expect([known.code, known.stdout]).toEqual([0, expect.stringContaining('"evidence": 4')]);
    await good(['trust', 'carol', ...as('mallory')]);
    const config = JSON.parse(readFileSync(at('home/.mlld/mlld-config.json'), 'utf8'));
    expect(config).toEqual({ policy: { reviewers: { trusted: ['mallory'] } } });
    await build();
    expect(await opinion()).toMatchObject({ roots: { from: 'you', people: ['mallory'] }, evidence: 2 });
  });

  test('distrust by someone nearer ends it', async () => {
    const env = { HOME: at('other-home') };
    expect(await opinion('@alice/strings', env)).toMatchObject({ evidence: 4, roots: { from: 'registry' } });
    await good(['distrust', 'bob', ...as('rita'), '--text', 'Did not look.'], env);
    await build();
    const found = await opinion('@alice/strings', env);
    expect(found).toMatchObject({ judged: { positive: 0 }, roots: { from: 'you' } });
    expect(found.evidence).toBe(2);
    expect(await good(['registry', 'check', 'repo'])).not.toContain('statement/');
  });
});
