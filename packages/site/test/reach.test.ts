/** What a change reaches in a registry with more modules than pages. */
import { type ModuleName, pages } from '@mlld/format';
import { expect, test } from 'vitest';
import type { ModuleRow } from '../src/model/view.ts';
import { addressOf, planKey, planSite } from '../src/write/plan.ts';
import { oldShards, reachOf } from '../src/write/reach.ts';
import type { SiteSource } from '../src/write/source.ts';

const nameOf = (i: number) => `@author-${i % 40}/module-${i}` as ModuleName;

/** The first three are imported by all others. */
function rowOf(i: number, imports = i < 3 ? [] : [nameOf(i % 3)]): ModuleRow {
  const lists = {
    versions: ['1.0.0'],
    needs: [],
    exports: [],
    advisories: [],
    tags: [`tag-${i % 10}`],
    imports,
  };
  const texts = {
    about: '',
    kind: 'module',
    version: '1.0.0',
    created: '',
    updated: '',
    license: 'CC0',
  } as const;
  return {
    name: nameOf(i),
    ...texts,
    ...lists,
    evidence: 2,
    checked: 'match',
    yanked: false,
    deprecated: false,
  };
}

function sourceOf(count: number, more: Partial<SiteSource> = {}): SiteSource {
  const rows = new Map(Array.from({ length: count }, (_, i) => [nameOf(i), rowOf(i)]));
  const nobody = {
    authors: new Set<string>(),
    people: new Map<string, number>(),
    recounted: new Set<ModuleName>(),
  };
  return { rows, ...nobody, ...more } as SiteSource;
}

function reachOfChange(source: SiteSource) {
  const plan = planSite(source.rows);
  const job = { source, plan, page: () => ['', ''] as const };
  return { plan, ...reachOf(job, planKey(plan)) };
}

test('a module that gets pages of its own, or loses them, is named anew in the feeds of its author and tags', () => {
  const source = sourceOf(2000);
  const planBefore = planKey(planSite(source.rows));
  const before = new Map([[nameOf(50), rowOf(50)]]);
  const imported = new Map(source.rows).set(nameOf(50), rowOf(50, [nameOf(2), nameOf(77)]));
  const got = reachOfChange({ ...source, rows: imported, planBefore, before });
  expect(got.all).toBe(false);
  expect([addressOf(planSite(source.rows), nameOf(77)), addressOf(got.plan, nameOf(77))]).toEqual([
    'module/?name=@author-37/module-77',
    '@author-37/module-77/',
  ]);
  expect([...got.authors].sort()).toEqual(['author-10', 'author-37']);
  expect([...got.tags].sort()).toEqual(['tag-0', 'tag-7']);
  const back = { ...source, planBefore, before: new Map([[nameOf(50), imported.get(nameOf(50))!]]) };
  expect([...reachOfChange(back).authors].sort()).toEqual(['author-10', 'author-37']);
  // Who imports one that has pages already moves nothing.
  const calm = { ...source, planBefore, before: new Map([[nameOf(50), rowOf(50, [])]]) };
  expect([...reachOfChange(calm).authors]).toEqual(['author-10']);
});

test('files that were named by the size of the registry are taken away when it has another', () => {
  const many = sourceOf(6000);
  const few = sourceOf(200, {
    planBefore: planKey(planSite(many.rows)),
    before: new Map([...many.rows].slice(200)),
  });
  const gone = oldShards(few, planSite(few.rows));
  const kinds = [...gone].map((file) => file.replace(/[^/]+(?:\/index\.html|\.\w+)$/, ''));
  expect([...new Set(kinds)].sort()).toEqual(['browse/', 'module/blocks/', 'sitemaps/']);
  expect(gone).toContain('browse/mo/index.html');
  expect(gone).not.toContain(pages.sitemap('modules'));
  expect(oldShards({ ...many, planBefore: planKey(planSite(many.rows)) }, planSite(many.rows)).size).toBe(0);
  // Of a module that is gone, too.
  expect(reachOfChange(few).modules).toContain(nameOf(5999));
});
