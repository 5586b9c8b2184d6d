import { moduleKinds, RegistryError } from '@mlld/format';
import {
  explain,
  explainLike,
  type LikeAnswer,
  type LikeOptions,
  type Search,
  type SearchAnswer,
  type SearchOptions,
  sorts,
} from '@mlld/search';
import { withClient } from '../client.ts';
import { type Context, clientFlags, defineCommand } from '../command.ts';
import { embedderOf } from '../embed-query.ts';
import { output } from '../output.ts';
import type { Report } from '../report.ts';
import { meaningText, printExplained, printHits, printLikedHits, printNotes } from '../search-report.ts';

const flags = {
  ...clientFlags,
  limit: { type: 'string', short: 'n', value: 'number', about: 'How many modules to show (20)' },
  kind: {
    type: 'string',
    short: 'k',
    value: moduleKinds.join('|'),
    choices: moduleKinds,
    about: 'Only modules of this kind',
  },
  category: { type: 'string', value: 'name', about: 'Only modules of this category' },
  sort: { type: 'string', value: sorts.join('|'), choices: sorts, about: 'Order of the modules (relevance)' },
  facets: { type: 'boolean', about: 'Also count what was found by kind, need, licence, …' },
  explain: { type: 'boolean', about: 'Show why each module stands where it does' },
  like: { type: 'boolean', about: 'Ask by meaning: a question in your own words' },
  refresh: { type: 'boolean', about: 'Ask the registry for its newest index first' },
} as const;

export const command = defineCommand({
  args: [{ name: 'query', optional: true, rest: true }],
  flags,
  details: `
Finds modules in a copy of the registry's index in the cache, which is brought up to date when it is older than ten
minutes. On a terminal without a query: a list that follows what you type; Tab asks by meaning.

With --like, the hits of the words and the modules whose documentation is nearest to the question are put together by
their places. What the nearness comes from is the registry's choice and is printed; by default it is learnt from which
words stand together in its modules, and is no model of the language. Properties narrow a question too.

  mlld search split text             both words
  mlld search padStart               the module that exports it
  mlld search json -schema needs:js  without a word; by a property
  mlld search --kind theme           all of a kind
  mlld search --sort trending        what is installed more than it was
  mlld search --like "split a text into sentences"
  mlld search '"wrap text" score:>70 updated:<6m is:signed'

Properties: author: kind: needs: tag: licence: exports: depends: name: about: category: updated: score: quality:
is:signed|reviewed|safe|deprecated|yanked; for the order sort:updated|score|quality|trending. Put -- in front of a
query that begins with a minus.`,
  async run(context) {
    const { args, report } = context;
    const query = [args.join(' '), ...filtersOf(context.flags)].join(' ').trim();
    const options = optionsOf(context.flags);
    return withClient(context, async (client) => {
      const progress = report.progress('');
      const search = await client
        .search({
          refresh: context.flags.refresh,
          embed: embedderOf(context.env),
          onDownload: (what) => progress.update(`Downloading ${what} …`),
        })
        .finally(() => progress.done());
      const isAsked = query !== '' || context.flags.sort !== undefined;
      if (!isAsked && canBrowse(context)) return browseOn(report, search);
      if (!isAsked) throw new RegistryError('USAGE', 'mlld search: wanted words to look for');
      if (context.flags.like) {
        const liked = await search.like(query, likeOptionsOf(options));
        if (context.flags.json) report.json({ registry: search.registry, ...liked });
        else printLiked(report, liked, { ...context.flags, query });
        return liked.total === 0 ? 1 : 0;
      }
      const answer = await search.search(query, options);
      if (context.flags.json) report.json({ registry: search.registry, ...answer });
      else print(report, answer, { ...context.flags, query });
      return answer.total === 0 ? 1 : 0;
    });
  },
});

function likeOptionsOf({ limit, sort, facets }: SearchOptions): LikeOptions {
  if (sort !== undefined && sort !== 'relevance')
    throw new RegistryError(
      'USAGE',
      `mlld search --like: its order is how near modules are, not --sort ${sort}`,
    );
  return { ...(limit === undefined ? {} : { limit }), ...(facets === undefined ? {} : { facets }) };
}

function printLiked(
  report: Report,
  answer: LikeAnswer,
  { query, explain: isExplained }: { query: string; explain: boolean },
): void {
  printNotes(report, answer);
  if (answer.meaning !== undefined) report.note(`Compared by words, and by ${meaningText(answer.meaning)}.`);
  if (answer.hits.length === 0) {
    report.note(`Nothing is like '${query}'.`);
    return;
  }
  if (!isExplained) printLikedHits(report, answer.hits);
  for (const hit of isExplained ? answer.hits : []) printExplained(report, hit.record, explainLike(hit));
  printFacets(report, answer.facets);
}

/** @returns the exit status */
async function browseOn(report: Report, search: Pick<Search, 'search' | 'like'>): Promise<number> {
  const { browse } = await import('../search-browse.ts');
  const { chosen, interrupted } = await browse(search);
  if (chosen !== undefined) report.print(chosen);
  return interrupted ? 130 : 0;
}

function canBrowse({
  flags: { json },
  interactive,
}: Pick<Context<typeof flags>, 'flags' | 'interactive'>): boolean {
  return !json && output.stdout.isTTY === true && interactive;
}

/** What the flags say, as the query language says it. @throws RegistryError USAGE */
function filtersOf({ kind, category }: Context<typeof flags>['flags']): string[] {
  if (kind !== undefined && !(moduleKinds as readonly string[]).includes(kind))
    throw new RegistryError('USAGE', `mlld search --kind: wanted ${moduleKinds.join(', ')}, found '${kind}'`);
  const filters = [
    kind === undefined ? '' : `kind:${kind}`,
    category === undefined ? '' : `category:"${category.replaceAll('"', '')}"`,
  ];
  return filters.filter((one) => one !== '');
}

function optionsOf(given: Context<typeof flags>['flags']): SearchOptions {
  const limit = given.limit === undefined ? 20 : Number(given.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > 100)
    throw new RegistryError('USAGE', `mlld search --limit: wanted 1 to 100, found '${given.limit}'`);
  const sort = sorts.find((one) => one === (given.sort ?? 'relevance'));
  if (sort === undefined)
    throw new RegistryError('USAGE', `mlld search --sort: wanted ${sorts.join(', ')}, found '${given.sort}'`);
  return { limit, sort, facets: given.facets };
}

function print(
  report: Report,
  answer: SearchAnswer,
  { query, explain: isExplained }: { query: string; explain: boolean },
): void {
  printNotes(report, answer);
  const { hits, total, facets } = answer;
  if (hits.length === 0) {
    report.note(`No module fits '${query}'.`);
    return;
  }
  if (isExplained) {
    for (const hit of hits) printExplained(report, hit.record, explain(hit));
  } else {
    printHits(
      report,
      hits.map(({ record }) => record),
    );
  }
  printFacets(report, facets);
  if (total > hits.length) report.note(`${total - hits.length} more (--limit, or more words)`);
}

function printFacets(report: Report, facets: SearchAnswer['facets']): void {
  for (const [name, values] of Object.entries(facets ?? {}))
    if (values.length > 0)
      report.print(
        `${name}: ${values.map(({ value, count }: { value: string; count: number }) => `${value} ${count}`).join(', ')}`,
      );
}
