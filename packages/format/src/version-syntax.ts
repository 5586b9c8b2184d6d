/** The syntax of versions, without comparing them: small enough for the path that a locked program takes. */
import { limits } from './limits.ts';

const core = String.raw`(?:0|[1-9]\d{0,15})\.(?:0|[1-9]\d{0,15})\.(?:0|[1-9]\d{0,15})`;
const preRelease = String.raw`(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?`;
const version = new RegExp(`^${core}${preRelease}$`);
const comparator = String.raw`(?:[<>]=?|=|\^|~)?\s*v?(?:\d{1,16}|[xX*])(?:\.(?:\d{1,16}|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?`;
const range = new RegExp(`^${comparator}(?:(?:\\s+|\\s*\\|\\|\\s*|\\s+-\\s+)${comparator}){0,15}$`);

/**
 * Whether `text` is a version (semver 2.0.0 §2, §9) without build metadata: two versions that differ only in their
 * build would be one and the same to a range, and two different things to a hash.
 */
export function isVersion(text: string): boolean {
  return text.length <= limits.versionChars && version.test(text);
}

/** Whether `text` has the form of a semver range as npm reads it. */
export function isRange(text: string): boolean {
  return text.length <= 200 && range.test(text.trim());
}
