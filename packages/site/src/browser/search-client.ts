/** One search for all parts of a page that ask. */
import { openSearch, type Search } from '@mlld/search';
import { readFile } from './root.ts';

let opened: Promise<Search> | undefined;

/** Opens the index when it is first needed; a failure is tried again at the next question. */
export function search(): Promise<Search> {
  opened ??= openSearch({ read: (path) => readFile(path), now: Date.now }).catch((error: unknown) => {
    opened = undefined;
    throw error;
  });
  return opened;
}
