/**
 * Reads the modules of a large repository in a second thread, so that signatures are verified while what was read is
 * rendered.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ModuleName, RegistryInfo } from '@mlld/format';
import type { ReadModule } from './model.ts';
import { batchSize, type ReadTask } from './read-task.ts';

export interface ReadAhead {
  /** A module, in the order of the names; undefined if the thread can't say, and the caller has to read it. */
  take(name: ModuleName): Promise<ReadModule | undefined>;
  close(): Promise<void>;
}

/**
 * Undefined where the thread's file is not beside this one, compiled or as a part of a bundle: Node 20 runs no TypeScript, so
 * that from sources one thread does it all.
 */
export function readAhead(
  folder: string,
  info: RegistryInfo,
  names: readonly ModuleName[],
): ReadAhead | undefined {
  const file = new URL('./read-worker.js', import.meta.url);
  if (!existsSync(fileURLToPath(file))) return undefined;
  const task: ReadTask = { folder, info, names };
  const worker = new Worker(file, { workerData: task, execArgv: [] });
  const there = new Map<ModuleName, ReadModule>();
  let left = names.length;
  let wake = () => {};
  worker.on('message', (modules: readonly ReadModule[]) => {
    for (const module of modules) there.set(module.name, module);
    left -= modules.length;
    wake();
  });
  // Whatever ends the thread, the caller reads the rest itself, and meets the same error where there is one.
  const ended = () => {
    left = 0;
    wake();
  };
  worker.on('error', ended).on('exit', ended);
  let taken = 0;
  return {
    async take(name) {
      while (!there.has(name) && left > 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      const module = there.get(name);
      there.delete(name);
      if (++taken % batchSize === 0) worker.postMessage('taken');
      return module;
    },
    async close() {
      await worker.terminate();
    },
  };
}
