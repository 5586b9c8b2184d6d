import { parseRelease } from '@mlld/format';
import { gitRepo, writeTree } from '@mlld/testing';
import { expect, test } from 'vitest';
import { type Desk, desk, REGISTRY_JSON, STRINGS, under } from './support.ts';

/** Its name comes first, and it imports what comes last. */
const CARDS = `---
name: cards
author: alice
version: 2.1.0
about: Cards with a greeting
license: CC0
---
import { @greet } from @alice/strings
exe @card(name) = @greet(@name)
export { @card }
`;

const CARD = 'modules/alice/cards/2.1.0.json';

async function twoModules(d: Desk): Promise<string> {
  await d.folder('all/cards', { 'cards.mld': CARDS });
  await d.folder('all/strings', { 'strings.mld.md': STRINGS });
  return d.home.join('work', 'all');
}

test('modules that import each other are one commit, each after what it imports', async () => {
  const d = await desk({ signedIn: false });
  const registry = await gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON });
  const all = await twoModules(d);
  const options = { registry: registry.dir, to: undefined, source: all };
  await expect(d.publishAll(all, { ...options, dryRun: true })).resolves.toMatchObject([
    { status: 'dry-run', name: '@alice/strings' },
    { status: 'dry-run', name: '@alice/cards' },
  ]);
  expect(await d.publishAll(all, options)).toMatchObject([
    { status: 'published', name: '@alice/strings', sources: [`file://${all}/strings/`] },
    { status: 'published', name: '@alice/cards', sources: [`file://${all}/cards/`] },
  ]);
  expect(d.questions).toEqual(["Publish these 2 modules? This can't be taken back."]);
  expect(await registry.git('log', '--format=%s', '-1')).toBe('Publish @alice/strings 1.0.0 and 1 more');
  expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('2');
  expect(await registry.git('ls-tree', '--name-only', 'HEAD', 'authors/alice/keyset/')).toBe(
    'authors/alice/keyset/1.json\nauthors/alice/keyset/1.json.sig',
  );
  const card = parseRelease(`${await registry.git('show', `HEAD:${CARD}`)}\n`);
  expect([...card.imports]).toEqual([['@alice/strings', '^1.0.0']]);

  await writeTree(under(all, 'cards'), { 'cards.mld': CARDS.replace('2.1.0', '2.1.1') });
  expect(await d.publishAll(all, options)).toMatchObject([
    { status: 'already-published', name: '@alice/strings' },
    { status: 'published', name: '@alice/cards', version: '2.1.1' },
  ]);
});

test('if one of them is bad, none is published', async () => {
  const d = await desk({ signedIn: false });
  const registry = await gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON });
  const all = await twoModules(d);
  await writeTree(under(all, 'cards'), { 'cards.mld': CARDS.replace('{ @greet }', '{ @wave }') });
  const options = { registry: registry.dir, to: undefined, source: all };
  await expect(d.publishAll(all, options)).rejects.toMatchObject({ code: 'CHECK_FAILED' });
  await writeTree(under(all, 'cards'), { 'cards.mld': CARDS.replace('alice', 'bob') });
  await expect(d.publishAll(all, options)).rejects.toMatchObject({ code: 'USAGE' });
  expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('1');
});

test('on GitHub they are a pull request each, what is imported first', async () => {
  const d = await desk();
  const all = await twoModules(d);
  const results = await d.publishAll(all);
  expect(results).toMatchObject([
    { status: 'proposed', name: '@alice/strings' },
    { status: 'proposed', name: '@alice/cards' },
  ]);
  expect(new Set(results.map(({ reference }) => reference)).size).toBe(2);
  // Run again, it finds both.
  expect((await d.publishAll(all)).map(({ reference }) => reference)).toEqual(
    results.map(({ reference }) => reference),
  );
  expect(
    d.github.requests.filter((one) => one.method === 'POST' && one.path.endsWith('/pulls')),
  ).toHaveLength(2);
});
