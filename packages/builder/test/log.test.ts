import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { layout } from '@mlld/format';
import { makeTempDir, type TempDir } from '@mlld/testing';
import { isConsistent, proveConsistency } from '@mlld/trust/log';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { BuildOptions } from '../src/index.ts';
import { build } from './core.ts';
import { checkDistribution, logKey, noteKey, policyFiles, readLog } from './log-registry.ts';
import {
  changeFiles,
  type Files,
  keysetFiles,
  merge,
  metadataFile,
  minute,
  readTree,
  registryFile,
  releaseFiles,
  signer,
  smallRegistry,
  writeFiles,
} from './registry.ts';

let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const small = ['@alice/report', '@alice/strings', '@bob/lists'];

beforeEach(async () => {
  dir = await makeTempDir();
});
afterEach(() => dir.remove());

function run(options: Partial<BuildOptions> = {}, log: Partial<BuildOptions['log']> = {}) {
  return build(at('repo'), { out: at('out'), offline: true, log: { key: logKey.pem, ...log }, ...options });
}

const typesOf = (entries: readonly Buffer[]) =>
  entries.map((entry) => JSON.parse(entry.toString()).type as string);

test('every statement is logged in its order, a snapshot last; index and proofs hold', async () => {
  writeFiles(
    at('repo'),
    merge(
      smallRegistry(),
      policyFiles(),
      changeFiles('@alice/strings', 1, { type: 'tag', tag: 'old', version: '1.0.0' }),
    ),
  );
  const report = await run({}, { begin: true });
  expect(report.log).toEqual({
    kept: true,
    size: 10,
    added: 10,
    policy: 1,
    cosigned: 0,
    quorum: 0,
    reached: true,
    witnesses: [],
  });
  const { entries } = checkDistribution(at('out'), small);
  const releases = Array(5).fill('release');
  expect(typesOf(entries)).toEqual(['policy', 'keyset', 'keyset', ...releases, 'tag', 'snapshot']);
});

test('nothing new: nothing is written, built once more, in full, or from the published log alone', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run({}, { begin: true });
  const first = readTree(at('out'));
  expect(await run()).toMatchObject({ written: 0, log: { added: 0 } });
  expect(await run({ full: true })).toMatchObject({ written: 0, log: { added: 0 } });
  const { log } = await run({ out: at('again') }, { previous: at('out') });
  expect(log).toMatchObject({ added: 0 });
  expect(readTree(at('again'))).toEqual(first);
  expect(readTree(at('out'))).toEqual(first);
});

type Publish = readonly [name: string, signed: boolean];

/** Publishes step by step; after each build everything that can be checked of the log is. */
async function publishAll(steps: readonly (readonly Publish[])[]): Promise<void> {
  const heads: { size: number; root: Uint8Array }[] = [];
  const names = new Set<string>();
  let minutes = 0;
  for (const publishes of steps) {
    for (const [name, signed] of publishes) {
      minutes++;
      names.add(name);
      const files = releaseFiles({ name, version: `1.${minutes}.0`, minute: minutes });
      writeFiles(at('repo'), signed ? files : unsigned(files));
    }
    await run({}, { begin: true });
    const log = checkDistribution(at('out'), [...names]);
    for (const before of heads) {
      const proof = proveConsistency(before.size, log.size, log.hashes);
      expect(isConsistent(proof, before, log)).toBe(true);
    }
    heads.push(log);
  }
}

test('random publishes: the log only grows, all proofs hold, and building anew from the log gives the same bytes', {
  timeout: 120_000,
}, async () => {
  const modules = fc.constantFrom('@alice/a', '@alice/b', '@bob/c', '@carol/d');
  const step = fc.array(fc.tuple(modules, fc.boolean()), { minLength: 0, maxLength: 4 });
  const authors = ['alice', 'bob', 'carol'].map((author) => keysetFiles(author));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const used = ['repo', 'out', 'out.state', 'anew', 'anew.state'];
      for (const folder of used) rmSync(at(folder), { recursive: true, force: true });
      writeFiles(at('repo'), merge(new Map([registryFile()]), ...authors, policyFiles()));
      await publishAll(steps);
      await run({ out: at('anew') }, { previous: at('out') });
      expect(readTree(at('anew'))).toEqual(readTree(at('out')));
      for (const folder of ['proof', 'index', 'snapshot'])
        rmSync(at('out', folder), { recursive: true, force: true });
      await run({ full: true });
      expect(readTree(at('out'))).toEqual(readTree(at('anew')));
    }),
    { numRuns: 8 },
  );
});

/** The same release as a record of the unsigned form. */
function unsigned(files: Files): Files {
  const [[file, text]] = [...files] as [[string, string]];
  const { type: _type, v: _v, ...record } = JSON.parse(text);
  return new Map([[file, JSON.stringify(record)]]);
}

test('an unsigned record is logged by its hash, has evidence 1, and can not change any more', async () => {
  const files = unsigned(releaseFiles({ name: '@dave/old', version: '1.0.0' }));
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles(), files));
  await run({}, { begin: true });
  const { entries } = checkDistribution(at('out'), [...small, '@dave/old']);
  expect(typesOf(entries).filter((type) => type === 'record')).toHaveLength(1);
  const evidence = (name: string) =>
    JSON.parse((readTree(at('out')).get(`index/${name}`) ?? '').split('\n')[1] ?? '').evidence as number;
  expect([evidence('dave/old'), evidence('bob/lists')]).toEqual([1, 2]);
  const [file, text] = [...files][0]!;
  writeFiles(at('repo'), new Map([[file, text.replace('good for', 'bad for')]]));
  await expect(run()).rejects.toMatchObject({ code: 'LOG_STATEMENT_CHANGED' });
});

test.each([
  ['a release', 'modules/alice/strings/1.0.0.json'],
  ['a keyset', 'authors/bob/keyset/1.json'],
  ['a policy', 'policy/1.json'],
])(
  '%s that was logged and is gone or changed stops the build before anything is written',
  async (_what, file) => {
    const files = merge(smallRegistry(), policyFiles());
    const two = policyFiles({ n: 2, createdAt: minute(9) });
    writeFiles(at('repo'), merge(files, file.startsWith('policy') ? new Map() : two));
    await run({}, { begin: true });
    const before = readTree(at('out'));
    for (const full of [false, true]) {
      writeFiles(at('repo'), new Map([[file, null as unknown as string]]));
      const gone = file.startsWith('policy') ? 'NO_LOG_KEY' : 'LOG_STATEMENT_VANISHED';
      await expect(run({ full })).rejects.toMatchObject({ code: gone });
      writeFiles(at('repo'), new Map([[file, `${files.get(file)} `]]));
      const changed = file.startsWith('policy') ? 'POLICY_BROKEN' : 'LOG_STATEMENT_CHANGED';
      await expect(
        run({ full }).catch((e) => Promise.reject(e.code === 'BAD_SIGNATURE' ? { code: changed } : e)),
      ).rejects.toMatchObject({ code: changed });
      writeFiles(at('repo'), new Map([[file, files.get(file)!]]));
    }
    expect(readTree(at('out'))).toEqual(before);
    await run();
    expect(readTree(at('out'))).toEqual(before);
  },
);

test('without policy or key there is no log, and the report says why; a log is never dropped or begun twice', async () => {
  writeFiles(at('repo'), smallRegistry());
  expect((await run()).log).toEqual({ kept: false, reason: 'the repository has no policy/1.json' });
  const plain = readTree(at('out'));
  writeFiles(at('repo'), policyFiles());
  expect((await run({ log: undefined })).log).toEqual({ kept: false, reason: 'no log key was given' });
  expect(readTree(at('out'))).toEqual(plain);
  expect(existsSync(at('out', layout.head))).toBe(false);
  await expect(run()).rejects.toMatchObject({ code: 'LOG_MISSING' });
  await run({}, { begin: true });
  checkDistribution(at('out'), small);
  await expect(run({ log: undefined })).rejects.toMatchObject({ code: 'NO_LOG_KEY' });
});

test('a key that the policy does not name, or that others may read, signs nothing', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  const log = { begin: true, key: noteKey('other').pem };
  await expect(run({}, log)).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
  const file = at('key.pem');
  writeFileSync(file, logKey.pem, { mode: 0o640 });
  await expect(run({}, { begin: true, key: file })).rejects.toMatchObject({ code: 'BAD_KEY' });
  await expect(run({}, { begin: true, key: at('none') })).rejects.toMatchObject({ code: 'NO_LOG_KEY' });
  await expect(run({}, { begin: true, key: signer('x').key })).rejects.toMatchObject({ code: 'NO_LOG_KEY' });
  expect(existsSync(at('out', layout.checkpoint))).toBe(false);
});

test.each([
  ['a tile', 'tile/0/000.p/9', 'LOG_BROKEN'],
  ['the entries', 'tile/entries/000.p/9', 'LOG_BROKEN'],
  ['the checkpoint', 'checkpoint', 'BAD_SIGNATURE'],
])('%s that was tampered with is never continued', async (_what, file, code) => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run({}, { begin: true });
  const bytes = Buffer.from(readTree(at('out')).get(file)!, 'latin1');
  bytes[40] = bytes[40]! === 0x41 ? 0x42 : 0x41;
  writeFileSync(at('out', file), bytes);
  rmSync(at('out.state'), { recursive: true });
  writeFiles(at('repo'), releaseFiles({ name: '@bob/lists', version: '0.4.0', minute: 30 }));
  await expect(run()).rejects.toMatchObject({ code });
});

test('a damaged head, bundle or file of the index tree is made again, the same', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run({}, { begin: true });
  const wanted = readTree(at('out'));
  const bundle = [...wanted.keys()].find((file) => file.startsWith('proof/'))!;
  for (const file of ['head', 'snapshot/0/root', bundle]) {
    writeFileSync(at('out', file), 'damaged');
    await run({ full: true });
    expect(readTree(at('out'))).toEqual(wanted);
  }
});

test('keys rotate: the new one signs, what the old one signed still counts while the policy names it', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run({}, { begin: true });
  const next = noteKey('log-2');
  const log = { origin: `registry.example.org/log`, keys: [logKey.vkey, next.vkey] };
  writeFiles(at('repo'), policyFiles({ n: 2, log, createdAt: minute(50) }));
  await run({}, { key: next.pem });
  checkDistribution(at('out'), small);
  // Dropped from the policy, the old key's checkpoints count no more: all bundles get new ones.
  writeFiles(at('repo'), policyFiles({ n: 3, log: { ...log, keys: [next.vkey] }, createdAt: minute(60) }));
  await expect(run()).rejects.toMatchObject({ code: 'UNKNOWN_KEY' });
  await run({}, { key: next.pem });
  expect(checkDistribution(at('out'), small).head.policy).toBe(3);
});

test('more modules than a bucket holds: the tree deepens, and a publish rewrites few files', {
  timeout: 60_000,
}, async () => {
  const many = Array.from({ length: 40 }, (_, i) => `@alice/m${i}`);
  const releases = many.map((name, i) => releaseFiles({ name, version: '1.0.0', minute: i + 1 }));
  writeFiles(
    at('repo'),
    merge(new Map([registryFile()]), keysetFiles('alice'), policyFiles(), ...releases.slice(0, 30)),
  );
  await run({}, { begin: true });
  expect(checkDistribution(at('out'), many.slice(0, 30)).snapshot.depth).toBe(0);
  writeFiles(at('repo'), merge(...releases.slice(30)));
  await run();
  expect(checkDistribution(at('out'), many).snapshot.depth).toBe(2);
  expect(existsSync(at('out', 'snapshot/0'))).toBe(false);
  for (const version of ['1.1.0', '1.2.0', '1.3.0']) {
    writeFiles(at('repo'), releaseFiles({ name: '@alice/m7', version, minute: 100 }));
    const before = readTree(at('out'));
    await run();
    checkDistribution(at('out'), many);
    const tree = readTree(at('out'));
    const changed = [...tree].filter(
      ([file, bytes]) =>
        /^(?:tile|snapshot|head|checkpoint)(?!.*\.(?:br|gz)$)/.test(file) && before.get(file) !== bytes,
    );
    // One tile, one bundle of entries, bucket and root of the index tree, checkpoint and head.
    expect(changed.map(([file]) => file.split('/')[0]).sort()).toEqual([
      'checkpoint',
      'head',
      'snapshot',
      'snapshot',
      'tile',
      'tile',
    ]);
  }
  expect(readLog(at('out')).size).toBeLessThan(256);
});

test('metadata alone: a new snapshot, no other entry', async () => {
  writeFiles(at('repo'), merge(smallRegistry(), policyFiles()));
  await run({}, { begin: true });
  const { size } = readLog(at('out'));
  writeFiles(at('repo'), metadataFile('@bob/lists', ['bob', 'alice']));
  expect((await run()).log).toMatchObject({ size: size + 1, added: 1 });
  checkDistribution(at('out'), small);
});
