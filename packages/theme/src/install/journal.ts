/**
 * Files of other programs, written so that all or none of them are there, and so that it can be undone (docs/spec/themes.md §6).
 *
 * 1. What stands there now is kept in the journal, which is written first and synced.
 * 2. New contents are written beside their targets, then renamed into place.
 * 3. The journal is marked as done. One that is not was interrupted: the next run undoes it before it does anything.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { decode as d, limits, parseJson, RegistryError } from '@mlld/format';

export interface PlannedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

interface JournalFile {
  readonly path: string;
  /** Of what was written. */
  readonly sha256: string;
  /** What stood there before, base64; absent: nothing did. */
  readonly before?: string;
  /** Folders that were made for it. */
  readonly folders: readonly string[];
}

export interface Journal {
  readonly v: 1;
  readonly done: boolean;
  readonly name: string;
  readonly files: readonly JournalFile[];
  /** Files of an earlier install of the theme, which this one takes the place of. */
  readonly previous?: readonly JournalFile[];
}

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
const journalBytes = 16 * 1024 * 1024;

/** @throws RegistryError BAD_JSON, BAD_SHAPE */
export async function readJournal(file: string): Promise<Journal | undefined> {
  const bytes = await readIfThere(file);
  if (bytes === undefined) return undefined;
  const value = d.object(parseJson(bytes, { where: file, maxBytes: journalBytes }), '$');
  const entry: d.Decoder<JournalFile> = (one, at) => {
    const found = d.object(one, at);
    return d.compact({
      path: d.string(found.path, `${at}.path`),
      sha256: d.string(found.sha256, `${at}.sha256`),
      before: d.optional(d.string)(found.before, `${at}.before`),
      folders: d.array(d.string, 100)(found.folders, `${at}.folders`),
    });
  };
  return d.compact({
    v: d.literal(1)(value.v, '$.v'),
    done: d.boolean(value.done, '$.done'),
    name: d.string(value.name, '$.name'),
    files: d.array(entry, 10_000)(value.files, '$.files'),
    previous: d.optional(d.array(entry, 10_000))(value.previous, '$.previous'),
  });
}

/** @throws RegistryError IO */
export async function writeFiles(
  files: readonly PlannedFile[],
  { journal, name }: { readonly journal: string; readonly name: string },
): Promise<void> {
  const before = await readJournal(journal);
  if (before !== undefined && !before.done) await undoJournal(before, journal);
  const previous = (before?.done === true ? before : await readJournal(journal))?.files;
  const entries = await Promise.all(files.map(entryOf));
  const record: Journal = { v: 1, done: false, name, files: entries, ...(previous && { previous }) };
  await replaceFile(journal, JSON.stringify(record));
  try {
    for (const { path: file, content } of files) await replaceFile(file, content);
  } catch (cause) {
    await undoJournal(record, journal);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('IO', `nothing was installed: ${why}`, { cause });
  }
  await finish(record, journal);
}

/** Takes away what only the earlier install had; what stood there before that one is what an undo brings back. */
async function finish({ previous = [], files, name }: Journal, journal: string): Promise<void> {
  const older = new Map(previous.map((one) => [one.path, one]));
  const kept = files.map((one) => {
    const first = older.get(one.path);
    if (first === undefined) return one;
    const { before: _, ...rest } = one;
    const folders = [...new Set([...first.folders, ...one.folders])];
    return { ...rest, folders, ...(first.before === undefined ? {} : { before: first.before }) };
  });
  await replaceFile(journal, JSON.stringify({ v: 1, done: true, name, files: kept } satisfies Journal));
  const now = new Set(files.map((one) => one.path));
  await takeBack(previous.filter((one) => !now.has(one.path)));
}

async function entryOf({ path: file, content }: PlannedFile): Promise<JournalFile> {
  const before = await readIfThere(file);
  const entry = { path: file, sha256: sha256(content), folders: missingFolders(path.dirname(file)) };
  return before === undefined ? entry : { ...entry, before: before.toString('base64') };
}

/** Folders that will be made, the deepest first. */
function missingFolders(folder: string): string[] {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at); at = path.dirname(at)) missing.push(at);
  return missing;
}

export interface Undone {
  readonly removed: readonly string[];
  readonly restored: readonly string[];
  /** Changed by others since: left as they are. */
  readonly kept: readonly string[];
}

/** What stood there before stands there again; what others have changed since is left alone. */
export async function undoJournal(
  { files, done, previous, name }: Journal,
  journal: string,
): Promise<Undone> {
  const undone = await takeBack(files);
  if (!done && previous !== undefined)
    await replaceFile(journal, JSON.stringify({ v: 1, done: true, name, files: previous } satisfies Journal));
  else await rm(journal, { force: true });
  return undone;
}

async function takeBack(files: readonly JournalFile[]): Promise<Undone> {
  const undone = { removed: [] as string[], restored: [] as string[], kept: [] as string[] };
  for (const { path: file, sha256: written, before } of [...files].reverse()) {
    const now = await readIfThere(file);
    if (now === undefined) continue;
    if (sha256(now) !== written) {
      if (now.toString('base64') !== before) undone.kept.push(file);
    } else if (before === undefined) {
      await rm(file, { force: true });
      undone.removed.push(file);
    } else {
      await replaceFile(file, Buffer.from(before, 'base64'));
      undone.restored.push(file);
    }
  }
  const folders = new Set(files.flatMap((one) => one.folders));
  for (const folder of [...folders].sort((a, b) => b.length - a.length)) await rmdir(folder).catch(() => {});
  return undone;
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  try {
    const bytes = await readFile(file);
    if (bytes.length > limits.moduleBytes)
      throw new RegistryError('TOO_LARGE', `${file}: more than a theme's file`);
    return bytes;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** New contents beside the file, synced, then renamed into its place. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  const handle = await open(temporary, 'w');
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(temporary, file);
}
