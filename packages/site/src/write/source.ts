/** What a site is written from. The builder gives it; nothing here reads a repository. */
import type { ModuleName } from '@mlld/format';
import type {
  AdvisoryView,
  CollectionView,
  DocumentView,
  InstallsView,
  ModuleRow,
  ModuleView,
  RegistryView,
  SourceFile,
  TagCatalog,
} from '../model/view.ts';
import type { AuthorData } from '../pages/lists.tsx';
import type { Assets } from './assets.ts';
import type { Rows } from './plan.ts';

export interface SiteSource {
  readonly registry: RegistryView;
  readonly assets: Assets;
  readonly catalog: TagCatalog;
  /** All modules, as they are now. */
  readonly rows: Rows;
  /** Those that changed, as they were: undefined for a new one. Where it is absent, every file is to be given. */
  readonly before?: ReadonlyMap<ModuleName, ModuleRow | undefined> | undefined;
  /** `planKey` of the last build. */
  readonly planBefore?: string | undefined;
  /** A version's page; the newest where none is named. */
  view(name: ModuleName, version?: string): Promise<ModuleView | undefined>;
  sources(name: ModuleName, version: string): Promise<readonly SourceFile[]>;
  author(author: string): Omit<AuthorData, 'author' | 'modules' | 'collections'>;
  /** Authors whose own facts changed: keys, reviews. */
  readonly authors: ReadonlySet<string>;
  /** Who reviews or recommends modules, and how often: they have a page without any of their own. */
  readonly people: ReadonlyMap<string, number>;
  readonly advisories: readonly AdvisoryView[];
  /** What people recommend, by their makers and names. */
  readonly collections: readonly CollectionView[];
  readonly documents: readonly DocumentView[];
  /** Time of the newest statement: the only clock. */
  readonly newest: string;
  /** Of all modules together; absent where there are no statistics. */
  readonly installs?: InstallsView | undefined;
  /** Of one module; undefined where nobody has counted anything. */
  installsOf(name: ModuleName): InstallsView | undefined;
  /** Modules whose installs rise most, first; with those of the last seven days and of the seven before. */
  readonly trending: readonly (readonly [name: ModuleName, now: number, before: number])[];
  /** Modules whose installs may have changed: their pages that show them, and nothing else, are written again. */
  readonly recounted: ReadonlySet<ModuleName>;
}

/** A file of the site; undefined takes it away. */
export type SiteFile = readonly [file: string, content: Uint8Array | string | undefined];
