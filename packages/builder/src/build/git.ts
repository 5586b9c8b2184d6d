/** Asks git about a work tree. Loaded by itself it loads little else: git is at work while the rest of a build is loaded. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** What is asked first, as it takes longest. Answers come, or don't: who waits for them is told. */
export interface BegunGit {
  /** Of the commit that is checked out. */
  readonly tree: Promise<string>;
  /** Files that git knows and that are not as they were committed; undefined where commits are all that counts. */
  readonly edited: Promise<readonly string[]> | undefined;
}

/** Undefined where there is no work tree of git. @param committed commits are all that counts */
export function beginGit(folder: string, committed = false): BegunGit | undefined {
  if (!existsSync(path.join(folder, '.git'))) return undefined;
  const edited = committed ? undefined : editedFiles(folder);
  const tree = git(folder, ['rev-parse', '--verify', '--quiet', 'HEAD^{tree}']).then((text) => text.trim());
  for (const one of [tree, edited]) one?.catch(() => {});
  return { tree, edited };
}

/**
 * It looks at all of them, which takes longer where it is to match paths; and on two processors its threads would only take the
 * time of this one.
 */
async function editedFiles(folder: string): Promise<string[]> {
  const preload = `core.preloadIndex=${availableParallelism() > 2}`;
  const words = ['-c', preload, 'status', '--porcelain=v1', '-z', '-uno', '--no-renames'];
  return zeroSeparated(await git(folder, words)).map((entry) => entry.slice(3));
}

const execute = promisify(execFile);

export async function git(folder: string, words: readonly string[]): Promise<string> {
  const { stdout } = await execute('git', [...safeGit, ...words], gitOptions(folder));
  return stdout;
}

/** Words before a command of git: it runs nothing that the repository names. */
export const safeGit: readonly string[] = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'core.quotePath=false',
];

/** How a process of git is started: it locks nothing, and speaks no language of the user's. */
export const gitOptions = (folder: string) => ({
  cwd: folder,
  env: { ...process.env, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' },
  maxBuffer: 512 * 1024 * 1024,
});

export function zeroSeparated(text: string): string[] {
  return text.split('\0').filter((entry) => entry !== '');
}
