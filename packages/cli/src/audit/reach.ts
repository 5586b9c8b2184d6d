/**
 * Which exports of locked modules a program can reach (docs/spec/advisories.md §10.3). It leans to one side: what can't be told counts
 * as reached. A module that is imported brings in all that it imports itself, whether the program calls that part of it or not.
 */
import {
  besideKey,
  type Lock,
  type LockedModule,
  type ModuleName,
  parseRef,
  RegistryError,
} from '@mlld/format';
import { analyse, type ImportInfo } from '@mlld/lang';
import { isMlld, type Programs } from './programs.ts';

/** Names of exports; `*` stands for all of them. */
type Exports = Set<string>;

export interface Reach {
  /** Why a vulnerable export of a locked version may be reached; undefined if it is not. No exports: all of the module. */
  reaches(
    of: { readonly name: ModuleName; readonly version: string },
    exports: readonly string[],
  ): string | undefined;
  /** Files that could not be read whole: for their sake everything counts as reached. */
  readonly unread: readonly string[];
}

export interface ReachInput {
  readonly programs: Programs;
  readonly lock: Lock;
  /** Files of a locked version; undefined where they are not at hand. */
  readonly files: (locked: LockedModule) => Promise<ReadonlyMap<string, Uint8Array> | undefined>;
}

export async function reachOf({ programs, lock, files }: ReachInput): Promise<Reach> {
  const reached: Reached = new Map();
  const unread = [...programs.unread];
  for (const { file, text } of programs.files) {
    for (const one of await importsOf(text, { file, unread }))
      for (const locked of ownVersions(lock, one)) take(reached, locked, { ...one, by: file });
  }
  // Grows while it is walked: what is imported imports others.
  for (const { locked } of reached.values()) {
    const of = besideKey(locked.name, locked.version);
    const found = await files(locked);
    if (found === undefined) unread.push(of);
    for (const [file, bytes] of found ?? []) {
      if (!isMlld(file)) continue;
      const imports = await importsOf(new TextDecoder().decode(bytes), { file: `${of}/${file}`, unread });
      for (const one of imports) take(reached, pinned(lock, locked, one), { ...one, by: of });
    }
  }
  return { unread, reaches: (of, exports) => reasonFor(reached, { ...of, exports, unread }) };
}

type Reached = Map<string, { readonly locked: LockedModule; readonly exports: Exports; readonly by: string }>;

function take(
  reached: Reached,
  locked: LockedModule | undefined,
  { names, by }: Pick<ImportInfo, 'names'> & { readonly by: string },
): void {
  if (locked === undefined) return;
  const key = besideKey(locked.name, locked.version);
  const entry = reached.get(key) ?? { locked, exports: new Set<string>(), by };
  for (const name of names.length === 0 ? ['*'] : names.map((one) => one.name)) entry.exports.add(name);
  reached.set(key, entry);
}

interface Asked {
  readonly name: ModuleName;
  readonly version: string;
  readonly exports: readonly string[];
  readonly unread: readonly string[];
}

function reasonFor(reached: Reached, { name, version, exports, unread }: Asked): string | undefined {
  const untold = unread.length === 0 ? undefined : `${unread[0]} could not be read whole`;
  const entry = reached.get(besideKey(name, version));
  if (entry === undefined) return untold;
  if (exports.length === 0) return `imported by ${entry.by}`;
  if (entry.exports.has('*')) return `imported whole by ${entry.by}`;
  const used = exports.filter((one) => entry.exports.has(one));
  return used.length > 0 ? `${used.map((one) => `@${one}`).join(', ')} imported by ${entry.by}` : untold;
}

/** The imports of registry modules. A file with mistakes may have others. */
async function importsOf(
  text: string,
  { file, unread }: { readonly file: string; readonly unread: string[] },
): Promise<ImportInfo[]> {
  const { imports, diagnostics } = await analyse(text, { file });
  if (diagnostics.some(({ code }) => unreadable.has(code))) unread.push(file);
  return imports.filter(({ ref }) => /^@[^/]+\/./.test(ref));
}

const unreadable: ReadonlySet<string> = new Set([
  'SYNTAX',
  'UNCLOSED',
  'NESTING_TOO_DEEP',
  'SOURCE_TOO_LONG',
  'TOO_MANY_ERRORS',
]);

/** What an import of the program means: the version under its own name, or one beside it; both, if that can't be told. */
function ownVersions({ modules }: Lock, { ref }: ImportInfo): LockedModule[] {
  const parsed = parsedRef(ref);
  if (parsed === undefined) return [];
  const { name, selector } = parsed;
  const exact = selector.kind === 'exact' ? modules.get(besideKey(name, selector.version)) : undefined;
  if (exact !== undefined) return [exact];
  const own = modules.get(name);
  if (own !== undefined && selector.kind === 'any') return [own];
  return [...modules.values()].filter((one) => one.name === name);
}

function pinned(lock: Lock, { imports }: LockedModule, { ref }: ImportInfo): LockedModule | undefined {
  const name = parsedRef(ref)?.name;
  const version = name === undefined ? undefined : imports.get(name);
  return [...lock.modules.values()].find((one) => one.name === name && one.version === version);
}

function parsedRef(ref: string) {
  try {
    return parseRef(ref);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}
