import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder that exists until `remove` is called (which may be called twice). */
export interface TempDir {
  readonly path: string;
  /** `path` joined with the parts. */
  join(...parts: string[]): string;
  remove(): Promise<void>;
}

/** Makes an empty folder below the system's temporary folder; the caller removes it. */
export async function makeTempDir(prefix = 'mlld-'): Promise<TempDir> {
  const home = await realpath(await mkdtemp(path.join(tmpdir(), prefix)));
  return {
    path: home,
    join: (...parts) => path.join(home, ...parts),
    remove: () => rm(home, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/**
 * As `makeTempDir`, removed by itself when the running vitest test ends. Only for use inside of a test: hooks,
 * benchmarks and scripts take `makeTempDir`, which is why vitest is loaded here and not at the top.
 */
export async function tempDir(prefix = 'mlld-'): Promise<TempDir> {
  const { onTestFinished } = await import('vitest');
  const dir = await makeTempDir(prefix);
  onTestFinished(() => dir.remove());
  return dir;
}
