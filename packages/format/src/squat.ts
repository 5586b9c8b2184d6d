/**
 * Module names that look like others (names.md): one edit away, two neighbours swapped, the same words in another order or
 * with other hyphens, author and module swapped, or characters that look alike.
 */
import { authorOf, type ModuleName, shortName } from './name.ts';
import { editDistance } from './nearest.ts';

export type Likeness = 'edit' | 'words' | 'swap' | 'lookalike';

export interface Squat {
  /** The known name that another one looks like. */
  readonly name: ModuleName;
  readonly how: Likeness;
}

/** How two names are alike; undefined if they aren't, or are the same. */
export function likeness(a: ModuleName, b: ModuleName): Likeness | undefined {
  if (a === b) return undefined;
  if (lookOf(a) === lookOf(b)) return 'lookalike';
  if (words(a) === words(b)) return 'words';
  if (authorOf(a) === shortName(b) && authorOf(b) === shortName(a)) return 'swap';
  return editDistance(a, b) <= 1 ? 'edit' : undefined;
}

/** Finds the known names that a name may be taken for. An author's own names are no squats of each other. */
export interface SquatIndex {
  find(name: ModuleName): readonly Squat[];
}

export function squatIndex(known: Iterable<ModuleName>): SquatIndex {
  const byKey = new Map<string, ModuleName[]>();
  for (const name of known)
    for (const key of keysOf(name)) {
      const names = byKey.get(key);
      if (names === undefined) byKey.set(key, [name]);
      else names.push(name);
    }
  return {
    find: (name) => {
      const near = new Set([...keysOf(name)].flatMap((key) => byKey.get(key) ?? []));
      return [...near].flatMap((other): Squat[] => {
        const how = authorOf(other) === authorOf(name) ? undefined : likeness(name, other);
        return how === undefined ? [] : [{ name: other, how }];
      });
    },
  };
}

/** The known names of other authors that a name may be taken for. */
export function typosquats(name: ModuleName, known: Iterable<ModuleName>): readonly Squat[] {
  return squatIndex(known).find(name);
}

/** Two names that are alike have a key in common: less one character, words sorted, swapped, as they look. */
function keysOf(name: ModuleName): Set<string> {
  const plain = `${authorOf(name)}/${shortName(name)}`;
  const swapped = [authorOf(name), shortName(name)].sort().join(' ');
  const keys = new Set([plain, words(name), swapped, `~${lookOf(name)}`]);
  for (let i = 0; i < plain.length; i++) keys.add(plain.slice(0, i) + plain.slice(i + 1));
  return keys;
}

function words(name: ModuleName): string {
  const sorted = (text: string) => text.split('-').sort().join('');
  return `=${sorted(authorOf(name))}/${sorted(shortName(name))}`;
}

/** Names are lower-case ASCII: these are all that look alike in it (Unicode TR 39 has more for other scripts). */
function lookOf(name: ModuleName): string {
  return name
    .replaceAll('rn', 'm')
    .replaceAll('vv', 'w')
    .replaceAll('cl', 'd')
    .replaceAll('0', 'o')
    .replaceAll('1', 'l')
    .replaceAll('i', 'l')
    .replaceAll('5', 's');
}
