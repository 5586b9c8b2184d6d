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

interface Kept {
  readonly places: readonly Place[];
  /** Empty: not compiled yet. */
  readonly compiled: Buffer;
  /** With the flags of the JavaScript engine, under which alone V8 takes it. */
  readonly engine: boolean;
}

type Chunk = (module: { exports: unknown }, exports: unknown, require: unknown, url: string) => void;

export function openPack(file: string, { word, digest, home, require }: PackOptions): Pack {
  const folder = path.join(home, userLayout.compiled, `${digest}-${process.version}-${process.arch}`);
  const before = word === undefined ? undefined : readKept(path.join(folder, word));
  // Open to the end, so that a newer pack in its place changes nothing.
  const pack = openSync(file, 'r');
  if (before?.engine) setEngineFlags();
  const script = before && compiledAtOnce(pack, file, before);
  const chunks = new Map(script === undefined ? [] : Object.entries(script.runInThisContext() as Chunks));
  const added: Place[] = [];
  let table: ReadonlyMap<string, Place> | undefined;
  const compiledAlone = (name: string): Chunk => {
    table ??= new Map(readTable(pack).map((place) => [place[0], place]));
    const place = table.get(name);
    if (place === undefined) throw new Error(`${file} has no chunk '${name}'`);
    added.push(place);
    const one = new Script(`({${asMember(pack, place)}})`, { filename: file });
    return (one.runInThisContext() as Chunks)[name]!;
  };
  const loaded = new Map<string, { exports: unknown }>();
  const url = pathToFileURL(file).href;
  const load = (name: string): unknown => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} as unknown };
    loaded.set(name, module);
    (chunks.get(name) ?? compiledAlone(name))(module, module.exports, requireFromChunk, url);
    return module.exports;
  };
  const requireFromChunk = (name: string) => (name.startsWith('./') ? load(name.slice(2)) : require(name));
  return {
    load,
    keep: (usedEngine) => {
      if (word === undefined) return;
      const { places = [], compiled, engine = false } = before ?? {};
      const target = path.join(folder, word);
      if (added.length > 0 || script === undefined || (usedEngine && !engine)) {
        const kept = { places: [...places, ...added], compiled: Buffer.alloc(0) };
        writeKept(target, { ...kept, engine: engine || usedEngine });
      } else if (compiled?.length === 0 || script.cachedDataRejected)
        writeKept(target, { places, compiled: script.createCachedData(), engine });
    },
  };
}

type Chunks = Readonly<Record<string, Chunk>>;

function compiledAtOnce(pack: number, file: string, { places, compiled }: Kept): Script {
  return new Script(`({${places.map((place) => asMember(pack, place)).join(',')}})`, {
    filename: file,
    ...(compiled.length === 0 ? {} : { cachedData: compiled }),
  });
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

// ---- what is kept: the length of a line of JSON in four bytes, that line, the compiled code

function readKept(file: string): Kept | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    // The content of a file that others neither own nor can write to.
    const { uid, mode } = fstatSync(opened);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(opened);
    const end = 4 + bytes.readUInt32LE(0);
    const line = JSON.parse(bytes.toString('utf8', 4, end)) as Pick<Kept, 'places' | 'engine'>;
    return { ...line, compiled: bytes.subarray(end) };
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
function writeKept(file: string, { compiled, ...line }: Kept): void {
  const folder = path.dirname(file);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeUnused(path.dirname(folder));
    const text = Buffer.from(JSON.stringify(line));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    writeFileSync(temporary, Buffer.concat([length, text, compiled]), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    // The next run tries again.
  }
}
