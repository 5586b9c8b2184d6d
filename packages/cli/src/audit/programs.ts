/** The programs of a project: every file of mlld below its folder. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { compareBytes, limits } from '@mlld/format';

export interface ProgramFile {
  /** Path below the project, forward slashes. */
  readonly file: string;
  readonly text: string;
}

export interface Programs {
  readonly files: readonly ProgramFile[];
  /** Files that could not be read. */
  readonly unread: readonly string[];
}

/** Files that mlld runs; a document that only ends in `.md` is none. */
export const isMlld = (file: string) => /\.mld(?:\.md)?$/i.test(file);

/** How many programs are looked at: a folder with more of them is none of a project. */
const most = 10_000;

export async function programsIn(root: string): Promise<Programs> {
  const files: ProgramFile[] = [];
  const unread: string[] = [];
  for await (const { file, readable } of walk(root)) {
    const text = readable && files.length < most ? await readText(path.join(root, file)) : undefined;
    if (text === undefined) unread.push(file);
    else files.push({ file, text });
  }
  return { files, unread };
}

/** The programs below a folder, and the folders that can't be read. */
async function* walk(root: string): AsyncGenerator<{ readonly file: string; readonly readable: boolean }> {
  const folders = [''];
  for (const folder of folders) {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) yield { file: folder, readable: false };
    for (const entry of (entries ?? []).sort((a, b) => compareBytes(a.name, b.name))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const file = path.posix.join(folder, entry.name);
      if (entry.isDirectory()) folders.push(file);
      else if (isMlld(entry.name)) yield { file, readable: true };
    }
  }
}

async function readText(file: string): Promise<string | undefined> {
  try {
    const { size } = await stat(file);
    return size > limits.fileBytes ? undefined : await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}
