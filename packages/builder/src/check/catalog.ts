/** The registry's own `tags.json` (docs/spec/site.md §4): what keywords mean, categories, collections. */
import { layout, limits } from '@mlld/format';
import { parseTagCatalog, slugOf, type TagCatalog } from '@mlld/site';
import { type Finding, finding, findingOf } from '../finding.ts';
import type { RuleId } from '../rules.ts';
import type { Scope } from './scope.ts';

type Say = (rule: RuleId, path: string, message: string) => Finding;

export function checkCatalog({ after, submission }: Scope): Finding[] {
  const file = layout.tagCatalog;
  if (submission !== undefined && !submission.changes.some((change) => change.file === file)) return [];
  let text: string | undefined;
  try {
    const bytes = after.tree.read(file, limits.configBytes);
    if (bytes === undefined) return [];
    text = Buffer.from(bytes).toString('utf8');
    const catalog = parseTagCatalog(bytes, file);
    const say: Say = (rule, path, message) => finding(rule, { file, path, text }, message);
    return [
      ...checkAliases(catalog, say),
      ...checkCategories(catalog, say),
      ...checkCollections(catalog, new Set(after.names()), say),
    ];
  } catch (error) {
    return [findingOf('catalog/shape', { file, text }, error)];
  }
}

/** One step leads from what authors write to the tag: nobody follows a second one. */
function checkAliases({ aliases }: TagCatalog, say: Say): Finding[] {
  return [...aliases].flatMap(([alias, tag]) => {
    const path = `$.aliases.${alias}`;
    if (slugOf(alias) !== alias || alias === '')
      return [say('catalog/alias', path, `no keyword is looked up as '${alias}', but as '${slugOf(alias)}'`)];
    const next = aliases.get(tag);
    if (next === undefined) return [];
    const circle = circleFrom(alias, aliases);
    if (circle !== undefined)
      return [say('catalog/alias', path, `the aliases go in a circle: ${circle.join(' → ')}`)];
    return [say('catalog/alias', path, `${tag} is an alias itself, of ${next}`)];
  });
}

/** The way from an alias back to it; undefined if it ends, or goes around elsewhere. */
function circleFrom(alias: string, aliases: TagCatalog['aliases']): string[] | undefined {
  const way = [alias];
  const seen = new Set<string>();
  for (let tag = aliases.get(alias); tag !== undefined && !seen.has(tag); tag = aliases.get(tag)) {
    way.push(tag);
    if (tag === alias) return way;
    seen.add(tag);
  }
  return undefined;
}

function checkCategories({ aliases, categories }: TagCatalog, say: Say): Finding[] {
  const slugs = new Set<string>();
  return categories.flatMap(({ slug, tags }, i) => {
    const path = `$.categories[${i}]`;
    const isTwice = slugs.has(slug);
    slugs.add(slug);
    return [
      ...(isTwice ? [say('catalog/category', `${path}.slug`, `another category is called ${slug}`)] : []),
      ...(tags.length === 0 ? [say('catalog/category', `${path}.tags`, 'it has no tags')] : []),
      ...tags.flatMap((tag, j) => {
        const at = `${path}.tags[${j}]`;
        const meant = aliases.get(tag);
        if (meant !== undefined)
          return [say('catalog/category', at, `no module has the tag ${tag}: it is an alias of ${meant}`)];
        return tags.indexOf(tag) < j ? [say('catalog/category', at, `${tag} is named twice`)] : [];
      }),
    ];
  });
}

function checkCollections({ collections }: TagCatalog, known: ReadonlySet<string>, say: Say): Finding[] {
  return collections.flatMap(({ modules }, i) =>
    modules.flatMap((name, j) => {
      const at = `$.collections[${i}].modules[${j}]`;
      if (!known.has(name)) return [say('catalog/module', at, `${name} is not in this registry`)];
      return modules.indexOf(name) < j ? [say('catalog/module', at, `${name} is named twice`)] : [];
    }),
  );
}
