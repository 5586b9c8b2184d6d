import { homedir } from 'node:os';
import path from 'node:path';
import { userLayout } from '@mlld/format';

/** Where verified things are kept, for commands that need no client. */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  return path.resolve(env.MLLD_CACHE_DIR ?? path.join(env.HOME ?? homedir(), userLayout.cache));
}
