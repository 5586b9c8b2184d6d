/** Threads of a large build (parts.ts, ../search/meaning-thread.ts, ../search/similar-thread.ts): each does what it is asked, one thing after the other. */
import { existsSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';
import { type ErrorCode, RegistryError } from '@mlld/format';

/** Told what was just done. */
export type Progress = (name: string) => void;

export interface Thread {
  /** One thing at a time; what is told and answered is copied. */
  ask<T>(job: string, told?: unknown, progress?: Progress): Promise<T>;
  close(): Promise<unknown>;
}

/** What a thread can be asked for. */
export type Jobs = Readonly<Record<string, (told: never, progress: Progress) => Promise<unknown>>>;

interface Question {
  readonly job: string;
  readonly told: unknown;
}

type Answer =
  | { readonly done: readonly string[] }
  | { readonly result: unknown }
  | { readonly error: PlainError };

/** What of an error a message between threads keeps. */
interface PlainError {
  readonly message: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly known: boolean;
}

/** Statements live from reading to rendering: with little space for what is new they would be copied again and again. */
const resourceLimits = { maxYoungGenerationSizeMb: 64 };
/** Names of what was done that go into one message. */
const toldAtOnce = 50;

/**
 * Undefined on one processor, and where the thread's file is not beside the one that asks, compiled or as a part of a bundle:
 * Node 20 runs no TypeScript, so that from sources one thread does it all.
 */
export function threadFile(file: URL): URL | undefined {
  return os.availableParallelism() > 1 && existsSync(fileURLToPath(file)) ? file : undefined;
}

export function openThread(file: URL, workerData?: unknown): Thread {
  const worker = new Worker(file, { workerData, execArgv: [], resourceLimits });
  let waiting: {
    progress: Progress;
    resolve: (result: unknown) => void;
    reject: (error: unknown) => void;
  };
  worker.on('message', (answer: Answer) => {
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
  return {
    ask: <T>(job: string, told?: unknown, progress: Progress = () => {}) =>
      new Promise<T>((resolve, reject) => {
        waiting = { progress, resolve: resolve as (result: unknown) => void, reject };
        worker.postMessage({ job, told } satisfies Question);
      }),
    close: () => worker.terminate(),
  };
}

/** In the thread itself: does what it is asked. */
export function answerWith(jobs: Jobs): void {
  const tell = (answer: Answer) => parentPort?.postMessage(answer);
  let done: string[] = [];
  const flush = () => {
    tell({ done });
    done = [];
  };
  const progress = (name: string) => {
    done.push(name);
    if (done.length >= toldAtOnce) flush();
  };
  parentPort?.on('message', ({ job, told }: Question) => {
    jobs[job]?.(told as never, progress).then(
      (result) => {
        flush();
        tell({ result });
      },
      (error: unknown) => tell({ error: plainError(error) }),
    );
  });
}

function plainError(error: unknown): PlainError {
  const { message, code, hint } = error as { message?: string; code?: string; hint?: string };
  return { message: message ?? String(error), code, hint, known: error instanceof RegistryError };
}

function errorFrom({ message, code, hint, known }: PlainError): Error {
  if (known) return new RegistryError(code as ErrorCode, message, { hint });
  return Object.assign(new Error(message), { code });
}
