/** One process at a time, across processes, by a file that only one can make (docs/spec/resolve.md §8.3). */
import { limits, RegistryError } from '@mlld/format';
import type { Ops } from './ops.ts';

/**
 * Runs `work` while no other process does. The lock file holds a token; one whose holder died is taken over after
 * `limits.lockStaleMs`, which is far longer than `work` ever takes. Should a holder have been asleep for so long, it sees that its
 * token is gone (`stillMine`), gives up with undefined, and starts over.
 * @throws RegistryError LOCK_BUSY
 */
export async function exclusively<T>(
  ops: Ops,
  file: string,
  work: (stillMine: () => boolean) => T | undefined,
): Promise<T> {
  const deadline = ops.now() + limits.lockWaitMs;
  const token = ops.random(16);
  const holder = () => {
    const bytes = ops.files.read(file, 1000);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  for (let wait = 2; ; wait = Math.min(wait * 2, 50)) {
    if (ops.files.create(file, token)) {
      try {
        const result = work(() => holder() === token);
        if (result !== undefined) return result;
      } finally {
        if (holder() === token) ops.files.remove(file);
      }
    }
    takeOverStale(ops, file);
    if (ops.now() > deadline) {
      throw new RegistryError(
        'LOCK_BUSY',
        `${file}: another process has held it for ${limits.lockWaitMs} ms`,
        {
          hint: 'If no other mlld runs in this project, remove that file.',
        },
      );
    }
    await ops.sleep(wait + Number.parseInt(ops.random(1), 16) / 16);
  }
}

/** Moves a lock file aside that is too old to be held: of many that try, one succeeds. */
function takeOverStale(ops: Ops, file: string): void {
  const stat = ops.files.stat(file);
  if (stat === undefined || ops.now() - stat.mtimeMs < limits.lockStaleMs) return;
  const aside = `${file}.${ops.random(8)}`;
  if (ops.files.rename(file, aside)) ops.files.remove(aside);
}
