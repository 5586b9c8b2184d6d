/** install, add, remove, update, outdated, list, info, why, verify, cache: as processes, as a user types them. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CliResult, runCliHere } from '@mlld/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import { tempFolder } from '../../client/test/fixture/project.ts';
import { distribution, serve, writeDistribution } from '../../client/test/fixture/registry.ts';

const modules = [
  { ref: '@carol/dates@1.0.0' },
  { ref: '@bob/text@1.0.0', imports: { '@carol/dates': '^1.0.0' } },
  { ref: '@alice/strings@1.0.0', imports: { '@bob/text': '^1.0.0' } },
  { ref: '@alice/strings@1.1.0', imports: { '@bob/text': '^1.0.0' }, needs: ['sh'] },
];

let cwd: string;
let registry: string;
let home: string;

beforeEach(() => {
  [cwd, registry, home] = [tempFolder(), tempFolder(), tempFolder()];
  writeDistribution(distribution(modules), registry);
});

const mlld = (...args: string[]): Promise<CliResult> =>
  runCliHere(args, { cwd, env: { HOME: home, MLLD_DNS: 'off', MLLD_REGISTRY: registry } });

const config = () => JSON.parse(readFileSync(path.join(cwd, 'mlld-config.json'), 'utf8'));

describe('a project from nothing to clean again', () => {
  it('adds, lists, explains, verifies, removes', async () => {
    const added = await mlld('add', '@alice/strings@^1.0.0');
    expect(added).toMatchObject({ code: 0 });
    expect(added.stdout.split('\n').map((line) => line.split('\t').slice(0, 2).join(' '))).toEqual([
      '@alice/strings 1.1.0',
      '  @bob/text 1.0.0',
      '  @carol/dates 1.0.0',
      '',
    ]);
    expect(added.stderr).toContain('sh');
    expect(config().dependencies).toEqual({ '@alice/strings': '^1.0.0' });

    // From here on nothing is asked of the registry.
    rmSync(registry, { recursive: true });
    expect((await mlld('i', '--frozen')).stdout).toMatch(/^3 modules \(0 fetched, 3 from the cache\)/);
    expect((await mlld('ls')).stdout).toMatch(
      /^@alice\/strings\t1\.1\.0\t\^1\.0\.0\t2 signed by its author\tsh\tyes\n$/,
    );
    expect((await mlld('why', '@carol/dates')).stdout).toContain(
      'program → @alice/strings@1.1.0 → @bob/text@1.0.0 → @carol/dates@1.0.0',
    );
    const cached = await mlld('cache', 'ls', '--json');
    expect(JSON.parse(cached.stdout).modules).toHaveLength(3);
    const removed = await mlld('rm', '@alice/strings');
    expect(removed).toMatchObject({ code: 0, stdout: expect.stringContaining('removed @carol/dates@1.0.0') });
    expect(config().dependencies).toEqual({});
    expect((await mlld('cache', 'gc', '--days', '0')).stdout).toMatch(/^removed 6 files/);
  });

  it('tells what is outdated with status 1, and updates', async () => {
    await mlld('add', '@alice/strings@1.0.0', '--json');
    writeFileSync(
      path.join(cwd, 'mlld-config.json'),
      JSON.stringify({ dependencies: { '@alice/strings': '^1.0.0' } }),
    );
    const outdated = await mlld('outdated', '--json');
    expect(outdated.code).toBe(1);
    expect(JSON.parse(outdated.stdout)).toMatchObject([
      { current: '1.0.0', wanted: '1.1.0', latest: '1.1.0' },
    ]);
    expect(await mlld('up')).toMatchObject({ code: 7, stderr: expect.stringContaining('+ need sh') });
    expect((await mlld('up', '--yes')).stdout).toContain('@alice/strings\t1.0.0\t1.1.0\t+ need sh');
    expect(await mlld('outdated')).toMatchObject({ code: 0, stdout: 'Everything is at its newest.\n' });
  });

  it('verifies step by step, and fails with the status of distrust', async () => {
    await mlld('add', '@alice/strings');
    const good = await mlld('verify', '@alice/strings');
    expect(good).toMatchObject({ code: 0 });
    expect(good.stdout).toContain('✓ §6.3 signed by its author: SHA256:');
    const index = path.join(registry, 'index/alice/strings');
    writeFileSync(index, readFileSync(index, 'utf8').replaceAll('"needs":["sh"]', '"needs":[]'));
    const bad = await mlld('verify', '@alice/strings', '--json');
    expect(bad.code).toBe(4);
    expect(JSON.parse(bad.stdout)).toMatchObject([
      { error: { code: 'WRONG_SUBJECT' }, steps: [{}, {}, {}, { clause: '6.4', result: 'failed' }] },
    ]);
  });

  it('shows a module without installing it', async () => {
    const { code, stdout } = await mlld('info', '@alice/strings');
    expect(code).toBe(0);
    for (const text of [
      '@alice/strings@1.1.0',
      'About @alice/strings',
      '1.1.0, 1.0.0',
      '@bob/text@^1.0.0',
      'registry.test',
    ])
      expect(stdout).toContain(text);
    expect(readdirSync(cwd)).toEqual([]);
  });
});

describe('what goes wrong', () => {
  it.each([
    ['MODULE_NOT_FOUND', 3, ['add', '@alice/string'], 'Did you mean @alice/strings?'],
    ['VERSION_NOT_FOUND', 3, ['add', '@alice/strings@^7'], '1.1.0, 1.0.0'],
    ['BAD_NAME', 2, ['add', '@Alice/strings'], "'alice'"],
    ['MODULE_NOT_FOUND', 3, ['remove', '@alice/strings'], 'mlld list'],
    ['OFFLINE', 5, ['add', '@alice/strings', '--offline', '--registry', 'http://127.0.0.1:9/'], 'network'],
    ['UNREACHABLE', 5, ['add', '@alice/strings', '--registry', 'http://127.0.0.1:9/'], 'network'],
    ['USAGE', 2, ['cache', 'gc', '--days', 'x'], ''],
  ])('%s ends with status %i', async (code, status, args, hint) => {
    const result = await mlld(...args);
    expect(result.code).toBe(status);
    expect(result.stderr).toContain(code);
    expect(result.stderr).toContain(hint);
    expect(result.stdout).toBe('');
  });

  it('--verbose tells each request', async () => {
    const served = await serve(distribution(modules).files);
    const { stderr } = await mlld('add', '@carol/dates', '--verbose', '--registry', served.base);
    expect(stderr).toMatch(/GET http:\S+\/index\/carol\/dates 200 [\d.]+ ms \d+ B/);
    expect(stderr.match(/^GET /gm)).toHaveLength(served.log.length);
  });

  it('what a registry says cannot steer the terminal', async () => {
    const index = path.join(registry, 'index/alice/strings');
    writeFileSync(index, readFileSync(index, 'utf8').replace('About @alice/strings', 'x\\u009b2J\\u202ey'));
    const { stdout, stderr } = await mlld('info', '@alice/strings');
    expect(stdout + stderr).not.toMatch(/[\u009b\u202e]/);
  });
});
