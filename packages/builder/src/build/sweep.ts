/** Finds files in a distribution that no module has any more: only where this program writes, never beside. */
import { readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { variants } from './writer.ts';

const folders = ['authors', 'blob', 'index', 'm', 'modules', 'names', 'proof'];
const files = ['modules.json', 'zone'];

export interface Places {
  readonly kept: ReadonlySet<string>;
  readonly folders: readonly string[];
  readonly files: readonly string[];
}

type Remove = (file: string) => void;

/** Looks where builds write, and at further places. */
export function sweep(out: string, further: Places, remove: Remove): void {
  const places = { folders: [...folders, ...further.folders], files: [...files, ...further.files] };
  sweepPlaces(out, { ...places, kept: further.kept }, remove);
}

export function sweepPlaces(out: string, { kept, folders, files }: Places, remove: Remove): void {
  const check = (file: string) => {
    const variant = variants.find((one) => file.endsWith(one));
    const whole = variant === undefined ? file : file.slice(0, -variant.length);
    if (!kept.has(file) && !kept.has(whole)) remove(file);
  };
  const walk = (folder: string): void => {
    const entries = list(path.join(out, folder));
    for (const entry of entries) {
      const inner = `${folder}/${entry.name}`;
      if (entry.isDirectory()) walk(inner);
      else check(inner);
    }
    if (entries.length === 0 || list(path.join(out, folder)).length === 0)
      removeEmpty(path.join(out, folder));
  };
  for (const folder of folders.flatMap((one) => named(out, one))) walk(folder);
  for (const file of files) if (!kept.has(file)) remove(file);
}

/** A folder, or with a `*` at its end all of the top whose names begin so. */
function named(out: string, folder: string): string[] {
  if (!folder.endsWith('*')) return [folder];
  return list(out)
    .filter((entry) => entry.isDirectory() && entry.name.startsWith(folder.slice(0, -1)))
    .map(({ name }) => name);
}

function list(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not there, or no longer empty.
  }
}
