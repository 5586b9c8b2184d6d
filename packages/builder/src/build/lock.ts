/** One build at a time in a state folder, and what an interrupted build was about to write. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isModuleName, type ModuleName, RegistryError } from '@mlld/format';

/** Takes the lock; returns how to give it back. A lock of a process that is gone counts for nothing. @throws LOCK_BUSY */
export function lockState(folder: string): () => void {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, 'lock');
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
      const pid = Number(readFileSync(file, 'utf8'));
      if (isAlive(pid)) {
        throw new RegistryError('LOCK_BUSY', `${folder}: process ${pid} is building with this state`, {
          hint: `Wait until it ends. If there is no such build, remove ${file}.`,
        });
      }
      rmSync(file, { force: true });
    }
  }
  throw new RegistryError('LOCK_BUSY', `${folder}: another build took the lock`);
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid < 1) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a build began: these modules are rendered again by the next one, whatever the state says about them. */
export interface Intent {
  readonly modules: readonly ModuleName[];
  readonly authors: readonly string[];
  /** Files that it may have written. */
  readonly outputs: readonly string[];
}

const intentFile = (folder: string) => path.join(folder, 'begun.json');

/** Undefined after a build that ended well; `'all'` after one that rendered everything, or for a file that can't be read. */
export function readIntent(folder: string): Intent | 'all' | undefined {
  const file = intentFile(folder);
  if (!existsSync(file)) return undefined;
  try {
    const found = JSON.parse(readFileSync(file, 'utf8')) as Intent | 'all';
    if (found === 'all') return found;
    return { ...found, modules: found.modules.filter(isModuleName) };
  } catch {
    return 'all';
  }
}

export function writeIntent(folder: string, intent: Intent | 'all'): void {
  const temporary = `${intentFile(folder)}.tmp`;
  writeFileSync(temporary, JSON.stringify(intent));
  renameSync(temporary, intentFile(folder));
}

export function clearIntent(folder: string): void {
  rmSync(intentFile(folder), { force: true });
}
