import { access, readFile, rm, writeFile } from 'node:fs/promises';
import {
  encodeCommunity,
  isRegistryError,
  layout,
  type ModuleName,
  parseCommunity,
  signatureNamespace,
} from '@mlld/format';
import { git, gitRepo, throwawayKey } from '@mlld/testing';
import { verifySignature } from '@mlld/trust';
import { describe, expect, test } from 'vitest';
import { type Speaker, type StatementOptions, submitStatement, unattended } from '../src/index.ts';
import { type Desk, desk, REGISTRY, REGISTRY_JSON, under } from './support.ts';

const STRINGS = '@bob/strings' as ModuleName;
const NOW = new Date('2026-03-01T10:00:00.000Z');
const LATER = new Date('2026-03-02T10:00:00.000Z');

/** The module that is liked: unsigned, as today's registry has them. */
const liked = {
  'modules/bob/strings/1.0.0.json': `${JSON.stringify({
    version: '1.0.0',
    needs: [],
    license: 'CC0',
    source: { type: 'github', url: 'https://example.org/strings.mld.md', contentHash: 'a'.repeat(64) },
  })}\n`,
};

const star =
  (starred: boolean) =>
  ({ by, registry }: Speaker) => ({
    type: 'star' as const,
    file: (n: number) => layout.star(by, STRINGS, n),
    encode: ({ n, at }: { n: number; at: string }) =>
      encodeCommunity({ type: 'star', v: 1, registry, n, by, at, name: STRINGS, starred }),
    title: `${starred ? 'Star' : 'Unstar'} ${STRINGS}`,
    body: 'Made by `mlld star`.\n',
    describe: [`${by} likes ${STRINGS}`],
    isDefault: !starred,
  });

const say = (d: Desk, starred: boolean, more: Partial<StatementOptions> = {}) =>
  submitStatement(
    {
      cwd: d.home.path,
      home: d.home.path,
      env: d.env,
      ui: unattended((text) => d.notes.push(text)),
      yes: true,
      now: NOW,
      ...(more.registry === undefined ? { to: 'registry/modules' } : {}),
      ...more,
    },
    star(starred),
  );

const file = (n: number) => `stars/alice/bob/strings/${n}.json`;

describe('straight into a registry', () => {
  const at = async (d: Desk) =>
    gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON, ...liked });

  test('a first statement brings the first keyset; a second run changes nothing', async () => {
    const d = await desk({ signedIn: false });
    const registry = await at(d);
    const options = { registry: registry.dir, author: 'alice' };
    const done = await say(d, true, options);
    expect(done).toMatchObject({ status: 'committed', file: file(1), n: 1, firstKeyset: true, by: 'alice' });
    const statement = await readFile(under(registry.dir, file(1)), 'utf8');
    expect(parseCommunity(statement)).toMatchObject({
      type: 'star',
      registry: REGISTRY,
      n: 1,
      at: NOW.toISOString(),
    });
    const signature = await readFile(under(registry.dir, `${file(1)}.sig`), 'utf8');
    const { key } = verifySignature({ bytes: statement, signature, namespace: signatureNamespace('star') });
    expect(d.key.publicKey).toContain(key.text);
    expect((await registry.git('show', '--name-only', '--format=%s', 'HEAD')).split('\n')).toEqual([
      `Star ${STRINGS}`,
      '',
      'authors/alice/keyset/1.json',
      'authors/alice/keyset/1.json.sig',
      file(1),
      `${file(1)}.sig`,
    ]);
    expect(await say(d, true, { ...options, now: LATER })).toMatchObject({ status: 'unchanged', n: 1 });
    expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('2');
    await expect(access(under(d.home.path, '.mlld/statements', REGISTRY, file(1)))).rejects.toThrow();
  });

  test('another opinion has the next number; the default one is not said first', async () => {
    const d = await desk({ signedIn: false });
    const registry = await at(d);
    const options = { registry: registry.dir, author: 'alice' };
    expect(await say(d, false, options)).toMatchObject({ status: 'unchanged', signedBy: [] });
    expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('1');
    await say(d, true, options);
    expect(await say(d, false, { ...options, now: LATER })).toMatchObject({ status: 'committed', n: 2 });
    expect(await say(d, true, { ...options, now: LATER })).toMatchObject({ status: 'committed', n: 3 });
  });

  test('a dry run tells what would be signed, and does nothing', async () => {
    const d = await desk({ signedIn: false });
    const registry = await at(d);
    const options = { registry: registry.dir, author: 'alice', dryRun: true };
    const done = await say(d, true, options);
    expect(done).toMatchObject({ status: 'dry-run', n: 1, firstKeyset: true });
    expect(done.signedBy).toHaveLength(1);
    expect(parseCommunity(done.statement ?? '')).toMatchObject({ by: 'alice', starred: true });
    expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('1');
    expect(await registry.git('status', '--porcelain')).toBe('');
  });

  test('what an interrupted run has signed is sent, byte for byte', async () => {
    const d = await desk({ signedIn: false });
    const registry = await at(d);
    const options = { registry: registry.dir, author: 'alice' };
    const lock = under(registry.dir, '.git/index.lock');
    await writeFile(lock, '');
    await expect(say(d, true, options)).rejects.toMatchObject({ code: 'PROGRAM_FAILED' });
    const kept = await readFile(under(d.home.path, '.mlld/statements', REGISTRY, file(1)), 'utf8');
    await rm(lock);
    const done = await say(d, true, { ...options, now: LATER });
    expect(done).toMatchObject({ status: 'committed', statement: kept });
    expect(await registry.git('show', `HEAD:${file(1)}`)).toBe(kept.trimEnd());
    expect(await registry.git('status', '--porcelain')).toBe('');
  });

  test('it is pushed to a URL; a stranger’s key and nobody’s name are refused', async () => {
    const d = await desk({ signedIn: false });
    const seed = await at(d);
    const bare = d.home.join('central.git');
    await git(['clone', '--quiet', '--bare', seed.dir, bare], { cwd: d.home.path });
    const options = { registry: `file://${bare}`, author: 'alice' };
    expect(await say(d, true, options)).toMatchObject({ status: 'committed' });
    const stranger = await throwawayKey({ dir: d.home.path, name: 'stranger' });
    await expect(say(d, false, { ...options, signWith: [stranger.file] })).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    await expect(say(d, true, { registry: bare })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(say(d, false, { ...options, yes: false })).rejects.toMatchObject({ code: 'NEEDS_TERMINAL' });
  });
});

describe('by pull request', () => {
  test('one is opened, found again, and follows a change of mind', async () => {
    const d = await desk({ files: liked });
    const done = await say(d, true);
    expect(done).toMatchObject({ status: 'proposed', by: 'alice', n: 1 });
    await rm(under(d.home.path, '.mlld'), { recursive: true, force: true });
    const again = await say(d, true, { now: LATER });
    expect(again).toMatchObject({ status: 'proposed', reference: done.reference, statement: done.statement });
    expect(await say(d, false, { now: LATER })).toMatchObject({
      status: 'proposed',
      n: 1,
      reference: done.reference,
    });
    expect(d.github.pulls('registry/modules')).toHaveLength(1);
  });

  test('nobody speaks under the name of another', async () => {
    const d = await desk({ files: liked });
    const refused = await say(d, true, { author: 'bob' }).catch((error: unknown) => error);
    expect(isRegistryError(refused, 'NOT_OWNER')).toBe(true);
    expect(d.github.pulls('registry/modules')).toHaveLength(0);
  });

  test('without a login it says so', async () => {
    const d = await desk({ signedIn: false, files: liked });
    await expect(say(d, true)).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
  });
});
