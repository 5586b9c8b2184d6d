/** Comparing versions, by the `semver` library. Not loaded by a locked program. */
import compareSemver from 'semver/functions/compare.js';
import diffSemver from 'semver/functions/diff.js';
import incSemver from 'semver/functions/inc.js';
import satisfiesSemver from 'semver/functions/satisfies.js';
import { printable, RegistryError } from './errors.ts';
import type { Selector } from './name.ts';
import { isVersion } from './version-syntax.ts';

/** @throws RegistryError BAD_VERSION */
export function parseVersion(text: string): string {
  if (isVersion(text)) return text;
  throw new RegistryError('BAD_VERSION', `wanted a version such as 1.2.0, found '${printable(text)}'`, {
    hint: 'Three numbers, optionally a pre-release (1.2.0-beta.1); no leading v, no build metadata.',
  });
}

/** Order of two versions: negative, zero or positive (semver 2.0.0 §11). */
export function compareVersions(a: string, b: string): number {
  return compareSemver(a, b);
}

/** Whether `version` is in `range`. Pre-releases only match a range that names one of the same numbers, as in npm. */
export function satisfies(version: string, range: string): boolean {
  return satisfiesSemver(version, range);
}

/** As `satisfies`, and pre-releases are in every range around them: what is vulnerable doesn't wait for its release. */
export function covers(range: string, version: string): boolean {
  return satisfiesSemver(version, range, { includePrerelease: true });
}

/** The highest of `versions` that `range` allows, or undefined. */
export function highest(versions: Iterable<string>, range = '*'): string | undefined {
  let best: string | undefined;
  for (const version of versions) {
    if (satisfies(version, range) && (best === undefined || compareVersions(version, best) > 0))
      best = version;
  }
  return best;
}

export type Bump = 'major' | 'minor' | 'patch';

/** The next version after `version`. */
export function nextVersion(version: string, bump: Bump): string {
  const next = incSemver(version, bump);
  if (next === null) throw new RegistryError('BAD_VERSION', `cannot raise '${printable(version)}'`);
  return next;
}

/** Which part differs first, ignoring pre-releases: what a consumer's `^` range lets through or not. */
export function bumpBetween(before: string, after: string): Bump | undefined {
  const diff = diffSemver(before, after);
  if (diff === null || diff === 'prerelease') return undefined;
  return diff.replace(/^pre/, '') as Bump;
}

/** Whether a selector allows a version; hashes and tags need more than the version to tell, and answer false. */
export function selectorAllows(selector: Selector, version: string): boolean {
  switch (selector.kind) {
    case 'any':
      return true;
    case 'exact':
      return selector.version === version;
    case 'range':
      return satisfies(version, selector.range);
    default:
      return false;
  }
}
