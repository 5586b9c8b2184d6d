/** What feeds list. */
import { type ModuleName, pages } from '@mlld/format';
import type { AdvisoryView, ModuleRow, RegistryView } from '../model/view.ts';

export interface FeedEntry {
  /** Never changes. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  readonly path: string;
  readonly at: string;
  readonly author: string;
}

export interface Feed {
  readonly registry: RegistryView;
  readonly title: string;
  /** The page that shows the same. */
  readonly path: string;
  readonly entries: readonly FeedEntry[];
}

const epoch = '1970-01-01T00:00:00Z';

interface ReleaseList {
  readonly rows: readonly ModuleRow[];
  /** `created`: each module once; `updated`: each newest version. */
  readonly by: 'created' | 'updated';
  /** The path at which a module's page answers. */
  readonly addressOf: (name: ModuleName) => string;
}

export function releaseEntries(
  { name: registry }: RegistryView,
  { rows, by, addressOf }: ReleaseList,
): FeedEntry[] {
  return rows.map((row) => ({
    id: `tag:${registry},2026:${row.name.slice(1)}${by === 'created' ? '' : `@${row.version}`}`,
    title: by === 'created' ? row.name : `${row.name} ${row.version}`,
    text: row.about,
    path: addressOf(row.name),
    at: row[by] || epoch,
    author: row.name.split('/')[0] ?? '',
  }));
}

export function advisoryEntries(
  { name: registry }: RegistryView,
  advisories: readonly AdvisoryView[],
): FeedEntry[] {
  return advisories.map((one) => ({
    id: `tag:${registry},2026:${one.id}`,
    title: `${one.id}: ${one.summary}`,
    text: one.details.slice(0, 2000),
    path: pages.advisory(one.id),
    at: one.modified,
    author: registry,
  }));
}

/** Where a path is, absolute if the registry says where it is published. */
export function feedUrl({ url }: RegistryView, path: string): string {
  return url === undefined ? path : new URL(path, url).href;
}

export function latest(entries: readonly FeedEntry[]): string {
  return entries.reduce((newest, { at }) => (at > newest ? at : newest), epoch);
}
