/** The thread that finds which modules of a large new index are alike (similar-thread.ts). */
import { neighbours, type Shared } from '@mlld/search';
import { answerWith } from '../build/thread.ts';

answerWith({ find: async (shared: Shared) => [...neighbours(shared)] });
