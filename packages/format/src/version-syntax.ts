/** The syntax of versions, without comparing them: small enough for the path that a locked program takes. */
import { limits } from './limits.ts';

/** At most 15 digits: every such number is held exactly, and `semver` refuses those that are not. */
const core = String.raw`(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14})\.(?:0|[1-9]\d{0,14})`;
const preRelease = String.raw`(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?`;
const version = new RegExp(`^${core}${preRelease}$`);
const partial = /^v?(?:\d{1,15}|[xX*])(?:\.(?:\d{1,15}|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?$/;
const operator = /^(?:[<>]=?|=|\^|~)/;

/**
 * Whether `text` is a version (semver 2.0.0 §2, §9) without build metadata: two versions that differ only in their
 * build would be one and the same to a range, and two different things to a hash.
 */
export function isVersion(text: string): boolean {
  return text.length <= limits.versionChars && version.test(text);
}

/**
 * Whether `text` has the form of a semver range as npm reads it (names.md §3): alternatives between `||`, each `a - b` or
 * comparators between spaces. Split and not matched as a whole: one expression for it all takes exponential time.
 */
export function isRange(text: string): boolean {
  return text.length <= limits.rangeChars && text.split('||').every(isAlternative);
}

function isAlternative(text: string): boolean {
  const words = text.trim().split(/\s+/);
  if (words.length === 3 && words[1] === '-') return partial.test(words[0]!) && partial.test(words[2]!);
  const comparators = words
    .join(' ')
    .replace(/([<>=^~]) /g, '$1')
    .split(' ');
  return comparators.every((one) => partial.test(one.replace(operator, '')));
}
