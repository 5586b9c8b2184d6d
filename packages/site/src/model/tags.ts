/** `tags.json` of a registry repository (docs/spec/site.md §4): what keywords mean, and how tags form categories. */
import { decode as d, limits, type ModuleName, parseJson, parseModuleName } from '@mlld/format';
import { slugOf } from '../text/format.ts';
import type { TagCatalog } from './view.ts';

export const emptyTagCatalog: TagCatalog = { aliases: new Map(), categories: [], collections: [] };

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function parseTagCatalog(bytes: Uint8Array | string, where = 'tags.json'): TagCatalog {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.configBytes }), $);
  d.onlyMembers(value, ['v', 'aliases', 'categories', 'collections'], $);
  d.literal(1)(value.v, `${$}.v`);
  return {
    aliases: d.map(tag, 10_000)(value.aliases ?? {}, `${$}.aliases`),
    categories: d.array(category, 100)(value.categories ?? [], `${$}.categories`),
    collections: d.array(collection, 20)(value.collections ?? [], `${$}.collections`),
  };
}

const tag: d.Decoder<string> = (value, path) => {
  const found = d.text(limits.keywordChars)(value, path);
  if (found === '' || slugOf(found) !== found)
    throw d.badShape(path, 'a tag of letters, digits and hyphens', found);
  return found;
};

const category: d.Decoder<TagCatalog['categories'][number]> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['slug', 'title', 'about', 'tags'], path);
  return {
    slug: tag(found.slug, `${path}.slug`),
    title: d.text(60)(found.title, `${path}.title`),
    about: d.text(limits.aboutChars)(found.about ?? '', `${path}.about`),
    tags: d.array(tag, 100)(found.tags, `${path}.tags`),
  };
};

const collection: d.Decoder<TagCatalog['collections'][number]> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['title', 'about', 'modules'], path);
  return {
    title: d.text(60)(found.title, `${path}.title`),
    about: d.text(limits.aboutChars)(found.about ?? '', `${path}.about`),
    modules: d.array(d.parsed(parseModuleName), 50)(found.modules, `${path}.modules`) as ModuleName[],
  };
};

/** The tags that an author's keywords mean: in one spelling, each once, sorted. */
export function canonicalTags(keywords: readonly string[], { aliases }: TagCatalog): string[] {
  const tags = new Set<string>();
  for (const keyword of keywords) {
    const slug = slugOf(keyword);
    const meant = aliases.get(slug) ?? slug;
    if (meant !== '') tags.add(meant);
  }
  return [...tags].sort();
}
