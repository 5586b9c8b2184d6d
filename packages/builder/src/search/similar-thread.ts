/** Which modules of a large new index are alike, found in a thread while this one makes the files of words. */
import { type Base, neighbours } from '@mlld/search';
import { openThread, threadFile } from '../build/thread.ts';

export interface SimilarWork {
  /** For each record the ordinals of its neighbours. To be asked once. */
  found(): Promise<Iterable<readonly number[]>>;
  close(): Promise<unknown>;
}

export function openSimilar(base: Base, parallel: boolean): SimilarWork {
  const file = parallel ? threadFile(new URL('./similar-worker.js', import.meta.url)) : undefined;
  if (file === undefined) return { found: async () => neighbours(base.shared()), close: async () => {} };
  const { ask, close } = openThread(file);
  const answer = ask<number[][]>('find', base.shared());
  // The files of words may fail before anybody waits for this.
  answer.catch(() => {});
  return { found: () => answer, close };
}
