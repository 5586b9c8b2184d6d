import { type ModuleName, moduleKinds, pages } from '@mlld/format';
import { ListPage, TagsPage } from '../pages/lists.tsx';
import { browseOf, hasTagPage, type Plan, pageLimits } from './plan.ts';
import { byUpdate, rowsOf, top } from './rows.ts';
import type { Job } from './site.ts';
import type { SiteFile, SiteSource } from './source.ts';

interface ListReach {
  readonly all: boolean;
  readonly tags: ReadonlySet<string>;
  readonly browse: ReadonlySet<string>;
  readonly kinds: ReadonlySet<string>;
}

/** Lists of all modules by name, by kind, by category; and of all tags. */
export function* listFiles(job: Job, reach: ListReach): Generator<SiteFile> {
  yield* browseFiles(job, reach);
  for (const kind of moduleKinds) {
    if (!reach.all && !reach.kinds.has(kind)) continue;
    const all = [...job.source.rows.values()].filter((row) => row.kind === kind);
    const modules = top(all, byUpdate, pageLimits.listed);
    yield job.page(pages.kind(kind), (context) =>
      ListPage({
        context,
        data: { title: `Kind: ${kind}`, modules, total: all.length, query: `kind:${kind}` },
      }),
    );
  }
  for (const category of job.source.catalog.categories) {
    if (!reach.all && !category.tags.some((tag) => reach.tags.has(tag))) continue;
    const names = namesOf(job.plan, category.tags);
    const modules = top(rowsOf(job.source.rows, names), byUpdate, pageLimits.listed);
    const { title, about: lead, slug } = category;
    yield job.page(pages.category(slug), (context) =>
      ListPage({ context, data: { title, lead, modules, total: names.size, query: `tag:${slug}` } }),
    );
  }
  yield job.page(pages.tags, (context) =>
    TagsPage({ context, data: { tags: countedTags(job.plan, 300), categories: countedCategories(job) } }),
  );
}

function namesOf({ tags }: Plan, wanted: readonly string[]) {
  return new Set(wanted.flatMap((tag) => tags.get(tag) ?? []));
}

export function countedCategories({ source, plan }: Pick<Job, 'source' | 'plan'>) {
  return source.catalog.categories.map((one) => ({ ...one, count: namesOf(plan, one.tags).size }));
}

/** Tags with a page, most used first. */
export function countedTags(plan: Plan, most: number): { tag: string; count: number }[] {
  return [...plan.tags]
    .filter(([tag]) => hasTagPage(plan, tag))
    .map(([tag, names]) => ({ tag, count: names.length }))
    .sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1))
    .slice(0, most);
}

function* browseFiles({ source, plan, page }: Job, reach: ListReach): Generator<SiteFile> {
  const { browseChars } = plan;
  const shards = shardsOf(source, browseChars);
  const links =
    browseChars === 0
      ? []
      : [...shards]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([prefix, names]) => ({
            path: pages.browse(prefix),
            text: prefix,
            count: names.length,
          }));
  const all = top(source.rows.values(), byUpdate, browseChars === 0 ? 300 : 50);
  yield page(pages.browse(''), (context) =>
    ListPage({
      context,
      data: {
        title: 'All modules',
        modules: browseChars === 0 ? all.sort((a, b) => byShortName(a.name, b.name)) : all,
        total: source.rows.size,
        links: [...links, ...kindLinks],
        current: 'browse',
        lead:
          browseChars === 0
            ? undefined
            : 'By the first letters of their names; below, those that were updated last.',
      },
    }),
  );
  if (browseChars === 0) return;
  for (const prefix of reach.browse) {
    const names = shards.get(prefix);
    if (names === undefined) yield [`${pages.browse(prefix)}index.html`, undefined];
    else {
      const modules = rowsOf(source.rows, names.sort(byShortName).slice(0, 1000));
      yield page(pages.browse(prefix), (context) =>
        ListPage({
          context,
          data: { title: `Modules: ${prefix}…`, modules, total: names.length, links, current: 'browse' },
        }),
      );
    }
  }
}

const kindLinks = moduleKinds.map((kind) => ({ path: pages.kind(kind), text: kind }));

function short(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** Equal ones by their authors. */
function byShortName(a: ModuleName, b: ModuleName): number {
  const [x, y] = [short(a), short(b)];
  return x < y ? -1 : x > y ? 1 : a < b ? -1 : a > b ? 1 : 0;
}

/** In no order. */
function shardsOf({ rows }: SiteSource, chars: number) {
  const shards = new Map<string, ModuleName[]>();
  for (const name of rows.keys()) {
    const prefix = browseOf(name, chars);
    const list = shards.get(prefix);
    if (list === undefined) shards.set(prefix, [name]);
    else list.push(name);
  }
  return shards;
}
