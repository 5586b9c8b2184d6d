/**
 * The code of all commands: chunks of CommonJS in one file, the pack (scripts/pack.mjs). What a command loads is remembered, and
 * compiled at once by V8, whose compiled code is kept as well: to find, read and compile it file by file is most of what a short
 * command costs. The compiled code is run as it is kept: so it is read only where nobody but the user can have written it.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { userLayout } from '@mlld/format';
import { setEngineFlags } from '@mlld/lang';

export interface PackOptions {
  /** The first word of the command: what is kept is kept by it. Undefined: nothing is. */
  readonly word: string | undefined;
  /** Digest of the pack. V8 looks only at the length of a source, and at its own version and flags. */
  readonly digest: string;
  readonly home: string;
  /** That of a file beside the pack. */
  readonly require: NodeJS.Require;
}

export interface Pack {
  /** What a chunk exports. */
  readonly load: (chunk: string) => unknown;
  /**
   * Remembers what was loaded, if that is more than before, else keeps the compiled code, if it is not. To be called when the
   * work is done.
   */
  readonly keep: (usedEngine: boolean) => void;
}

/** A chunk, where it starts in the pack and its length in bytes. */
type Place = readonly [chunk: string, at: number, length: number];

/** Chunks that are compiled as one script. */
interface Group {
  readonly places: readonly Place[];
  /** What V8 made of it; empty: nothing yet. */
  readonly compiled: Buffer;
}

interface Kept {
  /** What every run of the command loaded, and what some did: `mlld run` needs a network once. */
  readonly groups: readonly [always: Group, sometimes: Group];
  /** With the flags of the JavaScript engine, under which alone V8 takes what is compiled. */
  readonly engine: boolean;
}

type Chunk = (module: { exports: unknown }, exports: unknown, require: unknown, url: string) => void;
type Chunks = Readonly<Record<string, Chunk>>;

const nothing: Group = { places: [], compiled: Buffer.alloc(0) };

export function openPack(file: string, { word, digest, home, require }: PackOptions): Pack {
  const folder = path.join(home, userLayout.compiled, `${digest}-${process.version}-${process.arch}`);
  const before = word === undefined ? undefined : readKept(path.join(folder, word));
  if (before?.engine) setEngineFlags();
  const source = openSource(file, before?.groups ?? []);
  const loaded = new Map<string, { exports: unknown }>();
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
    keep: (usedEngine) => {
      if (word === undefined) return;
      const engine = usedEngine || before?.engine === true;
      const groups = regrouped(before?.groups, new Set(loaded.keys()), source.added);
      if (groups !== undefined || engine !== before?.engine)
        writeKept(path.join(folder, word), { groups: groups ?? uncompiled(before!.groups), engine });
      else if (source.hasNewCode()) writeKept(path.join(folder, word), { groups: source.compiled(), engine });
    },
  };
}

/** What is to be remembered after a run; undefined if it is what was remembered before. */
function regrouped(
  before: Kept['groups'] | undefined,
  loaded: ReadonlySet<string>,
  added: readonly Place[],
): Kept['groups'] | undefined {
  if (before === undefined) return uncompiled([{ ...nothing, places: added }, nothing]);
  const [always, sometimes] = before;
  const isLoaded = ([name]: Place) => loaded.has(name);
  const left = always.places.filter((place) => !isLoaded(place));
  if (added.length === 0 && left.length === 0) return undefined;
  return uncompiled([
    { ...always, places: always.places.filter(isLoaded) },
    { ...sometimes, places: [...sometimes.places, ...left, ...added] },
  ]);
}

function uncompiled([always, sometimes]: Kept['groups']): Kept['groups'] {
  return [
    { ...always, compiled: nothing.compiled },
    { ...sometimes, compiled: nothing.compiled },
  ];
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
  const compile = ({ places, compiled }: Group): Script => {
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
    compile({ ...nothing, places: [place] });
  };
  const isNew = (group: Group) =>
    scripts.has(group) && (group.compiled.length === 0 || scripts.get(group)?.cachedDataRejected === true);
  const asCompiled = (group: Group = nothing): Group =>
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
    compiled: () => [asCompiled(groups[0]), asCompiled(groups[1])],
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

// ---- what is kept: the length of a line of JSON in four bytes, that line, the compiled code of the groups

interface Line {
  readonly groups: readonly (readonly [places: readonly Place[], compiledLength: number])[];
  readonly engine: boolean;
}

function readKept(file: string): Kept | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    // The content of a file that others neither own nor can write to.
    const { uid, mode } = fstatSync(opened);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(opened);
    let at = 4 + bytes.readUInt32LE(0);
    const { groups, engine } = JSON.parse(bytes.toString('utf8', 4, at)) as Line;
    const [always = nothing, sometimes = nothing] = groups.map(([places, length]) => {
      at += length;
      return { places, compiled: bytes.subarray(at - length, at) };
    });
    return { groups: [always, sometimes], engine };
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** What other versions kept, and have not written to for two weeks, is of no use any more. */
function removeUnused(home: string): void {
  for (const name of readdirSync(home)) {
    const folder = path.join(home, name);
    if (Date.now() - statSync(folder).mtimeMs > 14 * 24 * 3_600_000)
      rmSync(folder, { recursive: true, force: true });
  }
}

/** A home that can't be written to costs no more than the time that this would save. */
function writeKept(file: string, { groups, engine }: Kept): void {
  const folder = path.dirname(file);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeUnused(path.dirname(folder));
    const line: Line = { groups: groups.map(({ places, compiled }) => [places, compiled.length]), engine };
    const text = Buffer.from(JSON.stringify(line));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const code = groups.map(({ compiled }) => compiled);
    writeFileSync(temporary, Buffer.concat([length, text, ...code]), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    // The next run tries again.
  }
}
