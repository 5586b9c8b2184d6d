/** A zone that follows its file: rebuilt in place, it is served anew; broken, the last good one stays. */
import { readFile, stat } from 'node:fs/promises';
import { isRegistryError, RegistryError } from '@mlld/format';
import type { Zone } from './zone.ts';
import { parseZone } from './zone-file.ts';

export interface ZoneSource {
  readonly current: () => Zone;
  readonly close: () => void;
}

/** Milliseconds between two looks at the file. */
const lookMs = 250;

/**
 * Reads a zone file and looks at it again while the source is open. `onProblem` gets what keeps a new state from being served.
 * @throws RegistryError FILE_NOT_FOUND, BAD_ZONE, TOO_LARGE
 */
export async function followZone(
  file: string,
  onProblem: (problem: RegistryError) => void,
): Promise<ZoneSource> {
  let seen = await stampOf(file);
  let zone = await readZone(file);
  let busy = false;
  const look = async () => {
    if (busy) return;
    busy = true;
    try {
      const stamp = await stampOf(file);
      if (stamp !== seen) {
        seen = stamp;
        zone = await readZone(file);
      }
    } catch (error) {
      onProblem(isRegistryError(error) ? error : new RegistryError('IO', String(error), { cause: error }));
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(look, lookMs);
  timer.unref();
  return { current: () => zone, close: () => clearInterval(timer) };
}

async function readZone(file: string): Promise<Zone> {
  try {
    return parseZone(await readFile(file), file);
  } catch (cause) {
    if (isRegistryError(cause)) throw cause;
    throw new RegistryError('FILE_NOT_FOUND', `there is no zone file '${file}'`, {
      cause,
      hint: 'A registry writes one when its registry.json names a zone.',
    });
  }
}

async function stampOf(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return 'absent';
  }
}
