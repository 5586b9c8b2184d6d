/** The thread that reads ahead (read-ahead.ts): sends the modules of its task in batches, a few ahead of who takes them. */
import { once } from 'node:events';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { openRepository } from './read.ts';
import { batchesAhead, batchSize, type ReadTask } from './read-task.ts';

async function readAll({ folder, info, names }: ReadTask, port: MessagePort): Promise<void> {
  const repository = openRepository(folder, { info });
  let credit = batchesAhead;
  port.on('message', () => credit++);
  for (let at = 0; at < names.length; at += batchSize) {
    while (credit === 0) await once(port, 'message');
    credit--;
    port.postMessage(names.slice(at, at + batchSize).map((name) => repository.module(name)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  port.close();
}

if (parentPort !== null) void readAll(workerData as ReadTask, parentPort);
