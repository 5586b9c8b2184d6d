/**
 * Names and references (docs/spec/names.md).
 *
 * A name is parsed once, where it comes in; from there on its type says that it is good. Names are lower-case ASCII:
 * no two names look alike, and none needs escaping in a path, a URL or a DNS label, on any file system.
 */
import { parseHashPrefix } from './digest.ts';
import { printable, RegistryError } from './errors.ts';
import { limits } from './limits.ts';
import { isRange, isVersion } from './version-syntax.ts';

declare const brand: unique symbol;
/** `alice`: names.md §1. */
export type Author = string & { readonly [brand]: 'Author' };
/** `@alice/strings`: names.md §2. */
export type ModuleName = string & { readonly [brand]: 'ModuleName' };

const label = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Names of devices that Windows finds in every folder: a module of such a name could not be checked out there. */
const deviceName = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** @throws RegistryError BAD_NAME (names.md §1) */
export function parseAuthor(text: string): Author {
  assertLabel(text, { what: 'author', max: limits.authorChars });
  return text as Author;
}

/** Parses `@author/name`. @throws RegistryError BAD_NAME (names.md §2) */
export function parseModuleName(text: string): ModuleName {
  const slash = text.indexOf('/');
  if (!text.startsWith('@') || slash < 0) {
    throw new RegistryError(
      'BAD_NAME',
      `wanted a module name such as @alice/strings, found '${printable(text)}'`,
    );
  }
  assertLabel(text.slice(1, slash), { what: 'author', max: limits.authorChars });
  assertLabel(text.slice(slash + 1), { what: 'module', max: limits.nameChars });
  return text as ModuleName;
}

export function isModuleName(text: string): text is ModuleName {
  try {
    parseModuleName(text);
    return true;
  } catch {
    return false;
  }
}

/** Joins parts that are already good. */
export function moduleName(author: string, name: string): ModuleName {
  return parseModuleName(`@${author}/${name}`);
}

export function authorOf(name: ModuleName): Author {
  return name.slice(1, name.indexOf('/')) as Author;
}

/** The part after the slash. */
export function shortName(name: ModuleName): string {
  return name.slice(name.indexOf('/') + 1);
}

/** What follows the second `@` of a reference (names.md §3). */
export type Selector =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly version: string }
  | { readonly kind: 'range'; readonly range: string }
  | { readonly kind: 'tag'; readonly tag: string }
  | { readonly kind: 'hash'; readonly prefix: string };

export interface Ref {
  readonly name: ModuleName;
  readonly selector: Selector;
}

/** Parses `@author/name[@selector]`. @throws RegistryError BAD_NAME, BAD_REF (names.md §3) */
export function parseRef(text: string): Ref {
  const at = text.indexOf('@', 1);
  if (at < 0) return { name: parseModuleName(text), selector: { kind: 'any' } };
  return { name: parseModuleName(text.slice(0, at)), selector: parseSelector(text.slice(at + 1)) };
}

/**
 * Parses a selector: an exact version, a hash (`sha256:` or at least 8 hex digits), a semver range, else a tag.
 * @throws RegistryError BAD_REF (names.md §3)
 */
export function parseSelector(text: string): Selector {
  if (text === '' || text === '*') return { kind: 'any' };
  if (text.length > limits.rangeChars) throw badSelector(text);
  if (isVersion(text)) return { kind: 'exact', version: text };
  const prefix = parseHashPrefix(text);
  if (prefix !== undefined) return { kind: 'hash', prefix };
  if (isTag(text)) return { kind: 'tag', tag: text };
  if (isRange(text)) return { kind: 'range', range: text };
  throw badSelector(text);
}

/** Whether `text` can be a tag: a label that starts with a letter and is no range (`x`, `v1`) or hash (`deadbeef`). */
export function isTag(text: string): boolean {
  return (
    text.length <= limits.tagChars &&
    label.test(text) &&
    /^[a-z]/.test(text) &&
    !/^(?:x|v\d+)$/.test(text) &&
    parseHashPrefix(text) === undefined
  );
}

export function formatSelector(selector: Selector): string {
  switch (selector.kind) {
    case 'any':
      return '*';
    case 'exact':
      return selector.version;
    case 'range':
      return selector.range;
    case 'tag':
      return selector.tag;
    case 'hash':
      return `sha256:${selector.prefix}`;
  }
}

export function formatRef({ name, selector }: Ref): string {
  return selector.kind === 'any' ? name : `${name}@${formatSelector(selector)}`;
}

/** The identity of a registry: a DNS name in lower case, at least two labels (names.md §4). @throws BAD_NAME */
export function parseRegistryName(text: string): string {
  const labels = text.split('.');
  if (
    text.length > 253 ||
    labels.length < 2 ||
    labels.some((part) => part.length > 63 || !label.test(part)) ||
    // It is the name of a folder in the cache, too.
    deviceName.test(labels[0] ?? '')
  ) {
    throw new RegistryError(
      'BAD_NAME',
      `wanted a registry name such as registry.example.org, found '${printable(text)}'`,
    );
  }
  return text;
}

function badSelector(text: string): RegistryError {
  return new RegistryError('BAD_REF', `'${printable(text)}' is no version, range, tag or content hash`, {
    hint: 'For instance @alice/strings@1.2.0, @^1.2.0, @latest or @sha256:<at least 8 hex digits>.',
  });
}

function assertLabel(text: string, { what, max }: { what: string; max: number }): void {
  if (text.length <= max && label.test(text) && !deviceName.test(text)) return;
  const hint =
    text !== text.toLowerCase()
      ? `Names are in lower case: '${printable(text.toLowerCase())}'.`
      : `Letters a-z, digits and single inner hyphens, at most ${max} characters.`;
  throw new RegistryError('BAD_NAME', `'${printable(text)}' is no good ${what} name`, { hint });
}
