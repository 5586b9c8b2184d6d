/** The thread that works on a share of a full build (parts.ts): does what it is told, one thing after the other. */
import { workerData } from 'node:worker_threads';
import { openEach } from '../outputs/each.ts';
import { openRepository } from '../repository/read.ts';
import { sourceStore } from '../sources/result.ts';
import { openCatalog } from './catalog.ts';
import { openPart, type Part, type PartTold } from './part.ts';
import type { PartTask } from './part-task.ts';
import { answerWith } from './thread.ts';
import { openWriter } from './writer.ts';

function partOf({ folder, out, stateFolder, share, ...task }: PartTask): Part {
  const repository = openRepository(folder, { info: task.info });
  const store = sourceStore(stateFolder);
  const context = {
    repository,
    catalog: openCatalog(repository, store, { logged: task.logged }),
    bytesOf: store.bytes,
    writer: openWriter(out, task.writer),
    logged: task.logged,
    openEach: (modules: number) => openEach(task.each, { repository, bytes: store.bytes, modules }),
  };
  return openPart(share, context);
}

const part = partOf(workerData as PartTask);
answerWith({
  read: (_: undefined, progress) => part.read(progress),
  render: (told: PartTold, progress) => part.render(told, progress),
  finish: () => part.finish(),
});
