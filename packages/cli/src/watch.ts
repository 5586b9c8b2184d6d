/** `mlld run --watch`: runs a program again whenever it, or a file of the project that it imports, changes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import path from 'node:path';
import { printable } from '@mlld/format';
import { analyse, findRoot, type Host, nodeHost } from '@mlld/lang';
import type { Report } from './report.ts';

export interface WatchOptions {
  /** Absolute. */
  readonly file: string;
  readonly report: Report;
  /** Starts the program in a process of its own, which can be ended whatever it does. */
  readonly start: () => ChildProcess;
  /** Ends the watching, as Ctrl-C does. */
  readonly signal?: AbortSignal;
}

/** The command that this process is, without a flag, as a process of its own that uses the same terminal. */
export function startWithout(flag: string): () => ChildProcess {
  const words = process.argv.slice(1);
  const at = words.indexOf(flag);
  const rest = [...words.slice(0, at), ...words.slice(at + 1)];
  return () => spawn(process.execPath, [...process.execArgv, ...rest], { stdio: 'inherit' });
}

/** Milliseconds without a change before the program starts again: editors write a file in steps. */
const settle = 80;
/** Milliseconds that a program has to end itself. */
const grace = 2000;

/** Ends with Ctrl-C, and then gives the exit status of that. */
export async function watchProgram({ file, report, start, signal }: WatchOptions): Promise<number> {
  const name = printable(path.basename(file));
  const host = nodeHost({ root: findRoot(path.dirname(file)) });
  const changes = watchChanges(signal);
  try {
    for (let turn = 1; !changes.ended(); turn++) {
      report.note(
        report.style('dim', `── ${name} · run ${turn} · ${new Date().toTimeString().slice(0, 8)} ──`),
      );
      const before = await filesOf(file, host);
      changes.look(before);
      const child = start();
      const begun = performance.now();
      const done = ended(child).then((status) => {
        if (changes.ended()) return;
        const seconds = ((performance.now() - begun) / 1000).toFixed(2);
        report.note(
          report.style('dim', `── ${status} after ${seconds} s · waiting for changes, Ctrl-C ends ──`),
        );
      });
      await changes.next(before);
      await stop(child);
      await done;
    }
    return 130;
  } finally {
    changes.close();
  }
}

/** The program and the files of the project that it imports, with their texts; what can't be read is left out. */
async function filesOf(file: string, host: Host): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const queue = [file];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (texts.has(next)) continue;
    const text = textOf(next);
    texts.set(next, text ?? '');
    const { imports } = await analyse(text ?? '', { file: next });
    for (const { ref, kind } of imports) {
      if (kind !== 'local') continue;
      const from = { file: next, origin: null };
      const request = { ref, kind: 'local', from, names: [], ttl: undefined, trust: undefined } as const;
      const found = await host.resolveImport(request).catch(() => undefined);
      // A file that is missing may come: its folder is looked at.
      queue.push(found?.file ?? path.resolve(path.dirname(next), ref));
    }
  }
  return texts;
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

interface Changes {
  /** Looks at the folders of these files. */
  readonly look: (files: ReadonlyMap<string, string>) => void;
  /** Resolves when one of the files holds something else than this, or the watching ends. */
  readonly next: (texts: ReadonlyMap<string, string>) => Promise<void>;
  readonly ended: () => boolean;
  readonly close: () => void;
}

function watchChanges(signal: AbortSignal | undefined): Changes {
  const watchers = new Map<string, FSWatcher>();
  let wake = (): void => {};
  let timer: NodeJS.Timeout | undefined;
  let isEnded = false;
  const end = (): void => {
    isEnded = true;
    wake();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  signal?.addEventListener('abort', end);
  const soon = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => wake(), settle);
  };
  return {
    look: (files) => {
      const folders = new Set([...files.keys()].map((one) => path.dirname(one)));
      for (const [folder, watcher] of watchers) {
        if (folders.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of folders) if (!watchers.has(folder)) addWatcher(watchers, folder, soon);
    },
    next: async (texts) => {
      const differs = (): boolean => [...texts].some(([one, text]) => (textOf(one) ?? '') !== text);
      while (!isEnded && !differs()) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    ended: () => isEnded,
    close: () => {
      clearTimeout(timer);
      process.removeListener('SIGINT', end);
      process.removeListener('SIGTERM', end);
      signal?.removeEventListener('abort', end);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

function addWatcher(watchers: Map<string, FSWatcher>, folder: string, changed: () => void): void {
  try {
    const watcher = watch(folder, changed);
    watcher.on('error', changed);
    watchers.set(folder, watcher);
  } catch {
    // A folder that is not there yet: the file that names it will change before it matters.
  }
}

function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not start: ${error.message}`));
    child.once('exit', (code, signal) =>
      resolve(signal === null ? `ended with ${code}` : `stopped by ${signal}`),
    );
  });
}

/** Ends a program that still runs; one that does not listen is killed. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), grace);
  await gone;
  clearTimeout(timer);
}
