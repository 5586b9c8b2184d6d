/**
 * What is kept of a command's code (pack.ts), in one file: the length of a line of JSON in four bytes, that line, the compiled code of
 * each group.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

/** A chunk, where it starts in the pack and its length in bytes. */
export type Place = readonly [chunk: string, at: number, length: number];

/** Chunks that are compiled as one script. */
export interface Group {
  /** Whether every run of the command loaded them: `mlld run` needs a network once. */
  readonly always: boolean;
  /** Whether a run loaded them before it waited for the first time. The others are compiled while it waits. */
  readonly first: boolean;
  readonly places: readonly Place[];
  /** What V8 made of them; empty: nothing yet. */
  readonly compiled: Buffer;
}

export interface Kept {
  readonly groups: readonly Group[];
  /** With the flags of the JavaScript engine, under which alone V8 takes what is compiled. */
  readonly engine: boolean;
  /** Programs that needed that engine when they last ran, as short numbers. */
  readonly users: readonly number[];
}

export const nothing = Buffer.alloc(0);

/** The groups, in the order in which they are kept. */
export const kinds = [
  [true, true],
  [true, false],
  [false, true],
  [false, false],
] as const;

interface Line {
  readonly groups: readonly (readonly [places: readonly Place[], compiledLength: number])[];
  readonly engine: boolean;
  readonly users: readonly number[];
}

/** Undefined: nothing is kept, or it is not whole, or others may have written it. */
export function readKept(file: string): Kept | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    // The content of a file that others neither own nor can write to.
    const { uid, mode } = fstatSync(opened);
    if (uid !== process.getuid?.() || (mode & 0o022) !== 0) return undefined;
    const bytes = readFileSync(opened);
    let at = 4 + bytes.readUInt32LE(0);
    const { groups, engine, users } = JSON.parse(bytes.toString('utf8', 4, at)) as Line;
    if (!Array.isArray(users)) return undefined;
    return {
      groups: kinds.map(([always, first], i) => {
        const [places, length] = groups[i]!;
        at += length;
        return { always, first, places, compiled: bytes.subarray(at - length, at) };
      }),
      engine,
      users,
    };
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
export function writeKept(file: string, { groups, ...engine }: Kept): void {
  const folder = path.dirname(file);
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    removeUnused(path.dirname(folder));
    const line: Line = { groups: groups.map(({ places, compiled }) => [places, compiled.length]), ...engine };
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
