/** The parts of a full build: threads for a large registry, else one part in this thread. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Author, authorOf, type ModuleName, RegistryError } from '@mlld/format';
import { openPart, type Part, type PartContext, type PartProgress, type Share } from './part.ts';
import { errorFrom, type PartAnswer, type PartTask } from './part-task.ts';
import type { WriteCounts, WriterOptions } from './writer.ts';

export interface PartsInput {
  readonly share: Share;
  /** Use threads, where there are processors for them. */
  readonly threads: boolean;
  readonly context: PartContext;
  readonly task: Omit<PartTask, 'share' | 'writer' | 'logged'>;
  readonly writer: WriterOptions;
}

export interface Parts {
  readonly parts: readonly Part[];
  /** What threads wrote; `context.writer` counts its own. */
  readonly counts: (finished: readonly WriteCounts[]) => readonly WriteCounts[];
  close(): Promise<void>;
}

const mostThreads = 8;
/** Statements live from reading to rendering: with little space for what is new they would be copied again and again. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 };

export function openParts(input: PartsInput): Parts {
  const file = threadFile();
  const count = Math.min(os.availableParallelism(), mostThreads);
  if (!input.threads || file === undefined || count < 2) {
    const part = openPart(input.share, input.context);
    return { parts: [part], counts: () => [], close: async () => {} };
  }
  const threads = sharesOf(input.share, count).map((share, i) => {
    const writer = { ...input.writer, name: `part-${i}` };
    const { logged } = input.context;
    return openThread(file, { ...input.task, logged, share, writer });
  });
  return {
    parts: threads,
    counts: (finished) => finished,
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  };
}

/**
 * Undefined where the thread's file is not beside this one, compiled or as a part of a bundle: Node 20 runs no TypeScript, so
 * that from sources one thread does it all.
 */
function threadFile(): URL | undefined {
  const file = new URL('./part-worker.js', import.meta.url);
  return existsSync(fileURLToPath(file)) ? file : undefined;
}

/** What is an author's goes together: their keysets are then verified once. The next author goes where there is least. */
function sharesOf({ names, authors }: Share, count: number): Share[] {
  const shares = Array.from({ length: count }, () => ({
    names: [] as ModuleName[],
    authors: [] as Author[],
  }));
  const byAuthor = new Map<string, ModuleName[]>(authors.map((author) => [author, []]));
  for (const name of names) {
    const own = byAuthor.get(authorOf(name));
    if (own === undefined) byAuthor.set(authorOf(name), [name]);
    else own.push(name);
  }
  const own = new Set<string>(authors);
  for (const [author, modules] of byAuthor) {
    const share = shares.reduce((least, one) => (one.names.length < least.names.length ? one : least));
    share.names.push(...modules);
    if (own.has(author)) share.authors.push(author as Author);
  }
  return shares;
}

function openThread(file: URL, task: PartTask): Part & { close(): Promise<unknown> } {
  const worker = new Worker(file, { workerData: task, execArgv: [], resourceLimits });
  let waiting: {
    progress: PartProgress;
    resolve: (result: unknown) => void;
    reject: (error: unknown) => void;
  };
  worker.on('message', (answer: PartAnswer) => {
    try {
      if ('done' in answer) for (const name of answer.done) waiting.progress(name);
      else if ('result' in answer) waiting.resolve(answer.result);
      else waiting.reject(errorFrom(answer.error));
    } catch (error) {
      waiting.reject(error);
    }
  });
  worker.on('error', (error) => waiting.reject(error));
  worker.on('exit', () => waiting.reject(new RegistryError('INTERNAL', 'a thread of the build ended early')));
  const call = <T>(job: string, told: unknown, progress: PartProgress = () => {}) =>
    new Promise<T>((resolve, reject) => {
      waiting = { progress, resolve: resolve as (result: unknown) => void, reject };
      worker.postMessage({ job, told });
    });
  return {
    read: (progress) => call('read', undefined, progress),
    render: (told, progress) => call('render', told, progress),
    finish: () => call('finish', undefined),
    close: () => worker.terminate(),
  };
}
