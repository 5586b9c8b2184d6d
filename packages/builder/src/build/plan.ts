/** Which modules a build renders. */
import { existsSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { layout, type ModuleName, parseRegistryInfo, RegistryError } from '@mlld/format';
import { readRegularFile } from '../repository/tree.ts';
import type { Intent } from './lock.ts';
import type { Scan } from './scan.ts';
import { cell, column, link, listIn, type ModuleState, type State, words } from './state.ts';
import { temporaryFolder } from './writer.ts';

export interface Plan {
  readonly modules: ReadonlySet<ModuleName>;
  readonly authors: ReadonlySet<string>;
  /** Paths of statements that are about no module. */
  readonly others: ReadonlySet<string>;
}

export interface PlanInput {
  readonly out: string;
  readonly engine: string;
  readonly state: State | undefined;
  readonly intent: Intent | 'all' | undefined;
  readonly scan: Scan;
}

/** Above this share of all modules, everything is rendered: the files that were taken away are then found by looking. */
const most = 0.25;

/** Undefined where everything has to be rendered. */
export async function planChanges({
  out,
  engine,
  state,
  intent,
  scan,
}: PlanInput): Promise<Plan | undefined> {
  if (state === undefined || state.header.engine !== engine || intent === 'all') return undefined;
  if (intent === undefined && !aggregatesAreThere(out, state)) return undefined;
  const changed = await scan.changedSince(state);
  if (changed === undefined) return undefined;
  const authors = new Set([...changed.authors, ...(intent?.authors ?? [])]);
  const modules = new Set([...changed.modules, ...(intent?.modules ?? [])]);
  for (const author of authors) for (const name of having(state, author, link.signers)) modules.add(name);
  return modules.size > Math.max(100, state.modules.size * most)
    ? undefined
    : { modules, authors, others: changed.others };
}

/** Modules that depend on what a word names. */
function* having({ links }: State, word: string, index: number): Generator<ModuleName> {
  for (const name of links.having(word) as Iterable<ModuleName>)
    if (words(cell(links.get(name) ?? '', index)).includes(word)) yield name;
}

function aggregatesAreThere(out: string, state: State): boolean {
  const { aggregates } = state.header;
  return Object.entries(aggregates).every(([file, mark]) => markOf(path.join(out, file)) === mark);
}

/** What tells whether a file is still the one that was written. */
export function markOf(file: string): string {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  return `${stat?.size} ${stat?.mtimeMs}`;
}

/** Modules with versions whose sources were not reached. */
export function pendingModules(state: State): ModuleName[] {
  const found: ModuleName[] = [];
  for (const [name, row] of state.modules.entries()) {
    const [, , , unreachable = 0, unchecked = 0] = words(cell(row, column.counts)).map(Number);
    if (unreachable + unchecked > 0) found.push(name as ModuleName);
  }
  return found;
}

/**
 * Modules whose closures a change elsewhere may have altered: they looked up a changed module, and have a release that
 * came after the earliest thing that changed there. After a common publish there are none.
 */
export function dependentsOf(
  state: State,
  fresh: ReadonlyMap<ModuleName, Pick<ModuleState, 'events'> | undefined>,
): Set<ModuleName> {
  const found = new Set<ModuleName>();
  for (const [name, after] of fresh) {
    const row = state.modules.get(name);
    const earliest = earliestChange(
      listIn(row === undefined ? '' : cell(row, column.events)),
      after?.events ?? [],
    );
    if (earliest === undefined) continue;
    for (const one of having(state, name, link.consulted))
      if (!fresh.has(one) && earliest < cell(state.links.get(one) ?? '', link.lastKey)) found.add(one);
  }
  return found;
}

type Events = ModuleState['events'];

function earliestChange(before: Events, after: Events): string | undefined {
  const text = ([key, hash]: Events[number]) => `${key}\n${hash}`;
  const known = new Set(before.map(text));
  const now = new Set(after.map(text));
  const changed = [
    ...before.filter((one) => !now.has(text(one))),
    ...after.filter((one) => !known.has(text(one))),
  ];
  return changed.map(([key]) => key).sort()[0];
}

/** Refuses to write into a folder with other things in it. @throws RegistryError USAGE */
export function assertDistribution(out: string): void {
  if (!existsSync(out)) return;
  if (readdirSync(out).every((name) => name === temporaryFolder)) return;
  try {
    const bytes = readRegularFile(path.join(out, layout.registry), 1024 * 1024);
    if (bytes !== undefined) parseRegistryInfo(bytes);
    if (bytes !== undefined && !existsSync(path.join(out, '.git'))) return;
  } catch {
    // What stands there is no distribution: the error below says so.
  }
  throw new RegistryError('USAGE', `${out}: the folder is not empty and holds no distribution`, {
    hint: 'Choose an empty folder for --out, or one that an earlier build has made.',
  });
}
