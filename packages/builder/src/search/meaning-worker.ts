/** The thread that makes the vectors of a large new index (meaning-thread.ts). */
import { answerWith } from '../build/thread.ts';
import { learnt } from './embed/providers.ts';
import { wholeMeaning } from './meaning.ts';
import type { MeaningMade, MeaningTask } from './meaning-thread.ts';
import { packing } from './rows.ts';

async function make({ rows: given, ...whole }: MeaningTask): Promise<MeaningMade> {
  const rows = new Map(given);
  const made = await wholeMeaning(rows, { ...whole, provider: learnt, packing, anew: true });
  return { ...made, rows };
}

answerWith({ make });
