/**
 * docs/spec/threats.md: the log, names and the cache. The real client against a real server that attacks it: each attack ends with its code and changes
 * nothing that counts, not the project, and of the cache neither contents, proofs nor what is known of the log and of advisories.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import { describe, expect, test } from 'vitest';
import { addAdvisories } from './fixture/advisories.ts';
import { addLog, logKeys } from './fixture/log.ts';
import { errorOf } from './fixture/project.ts';
import { distribution, type FixtureModule, serve } from './fixture/registry.ts';
import { makeKey } from './fixture/sign.ts';
import { blobOf, evil, one, other, refused, two, victim } from './fixture/victim.ts';

describe('the log', () => {
  const keys = logKeys();
  const cosigned = [1_770_000_000];
  const state = (
    modules: readonly FixtureModule[],
    options: Parameters<typeof addLog>[2],
    authors: Map<string, ReturnType<typeof makeKey>>,
  ) => {
    const made = distribution(modules, { keys: authors });
    const entries = addLog(made, keys, options);
    return { made, entries };
  };

  test('threat 4: a log that a stolen key makes too large to be followed', async () => {
    const authors = new Map();
    const { made, entries } = state([one], { leaves: ['a'], cosigned }, authors);
    const { my, add, show } = await victim(made);
    await add();
    const far = [...entries, ...Array.from({ length: 300 }, (_, i) => `filler ${i}`)];
    const forged = state([one, two], { leaves: far, cosigned }, authors).made;
    const head = JSON.parse(forged.files.get(layout.head)!.toString());
    head.checkpoint = head.checkpoint
      .split('\n')
      .filter((line: string) => !line.includes('w0.example.org'))
      .join('\n');
    forged.files.set(layout.head, Buffer.from(JSON.stringify(head)));
    show(forged);
    await refused(my, 'QUORUM_MISSED', () => add('@alice/a@1.1.0'));
  });

  test('threat 5: a registry that is frozen in time', async () => {
    const { made } = state([one, two, other], { leaves: ['a'], cosigned }, new Map());
    const { my, add } = await victim(made);
    await add('@bob/b');
    const now = () => cosigned[0]! * 1000 + 30 * 86_400_000;
    await refused(my, 'STALE', () => my.client({ now, requireFresh: '7d' } as never).add(['@alice/a@1.0.0']));
    await add();
    expect((await my.client({ now } as never).resolveImport('@alice/a')).source).toContain('one');
  });

  test('threat 7: files of two states at once', async () => {
    const authors = new Map();
    const { made } = state([one, other], { leaves: ['a'] }, authors);
    const { my, files, add } = await victim(made);
    await add('@bob/b');
    files.set('index/alice/a', distribution([one, two], { keys: authors }).files.get('index/alice/a')!);
    await refused(my, 'NOT_IN_SNAPSHOT', add);
  });

  test('threat 8: an older state', async () => {
    const authors = new Map();
    const { my, add, show } = await victim(state([one], { leaves: ['a', 'b', 'c'] }, authors).made);
    await add();
    show(state([one, two], { leaves: ['a'] }, authors).made);
    await refused(my, 'LOG_ROLLBACK', () => add('@alice/a@1.1.0'));
  });

  test('threat 11: a role with a name that means something else', async () => {
    const roles = {
      root: { keys: [keys.root.line], threshold: 1 },
      constructor: { keys: [keys.root.line], threshold: 1 },
    };
    const { my, add } = await victim(
      state([one], { leaves: ['a'], policy: { roles } as never }, new Map()).made,
    );
    await refused(my, 'BAD_SHAPE', add);
  });

  test('threat 12: one log for you, another for everybody else', async () => {
    const authors = new Map();
    const { my, add, show } = await victim(state([one], { leaves: ['a', 'b', 'c'] }, authors).made);
    await add();
    show(state([one, two], { leaves: ['a', 'x', 'c', 'd', 'e'] }, authors).made);
    const before = my.lockText();
    expect((await errorOf(() => add('@alice/a@1.1.0'))).code).toBe('LOG_FORK');
    expect(my.lockText()).toBe(before);
    const folder = readdirSync(path.join(my.cacheDir, 'registry.test'));
    expect(folder.filter((name) => name.startsWith('log-fork-'))).toHaveLength(1);
  });

  test('threat 30: an advisory that is left out', async () => {
    const authors = new Map();
    const advisory = {
      id: 'MLLD-2026-0001',
      name: '@alice/a',
      ranges: ['1.0.0'],
      malware: true,
      role: keys.root,
    };
    const full = distribution([one, other], { keys: authors });
    addAdvisories(full, [advisory]);
    addLog(full, keys, { leaves: ['a'] });
    const left = distribution([one, other], { keys: authors });
    addAdvisories(left, [], { count: 1 });
    const informed = await victim(full);
    await informed.add('@bob/b');
    informed.files.set(layout.advisoryIndex, left.files.get(layout.advisoryIndex)!);
    await refused(informed.my, 'MALWARE', informed.add);
    const fresh = await victim(full);
    fresh.files.set(layout.advisoryIndex, left.files.get(layout.advisoryIndex)!);
    expect((await errorOf(fresh.add)).code).toBe('NOT_IN_SNAPSHOT');
    fresh.files.delete(layout.advisoryIndex);
    await refused(fresh.my, 'ADVISORIES_INCOMPLETE', fresh.add);
  });

  test('threat 31: an advisory of somebody who may not close a module', async () => {
    const made = distribution([one]);
    addAdvisories(made, [
      { id: 'MLLD-2026-0001', name: '@alice/a', ranges: ['1.0.0'], malware: true, role: makeKey() },
    ]);
    addLog(made, keys, { leaves: ['a'] });
    const { my, add } = await victim(made);
    expect((await add()).added).toEqual(['@alice/a@1.0.0']);
    expect(my.warnings.join()).toContain('MLLD-2026-0001');
  });
});

describe('names', () => {
  test('threat 14: a name that is nearly another', async () => {
    const { my } = await victim(distribution([{ ref: '@alice/strings@1.0.0' }]));
    const error = await errorOf(() => my.client().add(['@alice/string']));
    expect(error.hint).toContain('@alice/strings');
    await refused(my, 'MODULE_NOT_FOUND', () => my.client().add(['@alice/string']));
  });

  test('threat 17: a private name in a public registry', async () => {
    const inner = await serve(distribution([{ ref: '@corp/tool@1.0.0' }], { name: 'corp.test' }).files);
    const outer = await victim(distribution([{ ref: '@corp/tool@9.9.9', files: evil }, one]));
    outer.my.config({ registries: { '@corp': inner.base } });
    const report = await outer.my.client().add(['@corp/tool', '@alice/a@1.0.0']);
    expect(report.added).toContain('@corp/tool@1.0.0');
    expect(outer.served.log.filter((asked) => asked.includes('corp'))).toEqual([]);
    await inner.close();
    await refused(outer.my, 'UNREACHABLE', () => outer.my.client().add(['@corp/other']));
    expect(outer.served.log.filter((asked) => asked.includes('corp'))).toEqual([]);
  });

  test('threat 20: a file that wants to be elsewhere', async () => {
    for (const bad of [
      '../x.mld',
      '/etc/x',
      'a/../../x',
      'a\\..\\x',
      'con',
      'a\u0000b',
      '.git/hooks/x',
      'C:/x',
    ]) {
      const { my, files, add } = await victim(distribution([one]));
      const index = layout.index('@alice/a' as never);
      files.set(
        index,
        Buffer.from(files.get(index)!.toString().replaceAll('"index.mld"', JSON.stringify(bad))),
      );
      const { code } = await errorOf(add);
      expect(['BAD_PATH', 'WRONG_SUBJECT', 'BAD_JSON']).toContain(code);
      await refused(my, code, add);
    }
  });

  test('threat 22: letters that look like others', async () => {
    const { my, served } = await victim(distribution([one]));
    for (const bad of ['@аlice/a', '@alice/ａ', '@ali\u200dce/a', '@alice/ﬁle', '@ALICE/a', '@alice/a.b']) {
      await refused(my, 'BAD_NAME', () => my.client().add([bad]));
    }
    expect(served.log).toEqual([]);
  });
});

test('threat 36: a cache that somebody else writes to', async () => {
  const { my, add, served } = await victim(distribution([one]));
  await add();
  const blob = path.join(my.cacheDir, 'registry.test', blobOf('var @x = "one"\n'));
  writeFileSync(blob, evil);
  expect((await my.client().resolveImport('@alice/a')).source).toContain('one');
  writeFileSync(blob, evil);
  await served.close();
  expect((await errorOf(() => my.client({ offline: true }).resolveImport('@alice/a'))).code).toBe(
    'CACHE_CORRUPT',
  );
});
