/** The thread that works on a share of a full build (parts.ts): does what it is told, one thing after the other. */
import { parentPort, workerData } from 'node:worker_threads';
import { openEach } from '../outputs/each.ts';
import { openRepository } from '../repository/read.ts';
import { sourceStore } from '../sources/result.ts';
import { openCatalog } from './catalog.ts';
import { openPart, type Part, type PartTold } from './part.ts';
import { type PartAnswer, type PartTask, plainError } from './part-task.ts';
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

function listen(port: NonNullable<typeof parentPort>, task: PartTask): void {
  const part = partOf(task);
  const tell = (answer: PartAnswer) => port.postMessage(answer);
  let done: string[] = [];
  const progress = (name: string) => {
    done.push(name);
    if (done.length < 50) return;
    tell({ done });
    done = [];
  };
  const jobs = {
    read: () => part.read(progress),
    render: (told: PartTold) => part.render(told, progress),
    finish: () => part.finish(),
  };
  port.on('message', ({ job, told }: { job: keyof typeof jobs; told: PartTold }) => {
    jobs[job](told).then(
      (result) => {
        tell({ done });
        done = [];
        tell({ result });
      },
      (error: unknown) => tell({ error: plainError(error) }),
    );
  });
}

if (parentPort !== null) listen(parentPort, workerData as PartTask);
