/** Folders of numbered statements: the newest counts, and an old one can't be put in again. */
import path from 'node:path';
import { type JsonObject, limits, parseJson, RegistryError } from '@mlld/format';
import type { RegistryTarget } from '../registry/target.ts';
import type { Saying } from './types.ts';

export interface Newest {
  readonly n: number;
  readonly text: string;
}

/** The statement with the highest number; undefined in an empty folder. @throws RegistryError GITHUB_*, TOO_LARGE */
export async function newestOf(target: RegistryTarget, file: Saying['file']): Promise<Newest | undefined> {
  const names = await target.list(path.posix.dirname(file(1)));
  const numbers = names
    .map((name) => /^([1-9]\d{0,5})\.json$/.exec(name)?.[1])
    .filter((n) => n !== undefined)
    .map(Number);
  const n = Math.max(0, ...numbers);
  if (n === 0) return undefined;
  if (n >= limits.changesPerModule)
    throw new RegistryError('TOO_LARGE', `${file(n)}: wanted at most ${limits.changesPerModule} of these`);
  return { n, text: (await target.read(file(n))) ?? '' };
}

/** Milliseconds that the clocks of two machines may differ. */
const SKEW = 60_000;

/** Whether `text` is number `n` of what is said now, whenever it was dated. */
export function saysTheSame(text: string, saying: Saying, { n, now }: { n: number; now: Date }): boolean {
  try {
    const { at } = parseJson(text, { where: 'statement' }) as JsonObject;
    if (typeof at !== 'string' || Date.parse(at) > now.getTime() + SKEW) return false;
    return saying.encode({ n, at }) === text;
  } catch {
    return false;
  }
}
