/** Canonical JSON (RFC 8785): one text for one value, so that a hash of it means the value and not how it was written. */
import { RegistryError } from './errors.ts';
import type { Json } from './json.ts';

/** @throws RegistryError BAD_JSON for half of a surrogate pair or a number that JSON has not */
export function canonicalJson(value: Json): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new RegistryError('BAD_JSON', `canonical JSON: ${String(value)} is no number of JSON`);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  // Strings are compared by UTF-16 code units, as §3.2.3 wants.
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${quoted(name)}:${canonicalJson(one)}`).join(',')}}`;
}

function quoted(text: string): string {
  if (!text.isWellFormed())
    throw new RegistryError('BAD_JSON', 'canonical JSON: half of a surrogate pair in a string');
  return JSON.stringify(text);
}
