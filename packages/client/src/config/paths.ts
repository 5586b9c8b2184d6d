/** Where a project and the cache are: all that a locked program needs of the settings. */
import { homedir } from 'node:os';
import path from 'node:path';
import { userLayout } from '@mlld/format';
import type { Files } from '../ops.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Where {
  readonly root: string;
  /** What relative paths in options and in the environment start from; those in the configuration start from `root`. */
  readonly cwd: string;
  readonly env: Environment;
}

/**
 * The folder that a program in `cwd` belongs to: the nearest one upwards that holds a lock file or a configuration, else
 * `cwd` itself.
 */
export function findProject(files: Files, cwd: string): string {
  for (let at = path.resolve(cwd); ; at = path.dirname(at)) {
    const marks = [userLayout.config, userLayout.lock, ...userLayout.oldLocks];
    if (marks.some((mark) => files.stat(path.join(at, mark))?.kind === 'file')) return at;
    if (path.dirname(at) === at) return path.resolve(cwd);
  }
}

/** The cache folder, absolute. */
export function cacheDirOf(
  { cwd, env }: Pick<Where, 'cwd' | 'env'>,
  { cacheDir }: { readonly cacheDir?: string | undefined },
): string {
  const home = nonEmpty(env.HOME) ?? homedir();
  return path.resolve(cwd, cacheDir ?? nonEmpty(env.MLLD_CACHE_DIR) ?? path.join(home, userLayout.cache));
}

/** The user's own configuration: its `policy` counts in every project. */
export function userConfigPath(env: Environment): string {
  return path.join(nonEmpty(env.HOME) ?? homedir(), userLayout.userConfig);
}

/** An empty variable is as good as none. */
export function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
