/** What search knows of a module: what is shown of a hit, filtered by and ranked by (docs/spec/search.md §2). */
import {
  type Author,
  authorOf,
  decode as d,
  type JsonObject,
  limits,
  type ModuleKind,
  type ModuleName,
  moduleKinds,
  parseModuleName,
} from '@mlld/format';

export interface SearchRecord {
  /** Stable: follows from the name alone, the same in every build and every registry. */
  readonly id: number;
  readonly name: ModuleName;
  readonly author: Author;
  readonly kind: ModuleKind;
  /** The version that `latest` names. */
  readonly version: string;
  readonly about: string;
  readonly keywords: readonly string[];
  /** Canonical tags, sorted: what keywords mean after aliases. */
  readonly categories: readonly string[];
  readonly needs: readonly string[];
  readonly licence: string;
  /** Names of exports, in the order of the module. */
  readonly exports: readonly string[];
  /** Headings of its documentation. Searched in; left out of what a search returns. */
  readonly headings: readonly string[];
  /** Modules that it imports. */
  readonly depends: readonly ModuleName[];
  /** Day of the newest statement about it, `2026-01-31`; nothing where no statement has a time. */
  readonly updated: string;
  /** Signed by its author. */
  readonly signed: boolean;
  /** Reviewed by somebody whom the registry's roots reach. */
  readonly reviewed: boolean;
  /** Its bytes match, and no open advisory is about it. */
  readonly safe: boolean;
  /** Trust score, 0 to 100 (score.md); absent where there is insufficient data. */
  readonly score?: number;
  /** Quality score, 0 to 100; absent where nothing was measured. */
  readonly quality?: number;
  readonly deprecated: boolean;
  /** Every version is yanked. */
  readonly yanked: boolean;
}

/** Longest lists and texts that search keeps of one module: a module can't fill the index. */
export const recordLimits = {
  keywords: limits.keywords,
  categories: 10,
  needs: 20,
  exports: 200,
  headings: 60,
  headingChars: 100,
  depends: limits.importsPerRelease,
} as const;

/** A number that follows from a name: FNV-1a over its characters, with 48 bits, so that it is exact in JSON. */
export function recordId(name: ModuleName): number {
  let low = 0x811c9dc5;
  let high = 0x1505;
  for (let i = 0; i < name.length; i++) {
    low = Math.imul(low ^ name.charCodeAt(i), 0x01000193) >>> 0;
    high = (Math.imul(high, 31) + (low >>> 16) + name.charCodeAt(i)) & 0xffff;
  }
  return high * 0x1_0000_0000 + low;
}

const flagBits = { signed: 1, reviewed: 2, safe: 4, deprecated: 8, yanked: 16 } as const;

/** The form in which records travel: short member names, and nothing where there is nothing. */
export function encodeRecord(record: SearchRecord): JsonObject {
  const flags = Object.entries(flagBits).reduce(
    (sum, [name, bit]) => sum + (record[name as keyof typeof flagBits] ? bit : 0),
    0,
  );
  const list = (values: readonly string[]) => (values.length === 0 ? undefined : [...values]);
  return d.compact({
    n: record.name as string,
    t: record.kind === 'module' ? undefined : record.kind,
    v: record.version,
    a: record.about === '' ? undefined : record.about,
    k: list(record.keywords),
    c: list(record.categories),
    e: list(record.needs),
    l: record.licence,
    x: list(record.exports),
    h: list(record.headings),
    d: list(record.depends),
    u: record.updated === '' ? undefined : record.updated,
    f: flags,
    s: record.score,
    q: record.quality,
  }) as JsonObject;
}

/** @throws RegistryError BAD_SHAPE */
export function decodeRecord(value: JsonObject, $ = 'search record: $'): SearchRecord {
  const texts = (chars: number, most: number) => (member: string) =>
    d.array(d.text(chars), most)(value[member] ?? [], `${$}.${member}`);
  const name = d.parsed(parseModuleName)(value.n, `${$}.n`);
  const flags = d.integer(0, 31)(value.f, `${$}.f`);
  return d.compact({
    id: recordId(name),
    name,
    author: authorOf(name),
    kind: d.literal(...moduleKinds)(value.t ?? 'module', `${$}.t`),
    version: d.text(limits.versionChars)(value.v, `${$}.v`),
    about: d.text(limits.aboutChars)(value.a ?? '', `${$}.a`),
    keywords: texts(limits.keywordChars, recordLimits.keywords)('k'),
    categories: texts(limits.keywordChars, recordLimits.categories)('c'),
    needs: texts(50, recordLimits.needs)('e'),
    licence: d.text(100)(value.l, `${$}.l`),
    exports: texts(100, recordLimits.exports)('x'),
    headings: texts(recordLimits.headingChars, recordLimits.headings)('h'),
    depends: d.array(d.parsed(parseModuleName), recordLimits.depends)(value.d ?? [], `${$}.d`),
    updated: day(value.u ?? '', `${$}.u`),
    signed: (flags & flagBits.signed) !== 0,
    reviewed: (flags & flagBits.reviewed) !== 0,
    safe: (flags & flagBits.safe) !== 0,
    deprecated: (flags & flagBits.deprecated) !== 0,
    yanked: (flags & flagBits.yanked) !== 0,
    score: d.optional(d.integer(0, 100))(value.s, `${$}.s`),
    quality: d.optional(d.integer(0, 100))(value.q, `${$}.q`),
  });
}

const day: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (found !== '' && !/^\d{4}-\d\d-\d\d$/.test(found))
    throw d.badShape(path, 'a day such as 2026-01-31', found);
  return found;
};
