import { readdirSync, truncateSync } from 'node:fs';
import path from 'node:path';
import type { SearchRecord } from '@mlld/search';
import { expect, test } from 'vitest';
import { packedFiles, record } from '../../search/test/fixture/index-files.ts';
import { errorOf, project } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

/** The files that the command reads of an index. */
function index(base: readonly SearchRecord[], changed: readonly SearchRecord[] = []): Map<string, Buffer> {
  return new Map([...packedFiles({ base, changed })].map(([file, bytes]) => [file, Buffer.from(bytes)]));
}

const strings = record('@alice/strings', { about: 'Pad text' });
const lists = record('@bob/lists', { about: 'Sort lists' });
const dates = record('@carol/dates', { about: 'Format dates' });

async function desk() {
  const files = new Map([...distribution([]).files, ...index([strings, lists])]);
  const served = await serve(files);
  const at = project({ registry: served.base });
  const asked = () => at.requests.splice(0).flatMap(({ target }) => /search\/.*/.exec(target)?.[0] ?? []);
  const find = async (query: string, options: { refresh?: boolean; offline?: boolean } = {}) => {
    const { offline, ...rest } = options;
    const search = await at.client(offline === undefined ? {} : { offline }).search(rest);
    return (await search.search(query)).hits.map((hit) => hit.record.name);
  };
  const publish = (next: ReadonlyMap<string, Buffer>) => {
    for (const file of files.keys()) if (file.startsWith('search/')) files.delete(file);
    for (const [file, bytes] of next) files.set(file, bytes);
  };
  return { ...at, served, asked, find, publish };
}

test('an index is downloaded once; while it is fresh nobody is asked', async () => {
  const { find, asked } = await desk();
  expect(await find('text')).toEqual(['@alice/strings']);
  expect(asked()).toEqual(['search/manifest', expect.stringMatching(/^search\/[0-9a-f]{16}\/pack$/)]);
  expect(await find('lists', { offline: true })).toEqual(['@bob/lists']);
  expect(await find('sort')).toEqual(['@bob/lists']);
  expect(asked()).toEqual([]);
});

test('what changed comes as one small file; a new base replaces the old one', async () => {
  const { find, asked, publish } = await desk();
  await find('text');
  asked();
  publish(index([strings, lists], [dates]));
  expect(await find('dates')).toEqual([]);
  expect(await find('dates', { refresh: true })).toEqual(['@carol/dates']);
  expect(asked()).toEqual(['search/manifest', expect.stringMatching(/^search\/delta\/[0-9a-f]{16}$/)]);
  publish(index([strings, dates]));
  expect(await find('lists', { refresh: true })).toEqual([]);
  expect(asked()).toHaveLength(2);
});

test('a copy that was cut short is downloaded anew', async () => {
  const { find, asked, cacheDir } = await desk();
  await find('text');
  asked();
  const pack = readdirSync(cacheDir, { recursive: true, encoding: 'utf8' }).find((file) =>
    file.endsWith('pack'),
  )!;
  truncateSync(path.join(cacheDir, pack), 100);
  expect((await errorOf(() => find('text', { offline: true }))).code).toBe('OFFLINE');
  expect(await find('text')).toEqual(['@alice/strings']);
  expect(asked()).toHaveLength(2);
});

test('a copy that another process replaces meanwhile answers from then on', async () => {
  const { find, client, publish } = await desk();
  const search = await client().search();
  publish(index([strings, dates]));
  expect(await find('dates', { refresh: true })).toEqual(['@carol/dates']);
  expect((await search.search('dates')).hits.map((hit) => hit.record.name)).toEqual(['@carol/dates']);
});

test('a registry that does not answer leaves the copy in use, and that is said', async () => {
  const { find, served, warnings } = await desk();
  await find('text');
  await served.close();
  expect(await find('text', { refresh: true })).toEqual(['@alice/strings']);
  expect(warnings.join()).toContain('could not be brought up to date');
});

test('without a copy, offline is an error, and so is an index whose files are damaged', async () => {
  const { find, publish } = await desk();
  publish(
    new Map(
      [...index([strings])].map(([file, bytes]) => [file, file.endsWith('pack') ? bytes.subarray(9) : bytes]),
    ),
  );
  expect((await errorOf(() => find('text'))).code).toBe('BAD_SHAPE');
  expect((await errorOf(() => find('text', { offline: true }))).code).toBe('OFFLINE');
});
