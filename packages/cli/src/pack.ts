/**
 * The code of all commands: chunks of CommonJS in one file, the pack (scripts/pack.mjs). What a command loads is remembered, and
 * compiled at once by V8, whose compiled code is kept as well: to find, read and compile it file by file is most of what a short
 * command costs. The compiled code is run as it is kept: so it is read only where nobody but the user can have written it.
 */
import { fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { userLayout } from '@mlld/format';
import { compiledEngine, setEngineFlags } from '@mlld/lang';
import { type Group, type Kept, kinds, nothing, type Place, readKept, writeKept } from './kept-code.ts';

export interface PackOptions {
  /** The first word of the command: what is kept is kept by it. Undefined: nothing is. */
  readonly word?: string | undefined;
  /** The first word after it that is no flag: the program to run, so that what that one needs is known. */
  readonly about?: string | undefined;
  /** Digest of the pack. V8 looks only at the length of a source, and at its own version and flags. */
  readonly digest: string;
  readonly home: string;
  /** That of a file beside the pack. */
  readonly require: NodeJS.Require;
}

export interface Pack {
  /** What a chunk exports. */
  readonly load: (chunk: string) => unknown;
  /** The engine of JavaScript, if this needed it the last time: it is compiled beside. */
  readonly engine: ReturnType<typeof compiledEngine> | undefined;
  /** To be waited for when `main.js` is loaded. */
  readonly begin: () => Promise<void>;
  /**
   * Remembers what was loaded, if that is more than before, else keeps the compiled code, if it is not. To be called when the
   * work is done.
   */
  readonly keep: (usedEngine: boolean) => void;
}

/** Programs of which a command remembers that they need the engine. */
const mostPrograms = 200;

type Chunk = (module: { exports: unknown }, exports: unknown, require: unknown, url: string) => void;
type Chunks = Readonly<Record<string, Chunk>>;

export function openPack(file: string, { word, about, digest, home, require }: PackOptions): Pack {
  const folder = path.join(home, userLayout.compiled, `${digest}-${process.version}-${process.arch}`);
  const kept = word === undefined ? undefined : path.join(folder, word);
  const before = kept === undefined ? undefined : readKept(kept);
  if (before?.engine) setEngineFlags();
  const program = numberOf(`${currentFolder()}\n${about}`);
  const engine = before?.users.includes(program) ? compiledEngine() : undefined;
  engine?.catch(() => {});
  const source = openSource(file, before?.groups ?? []);
  const loaded = new Map<string, { exports: unknown }>();
  /** How many chunks were loaded when the process waited for the first time. */
  let first = Number.POSITIVE_INFINITY;
  let waits: NodeJS.Immediate | undefined;
  const url = pathToFileURL(file).href;
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(name, module);
    source.chunk(name)(module, module.exports, requireFromChunk, url);
    return module.exports;
  };
  const requireFromChunk = (name: string) => (name.startsWith('./') ? load(name.slice(2)) : require(name));
  return {
    load,
    engine,
    async begin() {
      // Between its steps V8 waits for the event loop to turn, which it does not again before a program's imports are read.
      if (engine !== undefined) await new Promise(setImmediate);
      waits = setImmediate(() => {
        first = loaded.size;
      });
    },
    keep: (usedEngine) => {
      clearImmediate(waits);
      const users = usersNow(before?.users ?? [], program, usedEngine);
      const seen = new Map([...loaded.keys()].map((name, at) => [name, at < first]));
      const now = keptNow(before, { seen, source, users, usedEngine });
      if (kept !== undefined && now !== undefined) writeKept(kept, now);
    },
  };
}

interface Run {
  /** What it loaded: whether before it waited for the first time. */
  readonly seen: ReadonlyMap<string, boolean>;
  readonly source: Source;
  readonly users: readonly number[];
  readonly usedEngine: boolean;
}

/** What is to be kept after a run; undefined if it is what was kept before. */
function keptNow(before: Kept | undefined, { seen, source, users, usedEngine }: Run): Kept | undefined {
  const engine = usedEngine || before?.engine === true;
  const groups = regrouped(before?.groups, seen, source.added);
  if (groups !== undefined) return { groups, engine, users };
  if (engine !== before!.engine) return { groups: before!.groups.map(uncompiled), engine, users };
  const isSame = users === before!.users && !source.hasNewCode();
  return isSame ? undefined : { groups: source.compiled(), engine, users };
}

/** None when somebody removed it. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    return '';
  }
}

/** A short number of a text, the same in each process: of programs no more need be kept. */
function numberOf(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (Math.imul(sum, 31) + text.charCodeAt(i)) | 0;
  return sum;
}

/** The programs that needed the engine when they last ran, this one among them or not; the same list if nothing changed. */
function usersNow(before: readonly number[], program: number, usedEngine: boolean): readonly number[] {
  if (before.includes(program) === usedEngine) return before;
  const others = before.filter((one) => one !== program);
  return usedEngine ? [program, ...others].slice(0, mostPrograms) : others;
}

/**
 * What is to be remembered after a run; undefined if it is what was remembered before. A chunk's group only ever changes to one that
 * is loaded less often, or earlier: so it settles.
 */
function regrouped(
  before: readonly Group[] | undefined,
  loaded: ReadonlyMap<string, boolean>,
  added: readonly Place[],
): readonly Group[] | undefined {
  let isSame = added.length === 0;
  const known = (before ?? []).flatMap(({ always, first, places }) =>
    places.map((place) => {
      const seen = loaded.get(place[0]);
      const now = { place, always: always && seen !== undefined, first: first || seen === true };
      isSame &&= now.always === always && now.first === first;
      return now;
    }),
  );
  if (isSame) return undefined;
  const more = added.map((place) => ({
    place,
    always: before === undefined,
    first: loaded.get(place[0]) === true,
  }));
  const all = [...known, ...more];
  return kinds.map(([always, first]) => {
    const own = all.filter((one) => one.always === always && one.first === first);
    return { always, first, places: own.map(({ place }) => place), compiled: nothing };
  });
}

function uncompiled(group: Group): Group {
  return { ...group, compiled: nothing };
}

// ---- from the pack to functions

interface Source {
  readonly chunk: (name: string) => Chunk;
  /** Chunks that are in no group and were needed. */
  readonly added: readonly Place[];
  /** Whether V8 compiled a group anew. */
  readonly hasNewCode: () => boolean;
  readonly compiled: () => Kept['groups'];
}

function openSource(file: string, groups: readonly Group[]): Source {
  // Open to the end, so that a newer pack in its place changes nothing.
  const pack = openSync(file, 'r');
  const added: Place[] = [];
  const chunks = new Map<string, Chunk>();
  const scripts = new Map<Group, Script>();
  const groupOf = new Map(groups.flatMap((group) => group.places.map(([name]) => [name, group])));
  let table: ReadonlyMap<string, Place> | undefined;
  const compile = ({ places, compiled }: Pick<Group, 'places' | 'compiled'>): Script => {
    const script = new Script(`({${places.map((place) => asMember(pack, place)).join(',')}})`, {
      filename: file,
      ...(compiled.length === 0 ? {} : { cachedData: compiled }),
    });
    for (const [name, chunk] of Object.entries(script.runInThisContext() as Chunks)) chunks.set(name, chunk);
    return script;
  };
  const compileAlone = (name: string) => {
    table ??= new Map(readTable(pack).map((place) => [place[0], place]));
    const place = table.get(name);
    if (place === undefined) throw new Error(`${file} has no chunk '${name}'`);
    added.push(place);
    compile({ places: [place], compiled: nothing });
  };
  const isNew = (group: Group) =>
    scripts.has(group) && (group.compiled.length === 0 || scripts.get(group)?.cachedDataRejected === true);
  const asCompiled = (group: Group): Group =>
    isNew(group) ? { ...group, compiled: scripts.get(group)!.createCachedData() } : group;
  return {
    added,
    chunk: (name) => {
      const group = groupOf.get(name);
      if (group === undefined) compileAlone(name);
      else if (!scripts.has(group)) scripts.set(group, compile(group));
      return chunks.get(name)!;
    },
    hasNewCode: () => groups.some(isNew),
    compiled: () => groups.map(asCompiled),
  };
}

function asMember(pack: number, [name, at, length]: Place): string {
  const code = Buffer.allocUnsafe(length);
  if (readSync(pack, code, 0, length, at) !== length) throw new Error(`${name}: the pack is cut short`);
  return `${JSON.stringify(name)}:function(module,exports,require,importMetaUrl){${code.toString('latin1')}\n}`;
}

function readTable(pack: number): Place[] {
  const bytes = Buffer.allocUnsafe(fstatSync(pack).size);
  const read = readSync(pack, bytes, 0, bytes.length, 0);
  const start = bytes.subarray(0, read).indexOf('\n') + 1;
  const table = JSON.parse(bytes.toString('latin1', 0, start)) as Place[];
  return table.map(([name, at, length]) => [name, start + at, length]);
}
