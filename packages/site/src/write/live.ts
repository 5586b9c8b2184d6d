/** A site that is made page by page, when one is asked for: nothing is written, and no module is looked at that nobody reads. */
import { isModuleName, type ModuleName, pages } from '@mlld/format';
import { contextFor } from '../components/context.ts';
import { documentOf } from '../components/layout.tsx';
import { authorFiles } from './author.ts';
import { fixedFiles } from './fixed.ts';
import { listFiles } from './lists.ts';
import { moduleFiles } from './module.ts';
import { overviewFiles } from './overview.ts';
import { hasAuthorPage, type Plan, planSite } from './plan.ts';
import type { Job } from './site.ts';
import type { SiteFile, SiteSource } from './source.ts';
import { tagFiles } from './tags.ts';

export interface LiveSite {
  /** The file at a path of the distribution; undefined for one that no site has. */
  file(path: string): Promise<Uint8Array | string | undefined>;
}

/** Modules whose files are held. */
const mostHeld = 32;

export function liveSite(source: SiteSource): LiveSite {
  // Every module, author and tag has a page: they cost nothing before they are asked for.
  const plan: Plan = {
    ...planSite(source.rows, source.people),
    leastDependents: 0,
    leastOfAuthor: 1,
    leastOfTag: 1,
    leastSaid: 1,
    blockBits: -1,
  };
  const job: Job = {
    source,
    plan,
    page: (path, render) => [
      path === '' || path.endsWith('/') ? `${path}index.html` : path,
      documentOf(render(contextFor(source, path))),
    ],
  };
  const everything = {
    all: true,
    tags: new Set(plan.tags.keys()),
    browse: new Set<string>(),
    kinds: new Set<string>(),
  };
  const held = new Map<string, Promise<ReadonlyMap<string, Uint8Array | string>>>();
  const hold = (key: string, make: () => Iterable<SiteFile> | AsyncIterable<SiteFile>) => {
    const known = held.get(key) ?? collect(make());
    held.delete(key);
    held.set(key, known);
    for (const old of held.keys()) if (held.size > mostHeld) held.delete(old);
    return known;
  };
  const filesAt = (path: string) => {
    const [first = '', second = ''] = path.split('/');
    if (first.startsWith('@')) {
      const row = isModuleName(`${first}/${second}`)
        ? source.rows.get(`${first}/${second}` as ModuleName)
        : undefined;
      if (row !== undefined) return hold(row.name, () => moduleFiles(job, row));
      return hasAuthorPage(plan, first.slice(1))
        ? hold(first, () => authorFiles(job, first.slice(1)))
        : undefined;
    }
    if (first === 'tags' && plan.tags.has(second)) return hold(`tags/${second}`, () => tagFiles(job, second));
    if (['tags', 'browse', 'kinds', 'categories'].includes(first))
      return hold('lists', () => listFiles(job, everything));
    return hold('rest', () => restFiles(job));
  };
  return {
    async file(path) {
      if (path.startsWith('assets/')) return source.assets.files.get(path.slice('assets/'.length));
      return (await filesAt(path))?.get(path);
    },
  };
}

function* restFiles(job: Job): Generator<SiteFile> {
  yield* overviewFiles(job, job.source.rows.keys());
  yield* fixedFiles(job, true);
}

async function collect(
  files: Iterable<SiteFile> | AsyncIterable<SiteFile>,
): Promise<ReadonlyMap<string, Uint8Array | string>> {
  const found = new Map<string, Uint8Array | string>();
  for await (const [file, content] of files) if (content !== undefined) found.set(file, content);
  return found;
}

/** The path of a page in `file`: `@alice/strings/` is `@alice/strings/index.html`. */
export function pageFile(path: string): string {
  return path === pages.home || path.endsWith('/') ? `${path}index.html` : path;
}
