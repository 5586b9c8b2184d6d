/** Lengths of time as people write them: `30s`, `5m`, `1h`, `7d`, `2w`. */
import { printable, RegistryError } from './errors.ts';

const units: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 7 * 86_400_000],
]);

/** In milliseconds. @throws RegistryError BAD_CONFIG */
export function parseDuration(text: string): number {
  const unit = units.get(text.slice(-1));
  if (unit !== undefined && /^\d{1,6}.$/.test(text)) return Number(text.slice(0, -1)) * unit;
  throw new RegistryError('BAD_CONFIG', `'${printable(text, 40)}' is no length of time`, {
    hint: 'For instance 30s, 5m, 1h, 7d or 2w.',
  });
}

/** The largest unit that gives a whole number, rounded down: `3d`, `26h`. */
export function formatDuration(ms: number): string {
  const [name, unit] = [...units]
    .reverse()
    .find(([, one]) => ms >= 2 * one || (ms >= one && ms % one === 0)) ?? ['s', 1000];
  return `${Math.floor(ms / unit)}${name}`;
}
