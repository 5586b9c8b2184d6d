/** The parts of a full build: one in this thread, for a large registry the others in threads of their own. */
import os from 'node:os';
import { type Author, authorOf, type ModuleName } from '@mlld/format';
import { openPart, type Part, type PartContext, type Share } from './part.ts';
import type { PartTask } from './part-task.ts';
import { openThread, threadFile } from './thread.ts';
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

export function openParts(input: PartsInput): Parts {
  const file = threadFile(new URL('./part-worker.js', import.meta.url));
  if (!input.threads || file === undefined) {
    const part = openPart(input.share, input.context);
    return { parts: [part], counts: () => [], close: async () => {} };
  }
  const count = Math.min(os.availableParallelism(), mostThreads);
  const [own = input.share, ...shares] = sharesOf(input.share, count);
  const threads = shares.map((share, i) => {
    const writer = { ...input.writer, name: `part-${i}` };
    const { logged } = input.context;
    return threadOf(file, { ...input.task, logged, share, writer });
  });
  return {
    // What is asked of this thread keeps it busy: the others are asked first.
    parts: [...threads, openPart(own, input.context)],
    counts: (finished) => finished.slice(0, threads.length),
    close: async () => void (await Promise.all(threads.map((thread) => thread.close()))),
  };
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

function threadOf(file: URL, task: PartTask): Part & { close(): Promise<unknown> } {
  const { ask, close } = openThread(file, task);
  return {
    read: (progress) => ask('read', undefined, progress),
    render: (told, progress) => ask('render', told, progress),
    finish: () => ask('finish'),
    close,
  };
}
