/** Runs WebAssembly functions in a thread of their own, which can be ended in the middle of a loop. */
import { Worker } from 'node:worker_threads';
import { MlldError, type MlldErrorCode } from './errors.ts';
import type { WasmRequest, WasmResult } from './run/host.ts';
import { withHints } from './wasm-hints.ts';
import { withBoundedMemory } from './wasm-memory.ts';
import { wasmThread } from './wasm-thread.ts';

interface Thread {
  readonly worker: Worker;
  /** Its start takes its time, which is no function's. */
  readonly ready: Promise<unknown>;
  /** One call at a time. */
  last: Promise<unknown>;
  idle: NodeJS.Timeout | undefined;
}

type Answer = WasmResult | { readonly code: MlldErrorCode; readonly message: string };

/** Milliseconds after which a thread that nobody calls ends. */
const idleTime = 2000;
/** As V8 does it by itself, whatever flags the engine of `js` was given (node-engine.ts). */
const nothingAtOnce: ReadonlySet<number> = new Set();
const threads = new WeakMap<Uint8Array, Thread>();

/** @throws MlldError `CODE_FAILED`, `TIME_LIMIT`, `MEMORY_LIMIT`, `OUTPUT_LIMIT` */
export async function callWasm(request: WasmRequest): Promise<WasmResult> {
  const before = threads.get(request.bytes)?.last;
  if (before !== undefined) await before.catch(() => {});
  const thread = threads.get(request.bytes) ?? startThread(request);
  const answer = call(thread, request);
  thread.last = answer;
  return answer;
}

function startThread({ bytes, maxMemory }: WasmRequest): Thread {
  const worker = new Worker(wasmThread, {
    eval: true,
    env: {},
    argv: [],
    execArgv: [],
    workerData: withHints(withBoundedMemory(bytes, maxMemory), nothingAtOnce),
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 2 },
  });
  const ready = new Promise((resolve) => worker.once('message', resolve).once('error', resolve));
  const thread = { worker, ready, last: Promise.resolve(), idle: undefined };
  threads.set(bytes, thread);
  worker.unref();
  return thread;
}

async function call(
  thread: Thread,
  { bytes, name, args, maxOutput, timeout }: WasmRequest,
): Promise<WasmResult> {
  const { worker } = thread;
  clearTimeout(thread.idle);
  worker.ref();
  await thread.ready;
  return new Promise<WasmResult>((resolve, reject) => {
    const end = (): void => {
      threads.delete(bytes);
      void worker.terminate();
    };
    const done = (): void => {
      clearTimeout(timer);
      worker.off('message', answered).off('error', failed);
      worker.unref();
    };
    const answered = (answer: Answer): void => {
      done();
      thread.idle = setTimeout(end, idleTime).unref();
      if ('text' in answer) resolve(answer);
      else reject(new MlldError(answer.code, answer.message));
    };
    const failed = (error: Error): void => {
      done();
      end();
      reject(new MlldError('MEMORY_LIMIT', 'the WebAssembly broke its limits', { cause: error }));
    };
    const timer = setTimeout(() => {
      done();
      end();
      reject(new MlldError('TIME_LIMIT', `the WebAssembly ran longer than ${timeout} ms`));
    }, timeout);
    worker.on('message', answered).on('error', failed);
    worker.postMessage({ name, args, maxOutput });
  });
}
