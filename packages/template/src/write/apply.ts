/**
 * Changes of several files in a folder that is in use: all, or none (docs/spec/templates.md §6). New contents are staged below
 * `.mlld/create`, then a journal is put beside them. Without the journal nothing has happened; with it, whoever comes next finishes.
 */
import { mkdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { decode as d, parseJson, parsePath, RegistryError } from '@mlld/format';
import { writeSynced } from './create.ts';
import { standingAt } from './inside.ts';

/** Relative path → new contents; undefined takes the file away. */
export type Changes = ReadonlyMap<string, Uint8Array | undefined>;

const place = '.mlld/create';
const journalName = 'journal.json';

interface Step {
  readonly path: string;
  /** Name of the staged contents; absent: the file goes. */
  readonly staged?: string;
}

/** @throws RegistryError BAD_PATH, IO */
export async function applyChanges(root: string, changes: Changes): Promise<void> {
  await recover(root);
  const steps: Step[] = [...changes].map(([file, bytes], i) => ({
    path: parsePath(file),
    ...(bytes === undefined ? {} : { staged: String(i) }),
  }));
  for (const { path: file } of steps) await standingAt(root, file);
  await standingAt(root, `${place}/${journalName}`);
  const staging = path.join(root, place);
  try {
    await mkdir(staging, { recursive: true });
    for (const [i, [, bytes]] of [...changes].entries())
      if (bytes !== undefined) await writeSynced(path.join(staging, String(i)), bytes);
    const text = Buffer.from(JSON.stringify({ v: 1, steps }));
    await writeSynced(path.join(staging, `${journalName}.new`), text);
    await rename(path.join(staging, `${journalName}.new`), path.join(staging, journalName));
  } catch (cause) {
    await clear(root);
    throw new RegistryError(
      'IO',
      `nothing was changed: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  await finish(root, steps);
}

/** Finishes what an interrupted run had begun; nothing where there is nothing. @throws RegistryError BAD_PATH, BAD_SHAPE, IO */
export async function recover(root: string): Promise<boolean> {
  if ((await standingAt(root, `${place}/${journalName}`)) === 'nothing') {
    await clear(root);
    return false;
  }
  const where = path.join(root, place, journalName);
  const value = d.object(parseJson(await readFile(where), { where }), '$');
  const step: d.Decoder<Step> = (one, at) => {
    const found = d.object(one, at);
    return d.compact({
      path: d.parsed(parsePath)(found.path, `${at}.path`),
      staged: d.optional(d.parsed(parsePath))(found.staged, `${at}.staged`),
    });
  };
  await finish(root, d.array(step, 10_000)(value.steps, '$.steps'));
  return true;
}

/** Each step can be done again: contents that are no longer staged have arrived. */
async function finish(root: string, steps: readonly Step[]): Promise<void> {
  for (const { path: file, staged } of steps) {
    const standing = await standingAt(root, file);
    const target = path.join(root, file);
    if (staged === undefined) {
      if (standing === 'file') await rm(target);
      await removeEmpty(root, path.dirname(file));
      continue;
    }
    await mkdir(path.dirname(target), { recursive: true });
    await rename(path.join(root, place, staged), target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  await clear(root);
}

async function removeEmpty(root: string, folder: string): Promise<void> {
  if (folder === '.') return;
  const isGone = await rmdir(path.join(root, folder)).then(
    () => true,
    () => false,
  );
  if (isGone) await removeEmpty(root, path.dirname(folder));
}

/** The journal goes first: without it, what is staged means nothing. */
async function clear(root: string): Promise<void> {
  await rm(path.join(root, place, journalName), { force: true });
  await rm(path.join(root, place), { recursive: true, force: true });
  await rmdir(path.join(root, '.mlld')).catch(() => {});
}
