/**
 * Limits for all processes of a sandbox together. Only who may write to the system's control groups has them: that is root, for
 * whom the limits of single processes do not count.
 */
import { accessSync, constants, existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxLimits } from './policy.ts';

export interface Cgroup {
  /** Makes a command start in the group. */
  readonly enter: (command: readonly string[]) => string[];
  /** To be called when its processes have ended. */
  readonly close: () => Promise<void>;
}

const base = '/sys/fs/cgroup';
let count = 0;

/** Undefined where there is none to be had. */
export function openCgroup({ memory, processes }: SandboxLimits): Cgroup | undefined {
  const name = `mlld-${process.pid}-${count++}`;
  const isUnified = existsSync(path.join(base, 'cgroup.controllers'));
  const settings: Record<string, Record<string, number>> = isUnified
    ? { '': { 'memory.max': memory, 'memory.swap.max': 0, 'pids.max': processes } }
    : { memory: { 'memory.limit_in_bytes': memory }, pids: { 'pids.max': processes } };
  const folders: string[] = [];
  try {
    for (const [controller, values] of Object.entries(settings)) {
      accessSync(path.join(base, controller), constants.W_OK);
      const folder = path.join(base, controller, name);
      mkdirSync(folder);
      folders.push(folder);
      for (const [file, value] of Object.entries(values)) {
        // Not every kernel counts swap.
        if (!file.includes('swap') || existsSync(path.join(folder, file)))
          writeFileSync(path.join(folder, file), String(value));
      }
    }
  } catch {
    for (const folder of folders) remove(folder);
    return undefined;
  }
  return {
    enter: (command) => ['/bin/sh', '-c', enterScript, 'sh', ...folders, '--', ...command],
    close: () => close(folders),
  };
}

const enterScript =
  'while [ "$1" != -- ]; do echo $$ > "$1/cgroup.procs" || exit 126; shift; done; shift; exec "$@"';

async function close(folders: readonly string[]): Promise<void> {
  // The kernel lets go of the last process a moment after it ended.
  for (let wait = 1; wait < 200 && !folders.every(remove); wait *= 2)
    await new Promise((resolve) => setTimeout(resolve, wait));
}

function remove(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
