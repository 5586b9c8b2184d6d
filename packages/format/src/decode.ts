/**
 * From parsed JSON to typed values. A decoder takes a value and the JSON path it stands at, and either returns the typed
 * value or throws BAD_SHAPE that names the path, what was wanted and what was found.
 */
import { printable, RegistryError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';

export type Decoder<T> = (value: Json | undefined, path: string) => T;

export function badShape(path: string, wanted: string, found: Json | undefined): RegistryError {
  const shown = found === undefined ? 'nothing' : printable(JSON.stringify(found), 80);
  return new RegistryError('BAD_SHAPE', `${path}: wanted ${wanted}, found ${shown}`, { data: { path } });
}

export const object: Decoder<JsonObject> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw badShape(path, 'an object', value);
  return value as JsonObject;
};

export const string: Decoder<string> = (value, path) => {
  if (typeof value !== 'string') throw badShape(path, 'a text', value);
  return value;
};

/** A text of at most `max` characters without control characters other than newline and tab. */
export function text(max: number): Decoder<string> {
  return (value, path) => {
    const found = string(value, path);
    if (found.length > max) throw badShape(path, `a text of at most ${max} characters`, found);
    if (/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(found))
      throw badShape(path, 'a text without control characters', found);
    return found;
  };
}

export const boolean: Decoder<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw badShape(path, 'true or false', value);
  return value;
};

/** A whole number from `min` to `max`. */
export function integer(min: number, max = Number.MAX_SAFE_INTEGER): Decoder<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw badShape(path, `a whole number from ${min} to ${max}`, value);
    }
    return value;
  };
}

export function literal<const T extends string | number>(...allowed: readonly T[]): Decoder<T> {
  return (value, path) => {
    if (!allowed.includes(value as T))
      throw badShape(path, allowed.map((one) => JSON.stringify(one)).join(' or '), value);
    return value as T;
  };
}

export function array<T>(item: Decoder<T>, max: number): Decoder<T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw badShape(path, 'a list', value as Json);
    if (value.length > max) throw badShape(path, `at most ${max} entries`, value.length);
    return value.map((one, i) => item(one as Json, `${path}[${i}]`));
  };
}

/** An object used as a table with names that come from outside: always a `Map`. */
export function map<T>(
  item: Decoder<T>,
  max: number,
  key: (name: string) => unknown = () => undefined,
): Decoder<Map<string, T>> {
  return (value, path) => {
    const entries = Object.entries(object(value, path));
    if (entries.length > max) throw badShape(path, `at most ${max} members`, entries.length);
    return new Map(
      entries.map(([name, one]) => {
        at(path, () => key(name));
        return [name, item(one, `${path}.${printable(name)}`)];
      }),
    );
  };
}

export function optional<T>(decode: Decoder<T>): Decoder<T | undefined> {
  return (value, path) => (value === undefined ? undefined : decode(value, path));
}

/** Like `optional`, but today's files also write `null` for «none». */
export function nullable<T>(decode: Decoder<T>): Decoder<T | undefined> {
  return (value, path) => (value === undefined || value === null ? undefined : decode(value, path));
}

/** A text that `parse` turns into a branded type; its own error gets the JSON path in front. */
export function parsed<T>(parse: (text: string) => T): Decoder<T> {
  return (value, path) => at(path, () => parse(string(value, path)));
}

/** A UTC time as `Date.prototype.toISOString` writes it, or with whole seconds. */
export const instant: Decoder<string> = (value, path) => {
  const found = string(value, path);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(found) || Number.isNaN(Date.parse(found))) {
    throw badShape(path, 'a UTC time such as 2026-01-31T12:00:00Z', found);
  }
  return found;
};

/** An `http:`, `https:`, `file:` or `ipfs:`/`ar:` URL without credentials, in printable ASCII. */
export const url: Decoder<string> = (value, path) => {
  const found = string(value, path);
  const readable = found.length <= 2000 && /^[\x21-\x7e]+$/.test(found) && URL.canParse(found);
  const parsedUrl = readable ? new URL(found) : undefined;
  const allowed = ['https:', 'http:', 'file:', 'ipfs:', 'ar:'];
  if (
    parsedUrl === undefined ||
    !allowed.includes(parsedUrl.protocol) ||
    parsedUrl.username ||
    parsedUrl.password
  ) {
    throw badShape(path, 'a URL (https, http, file, ipfs, ar) without credentials', found);
  }
  return found;
};

/** Refuses members that the shape does not know: a typo in a signed statement must not pass as silence. */
export function onlyMembers(value: JsonObject, known: readonly string[], path: string): void {
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) throw badShape(path, `only the members ${known.join(', ')}`, name);
  }
}

/** Drops members that are undefined: for objects with exact optional members. */
export function compact<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const kept: Record<string, unknown> = {};
  for (const name in value) if (value[name] !== undefined) kept[name] = value[name];
  return kept as never;
}

function at<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.code === 'BAD_SHAPE') throw cause;
    throw new RegistryError(cause.code, `${path}: ${cause.message}`, {
      hint: cause.hint,
      cause,
      data: { path },
    });
  }
}
