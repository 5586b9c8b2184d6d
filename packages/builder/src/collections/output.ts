/** Lists of modules that people recommend, in a distribution (docs/spec/statements.md §12): the statements, and one file of the newest. */
import { type Author, type Collection, encodeCollectionsFile, layout, limits } from '@mlld/format';
import { newestOf } from '../community/module.ts';
import type { Changed, EarlyFacts, Output, OutputFile } from '../outputs/output.ts';
import type { SaidStatement } from '../repository/statements.ts';

const folder = 'collections';

export const collections: Output = {
  name: 'collections',
  version: 1,
  owns: [`${folder}/`],
  reads: [folder],
  early: async (facts, changed) => ({ files: filesOf(facts, changed) }),
};

function filesOf(facts: EarlyFacts, changed: Changed): OutputFile[] {
  const { statements, rows } = facts;
  const said = changed.all
    ? statements.list(folder)
    : [...changed.paths].filter((file) => file.startsWith(`${folder}/`));
  const isOther = [...changed.authors].some((author) => rows.get(author) !== undefined);
  if (!changed.all && said.length === 0 && !isOther) return [];
  const copies = said.flatMap((file): OutputFile[] => {
    const one = statements.read(file);
    return [
      [file, one?.text],
      [layout.signature(file), one?.signatures.join('')],
    ];
  });
  return [...copies, [layout.collections, listOf(facts)]];
}

/** Undefined where there are none. */
function listOf({ statements, repository, rows }: EarlyFacts): string | undefined {
  const shown = newestCollections({ statements });
  for (const [key] of [...rows.entries()]) rows.delete(key);
  if (shown.length === 0) return undefined;
  const people = [...new Set(shown.map(({ said }) => said.by))];
  for (const by of people) rows.set(by, 'made one');
  return encodeCollectionsFile({
    v: 1,
    collections: shown.map(({ text, signatures }) => ({ statement: text, signatures })),
    keysets: new Map(people.map((by: Author) => [by, repository.keysOf(by).chain])),
  });
}

type SaidCollection = SaidStatement & { readonly said: Collection };

/** Those that are not taken back, by their paths. */
export function newestCollections({ statements }: Pick<EarlyFacts, 'statements'>): SaidCollection[] {
  return [...newestOf(statements, folder, 'collection').values()]
    .sort()
    .flatMap((file) => {
      const one = statements.read(file);
      return one?.said.type === 'collection' && one.said.modules.length > 0
        ? [{ ...one, said: one.said }]
        : [];
    })
    .slice(0, limits.collectionsListed);
}
