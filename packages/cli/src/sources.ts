/** The mlld sources that a command is given: files, all in a folder, or what comes on standard input. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';

export interface SourceFile {
  /** As it was named, or found below a folder; `-` for standard input. */
  readonly name: string;
  /** Absolute; undefined for standard input. */
  readonly path: string | undefined;
  readonly text: string;
}

const skipped = new Set(['node_modules', '.git', '.mlld']);

/** @throws RegistryError FILE_NOT_FOUND */
export function* readSources(cwd: string, names: readonly string[]): Generator<SourceFile> {
  for (const name of names) {
    if (name === '-') {
      yield { name, path: undefined, text: readFileSync(0, 'utf8') };
      continue;
    }
    for (const file of filesAt(path.resolve(cwd, name), name)) {
      yield { name: path.relative(cwd, file) || name, path: file, text: readFileSync(file, 'utf8') };
    }
  }
}

function filesAt(location: string, name: string): string[] {
  const found = statSync(location, { throwIfNoEntry: false });
  if (found === undefined) throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(name)}'`);
  if (!found.isDirectory()) return [location];
  const files: string[] = [];
  const queue = [location];
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory() && !skipped.has(entry.name)) queue.push(full);
      else if (entry.isFile() && /\.mld(?:\.md)?$/.test(entry.name)) files.push(full);
    }
  }
  return files.sort();
}
