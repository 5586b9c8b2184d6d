/**
 * What people say, in a distribution (docs/spec/reputation.md §6–§8): the statements as they were signed, a file a module and a file
 * a person for clients, and in line 1 of the index what all of it counts by the registry's own reviewers.
 */
import {
  type Author,
  type CommunityHint,
  isModuleName,
  layout,
  type ModuleName,
  moduleName,
} from '@mlld/format';
import { type Reach, reach, sha256, standingOf, type TrustEdge, walkTrust } from '@mlld/trust';
import type { Changed, Early, EarlyFacts, HeaderNotes, Output, OutputFile } from '../outputs/output.ts';
import { hintOf, type ModuleRow, makeModule, type Stars } from './module.ts';
import { makePerson } from './person.ts';

/** Folders of the repository, copied as they are. */
const folders = ['reviews', 'trust', 'stars', 'reports', 'transfers'] as const;

export const community: Output = {
  name: 'community',
  version: 2,
  owns: [...folders.map((folder) => `${folder}/`), 'community/'],
  reads: folders,
  early: async (facts, changed) => {
    const paths = changed.all
      ? folders.flatMap((folder) => facts.statements.list(folder))
      : [...changed.paths];
    const said = paths.filter((file) => folders.some((folder) => file.startsWith(`${folder}/`)));
    const files = [
      ...said.flatMap((file) => copied(file, facts)),
      ...peopleOf(said, facts, changed),
      ...modulesOf(said, facts, changed),
    ];
    return { files, notes: await notesOf(facts) } satisfies Early;
  },
};

function copied(file: string, { statements }: EarlyFacts): OutputFile[] {
  const one = statements.read(file);
  return [
    [file, one?.text],
    [layout.signature(file), one?.signatures.join('')],
  ];
}

/** Files of the people who said something else, or whose keys changed. */
function peopleOf(said: readonly string[], facts: EarlyFacts, { authors }: Changed): OutputFile[] {
  const { rows } = facts;
  const people = new Set(
    said.flatMap((file) => (file.startsWith('trust/') ? (file.split('/')[1] ?? []) : [])),
  );
  for (const author of authors) if (rows.get(`trusts ${author}`) !== undefined) people.add(author);
  return [...people].sort().map((by): OutputFile => {
    const made = makePerson(by as Author, facts);
    put(
      rows,
      `trusts ${by}`,
      made?.edges.map(({ about, level }) => [about, level]),
    );
    return [layout.trusts(by as Author), made?.text];
  });
}

/** Files of the modules of which something else is said, or that changed themselves, or whose reviewers' keys did. */
function modulesOf(said: readonly string[], facts: EarlyFacts, { modules, authors }: Changed): OutputFile[] {
  const { rows } = facts;
  const names = new Set<string>();
  for (const file of said) {
    const name = moduleOf(file);
    if (name === undefined) continue;
    names.add(name);
    if (file.startsWith('stars/')) noteStar(file, name, facts);
  }
  for (const name of modules) if (isSpokenOf(name, facts)) names.add(name);
  for (const author of authors)
    for (const name of kept<string[]>(rows.get(`reviewed-by ${author}`)) ?? []) names.add(name);
  return [...names].sort().map((text): OutputFile => {
    const name = text as ModuleName;
    const made = makeModule(name, kept<Stars>(rows.get(`stars ${name}`)) ?? [], facts);
    put(rows, `module ${name}`, made?.row);
    // Weighed anew below.
    rows.delete(`hint ${name}`);
    for (const { by } of made?.row.reviews ?? []) {
      const key = `reviewed-by ${by}`;
      put(rows, key, [...new Set([...(kept<string[]>(rows.get(key)) ?? []), name])].sort());
    }
    return [layout.community(name), made?.text];
  });
}

type Rows = EarlyFacts['rows'];

function isSpokenOf(name: ModuleName, { rows, statements }: EarlyFacts): boolean {
  const isKept = rows.get(`module ${name}`) !== undefined || rows.get(`stars ${name}`) !== undefined;
  return isKept || statements.list(`reviews/${name.slice(1)}`).length > 0;
}

/** The module that a review, a star or a report is about. */
function moduleOf(file: string): ModuleName | undefined {
  const [, name] =
    /^reviews\/([^/]+\/[^/]+)\//.exec(file) ??
    /^stars\/[^/]+\/([^/]+\/[^/]+)\//.exec(file) ??
    /^reports\/modules\/([^/]+\/[^/]+)\//.exec(file) ??
    [];
  return name !== undefined && isModuleName(`@${name}`) ? (`@${name}` as ModuleName) : undefined;
}

/** Whether this person likes the module now, by their newest star. */
function noteStar(file: string, name: ModuleName, { statements, rows }: EarlyFacts): void {
  const by = file.split('/')[1] as Author;
  const stars = new Map(kept<Stars>(rows.get(`stars ${name}`)) ?? []);
  const folder = file.slice(0, file.lastIndexOf('/'));
  let newest: { readonly n: number; readonly starred: boolean; readonly at: string } | undefined;
  for (const one of statements.list(folder)) {
    const said = statements.read(one)?.said;
    if (said?.type === 'star' && said.n > (newest?.n ?? 0)) newest = said;
  }
  if (newest?.starred === true) stars.set(by, newest.at);
  else stars.delete(by);
  put(rows, `stars ${name}`, stars.size === 0 ? undefined : [...stars].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What line 1 of each index says. Weighed anew for all only when who is heard has changed. */
async function notesOf(facts: EarlyFacts): Promise<ReadonlyMap<ModuleName, HeaderNotes>> {
  const { rows, policy, repository } = facts;
  const roots = policy?.reviewers ?? [];
  const edges = await walkTrust(roots, (people) => new Map(people.map((by) => [by, edgesOf(by, rows)])));
  const graph = reach(roots, edges);
  const graphHash = sha256(JSON.stringify([roots, edges]));
  const isSame = rows.get('graph') === graphHash;
  if (!isSame) rows.set('graph', graphHash);
  const notes = new Map<ModuleName, HeaderNotes>();
  const names = [...rows.entries()].flatMap(([key]) => (key.startsWith('module ') ? key.slice(7) : []));
  for (const name of names.sort() as ModuleName[]) {
    const known = isSame ? kept<CommunityHint>(rows.get(`hint ${name}`)) : undefined;
    const hint = known ?? hintOf(kept<ModuleRow>(rows.get(`module ${name}`))!, graph);
    if (known === undefined) put(rows, `hint ${name}`, hint);
    notes.set(name, { community: hint });
  }
  for (const [name, standing] of standings(graph, repository.tree))
    notes.set(name, { ...notes.get(name), standing });
  return notes;
}

function edgesOf(by: Author, rows: Rows): TrustEdge[] {
  const edges = kept<[Author, TrustEdge['level']][]>(rows.get(`trusts ${by}`)) ?? [];
  return edges.map(([about, level]) => ({ by, about, level }));
}

/** Of the modules of everyone who is reached or banned. */
function* standings(
  graph: Reach,
  tree: EarlyFacts['repository']['tree'],
): Generator<readonly [ModuleName, NonNullable<HeaderNotes['standing']>]> {
  for (const person of [...new Set([...graph.distance.keys(), ...graph.banned])].sort()) {
    for (const { name, kind } of tree.list(`modules/${person}`)) {
      if (kind === 'folder' && isModuleName(`@${person}/${name}`))
        yield [moduleName(person, name), standingOf(graph, person)];
    }
  }
}

function kept<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function put(rows: Rows, key: string, value: unknown): void {
  if (value === undefined) rows.delete(key);
  else rows.set(key, JSON.stringify(value));
}
