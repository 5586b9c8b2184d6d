/** What every component of a page knows: where it is, and what belongs to all pages. */
import type { RegistryView } from '../model/view.ts';

/** Files below `assets/`, by what they are; their names hold a hash of their content. */
export interface AssetNames {
  readonly css: string;
  readonly script: string;
  readonly icon: string;
}

export interface PageContext {
  readonly registry: RegistryView;
  readonly assets: AssetNames;
  /** Path of this page: a folder that ends in `/`, or a file. */
  readonly path: string;
  /** What leads from this page to the root: `../../`, or an absolute path for a page that is shown anywhere. */
  readonly base: string;
}

export function contextFor(
  site: Pick<PageContext, 'registry' | 'assets'>,
  path: string,
  base = '../'.repeat(path.split('/').length - 1),
): PageContext {
  return { registry: site.registry, assets: site.assets, path, base };
}

/** A relative link to a path of the distribution. */
export function href({ base }: PageContext, path: string): string {
  return `${base}${path}` || './';
}

/** The absolute URL of a path, where the registry says its own; for canonical links, feeds and sitemaps. */
export function absolute({ registry }: Pick<PageContext, 'registry'>, path: string): string | undefined {
  return registry.url === undefined ? undefined : new URL(path, registry.url).href;
}
