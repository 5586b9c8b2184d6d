/**
 * Vectors of a large new index, learnt in a thread while this one builds the index of words: each takes about as long as the
 * other. What a thread is given and gives back are rows (meaning.ts), so that it does the same as this one would.
 */
import type { ModuleName } from '@mlld/format';
import { openThread, threadFile } from '../build/thread.ts';
import type { Rows } from '../outputs/output.ts';
import { learnt } from './embed/providers.ts';
import { type WholeInput, type WholeMeaning, wholeMeaning } from './meaning.ts';

export interface MeaningTask {
  readonly base: string;
  readonly names: readonly ModuleName[];
  readonly rows: ReadonlyMap<string, string>;
}

export interface MeaningMade extends WholeMeaning {
  readonly rows: ReadonlyMap<string, string>;
}

export interface MeaningWork {
  /** To be asked once. */
  made(): Promise<WholeMeaning>;
  close(): Promise<unknown>;
}

/** Other providers read a model from the repository, or wait for a service: in this thread, when `made` is asked. */
export function openMeaning(
  rows: Rows,
  { parallel, ...whole }: WholeInput & { readonly parallel: boolean },
): MeaningWork {
  const isLearnt = whole.anew && whole.provider === learnt;
  const file = parallel && isLearnt ? threadFile(new URL('./meaning-worker.js', import.meta.url)) : undefined;
  if (file === undefined) return { made: () => wholeMeaning(rows, whole), close: async () => {} };
  const { base, names } = whole;
  const given = new Map(rows.entries('='));
  const { ask, close } = openThread(file);
  const answer = ask<MeaningMade>('make', { base, names, rows: given } satisfies MeaningTask);
  // The index of words may fail before anybody waits for this.
  answer.catch(() => {});
  return {
    async made() {
      const { rows: kept, ...made } = await answer;
      for (const [key, text] of kept) rows.set(key, text);
      return made;
    },
    close,
  };
}
