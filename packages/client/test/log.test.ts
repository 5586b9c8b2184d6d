/** docs/spec/resolve.md §6.2 against a real server that lies in every way that a server can. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import { formatVerifierKey, noteSigner } from '@mlld/trust/log';
import { describe, expect, test } from 'vitest';
import { addLog, type LogKeys, type LogOptions, logKeys } from './fixture/log.ts';
import { errorOf, project } from './fixture/project.ts';
import { type Distribution, distribution, type FixtureModule, serve } from './fixture/registry.ts';

const one: FixtureModule = { ref: '@alice/a@1.0.0', files: 'var @x = "one"\n' };
const two: FixtureModule = { ref: '@alice/a@1.1.0', files: 'var @x = "two"\n' };
const other: FixtureModule = { ref: '@bob/b@1.0.0' };

/** The entries of the log that a distribution shows. */
const entries = new WeakMap<Distribution, string[]>();

function logged(
  modules: readonly FixtureModule[],
  keys: LogKeys,
  options: LogOptions = { leaves: ['a'] },
): Distribution {
  const made = distribution(modules);
  entries.set(made, addLog(made, keys, options));
  return made;
}

/** Lets a server show another state from now on. */
function show(files: Map<string, Buffer>, state: Distribution): void {
  files.clear();
  for (const [at, bytes] of state.files) files.set(at, bytes);
}

async function registry(state: Distribution) {
  const files = new Map(state.files);
  const served = await serve(files);
  const user = project({ registry: served.base });
  return { files, served, user, show: (next: Distribution) => show(files, next) };
}

describe('a registry with a log', () => {
  test('resolves, says what was proven, and remembers the log', async () => {
    const { user } = await registry(logged([one, other], logKeys()));
    expect((await user.client().resolveImport('@alice/a')).source).toContain('one');
    const report = await user.client().verify('@alice/a');
    expect(report.steps.find(({ clause }) => clause === '6.2')).toMatchObject({ result: 'passed' });
    expect(readdirSync(path.join(user.cacheDir, 'registry.test'))).toContain('log-state.json');
  });

  test('an unsigned record of it has evidence 1', async () => {
    const { user } = await registry(logged([{ ...one, signed: false }], logKeys()));
    expect(await user.client().resolveImport('@alice/a')).toMatchObject({ evidence: 1 });
  });

  test('a name that is proven not to be there', async () => {
    const { user } = await registry(logged([one], logKeys()));
    expect((await errorOf(() => user.client().resolveImport('@alice/none'))).code).toBe('MODULE_NOT_FOUND');
  });

  test('a locked program needs none of it', async () => {
    const { user, served } = await registry(logged([one], logKeys()));
    await user.client().resolveImport('@alice/a');
    await served.close();
    expect((await user.client().resolveImport('@alice/a')).source).toContain('one');
  });
});

describe('attacks, each refused with its code, and nothing is locked', () => {
  const keys = logKeys();
  const attacks: Record<
    string,
    { readonly code: string; readonly twist: (files: Map<string, Buffer>) => void }
  > = {
    'an index file of another state (mix and match)': {
      code: 'NOT_IN_SNAPSHOT',
      twist: (files) => files.set('index/alice/a', distribution([one, two]).files.get('index/alice/a')!),
    },
    'a module that the index hides': {
      code: 'NOT_IN_SNAPSHOT',
      twist: (files) => files.delete('index/alice/a'),
    },
    'an index tree of another state': {
      code: 'NOT_IN_SNAPSHOT',
      twist: (files) => files.set('snapshot/0/root', Buffer.alloc(64)),
    },
    'a head by another log key': {
      code: 'UNKNOWN_KEY',
      twist: (files) =>
        files.set('head', logged([one, other], { ...keys, log: 'stolen' }).files.get('head')!),
    },
    'a policy that nobody signed': {
      code: 'POLICY_BROKEN',
      twist: (files) =>
        files.set('policy/1.json.sig', logged([one], logKeys()).files.get('policy/1.json.sig')!),
    },
    'a head without its policy': { code: 'POLICY_BROKEN', twist: (files) => files.delete('policy/1.json') },
    'a quorum of witnesses that is not there': {
      code: 'QUORUM_MISSED',
      twist: (files) => {
        const witness = formatVerifierKey(
          noteSigner('w.example.org', 'cosignature/v1', Buffer.alloc(32, 1)).key,
        );
        const state = logged([one, other], keys, {
          leaves: ['a'],
          policy: { witnesses: [witness], quorum: 1 },
        });
        for (const [at, bytes] of state.files) files.set(at, bytes);
      },
    },
    'an expired policy': {
      code: 'POLICY_EXPIRED',
      twist: (files) => {
        const state = logged([one, other], keys, {
          leaves: ['a'],
          policy: { expires: '2026-01-02T00:00:00Z' },
        });
        for (const [at, bytes] of state.files) files.set(at, bytes);
      },
    },
  };

  test.each(Object.entries(attacks))('%s', async (_what, { code, twist }) => {
    const { user, files } = await registry(logged([one, other], keys));
    twist(files);
    const error = await errorOf(() => user.client().resolveImport('@alice/a'));
    expect(error.code).toBe(code);
    expect(() => user.lockText()).toThrow();
  });
});

describe('what was seen once', () => {
  test('a log that grew is followed, with its consistency proven', async () => {
    const keys = logKeys();
    const { user, show: next } = await registry(logged([one], keys, { leaves: ['a', 'b'] }));
    const first = Array.from({ length: 300 }, (_, i) => `statement ${i}`);
    await user.client().resolveImport('@alice/a');
    next(logged([one], keys, { leaves: ['a', 'b'] }));
    await user.client().install();
    const long = logged([one], keys, { leaves: first });
    const { user: later, show: grown } = await registry(long);
    await later.client().resolveImport('@alice/a');
    grown(logged([one, other], keys, { leaves: [...entries.get(long)!, 'more'] }));
    expect((await later.client().resolveImport('@bob/b')).origin.version).toBe('1.0.0');
  });

  test('an older state is LOG_ROLLBACK', async () => {
    const keys = logKeys();
    const { user, show: next } = await registry(logged([one], keys, { leaves: ['a', 'b', 'c'] }));
    await user.client().resolveImport('@alice/a');
    next(logged([one, other], keys, { leaves: ['a'] }));
    expect((await errorOf(() => user.client().resolveImport('@bob/b'))).code).toBe('LOG_ROLLBACK');
  });

  test('another history is LOG_FORK: refused for good, with both notes on the disk', async () => {
    const keys = logKeys();
    const { user, show: next } = await registry(logged([one], keys, { leaves: ['a', 'b', 'c'] }));
    await user.client().resolveImport('@alice/a');
    next(logged([one, other], keys, { leaves: ['a', 'x', 'c', 'd', 'e'] }));
    expect((await errorOf(() => user.client().resolveImport('@bob/b'))).code).toBe('LOG_FORK');
    expect((await errorOf(() => user.client().resolveImport('@bob/b'))).code).toBe('LOG_FORK');
    const folder = path.join(user.cacheDir, 'registry.test');
    const file = readdirSync(folder).find((name) => name.startsWith('log-fork-'))!;
    const proof = JSON.parse(readFileSync(path.join(folder, file), 'utf8'));
    expect(Object.keys(proof)).toEqual(['registry', 'seen', 'shown']);
  });

  test('a registry that had a log and shows none is refused', async () => {
    const keys = logKeys();
    const { user, show: next } = await registry(logged([one], keys));
    await user.client().resolveImport('@alice/a');
    next(distribution([one, other]));
    expect((await errorOf(() => user.client().resolveImport('@bob/b'))).code).toBe('POLICY_BROKEN');
  });

  test('a policy of other root keys is refused', async () => {
    const { user, show: next } = await registry(logged([one], logKeys()));
    await user.client().resolveImport('@alice/a');
    next(logged([one, other], logKeys(), { leaves: ['a', 'b', 'c'] }));
    expect((await errorOf(() => user.client().resolveImport('@bob/b'))).code).toBe('POLICY_BROKEN');
  });

  test('a publish between two requests: at the latest the next attempt sees one state', async () => {
    const keys = logKeys();
    const before = logged([one], keys, { leaves: ['a'] });
    const after = logged([one, two], keys, { leaves: [...entries.get(before)!, 'b'] });
    const { user, served, files } = await registry(before);
    let turned = false;
    served.handler = (request) => {
      // The head is old, and everything after it is new.
      if (!turned && request.url === `/${layout.head}`) {
        turned = true;
        setImmediate(() => show(files, after));
      }
      return undefined;
    };
    const attempt = () => user.client().resolveImport('@alice/a');
    const resolved = await attempt().catch((error: { code: string }) => {
      expect(error.code).toBe('NOT_IN_SNAPSHOT');
      return attempt();
    });
    expect(resolved.origin.version).toBe('1.1.0');
  });
});
