/** Indexes in memory, and registries of random modules. */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { authorOf, layout, type ModuleName } from '@mlld/format';
import fc from 'fast-check';
import {
  buildBase,
  encodeDelta,
  encodeManifest,
  indexVersion,
  type Manifest,
  makeDelta,
  openSearch,
  type Packing,
  recordId,
  type Search,
  type SearchRecord,
} from '../src/index.ts';

export const now = Date.UTC(2026, 5, 1);

export const packing: Packing = {
  deflate: (bytes) => deflateRawSync(bytes),
  sha256: (data) => createHash('sha256').update(data).digest('hex'),
};

export function record(name: string, more: Partial<SearchRecord> = {}): SearchRecord {
  const full = name as ModuleName;
  return {
    id: recordId(full),
    name: full,
    author: authorOf(full),
    kind: 'module',
    version: '1.0.0',
    about: '',
    keywords: [],
    categories: [],
    needs: [],
    licence: 'CC0',
    exports: [],
    headings: [],
    depends: [],
    updated: '2026-05-01',
    signed: true,
    reviewed: false,
    safe: true,
    deprecated: false,
    yanked: false,
    ...more,
  };
}

export interface Registry {
  readonly base: readonly SearchRecord[];
  /** What is another, or new, or gone since. */
  readonly changed?: readonly SearchRecord[];
  readonly gone?: readonly ModuleName[];
}

/** The files of an index. */
export function indexFiles({ base, changed = [], gone = [] }: Registry): Map<string, Uint8Array> {
  const built = buildBase(base, packing);
  const files = new Map<string, Uint8Array>(built.files());
  const text = (value: string) => packing.deflate(new TextEncoder().encode(value));
  const replaced = new Set<string>([...changed.map(({ name }) => name), ...gone]);
  const hasDelta = replaced.size > 0;
  if (hasDelta) {
    const delta = makeDelta(built.info.id, {
      records: { size: built.records.length, at: (ordinal) => built.records[ordinal] },
      gone: built.records.flatMap(({ name }, ordinal) => (replaced.has(name) ? [ordinal] : [])),
      changed,
    });
    files.set(layout.searchDelta('0'.repeat(16)), text(encodeDelta(delta)));
  }
  const manifest: Manifest = {
    v: indexVersion,
    base: built.info,
    ...(hasDelta ? { delta: '0'.repeat(16) } : {}),
  };
  files.set(layout.searchManifest, text(encodeManifest(manifest)));
  return files;
}

export function open(registry: Registry): Promise<Search> {
  const files = indexFiles(registry);
  return openSearch({ read: async (path) => files.get(path), now: () => now });
}

const words = [
  'json',
  'parse',
  'parser',
  'text',
  'texts',
  'format',
  'date',
  'time',
  'query',
  'queries',
  'http',
  'a',
];
const word = fc.constantFrom(...words);
const author = fc.constantFrom('alice', 'bob', 'carol-json');

export const anyRecord: fc.Arbitrary<SearchRecord> = fc
  .record({
    author,
    slug: fc.array(word, { minLength: 1, maxLength: 3 }),
    about: fc.array(word, { maxLength: 5 }),
    keywords: fc.uniqueArray(fc.array(word, { minLength: 1, maxLength: 2 }), { maxLength: 3 }),
    exports: fc.array(fc.tuple(word, word), { maxLength: 2 }),
    headings: fc.array(word, { maxLength: 2 }),
    needs: fc.subarray(['js', 'sh']),
    quality: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    score: fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined }),
    day: fc.integer({ min: 1, max: 28 }),
    signed: fc.boolean(),
    deprecated: fc.boolean(),
  })
  .map(
    ({
      author: by,
      slug,
      about,
      keywords,
      exports,
      headings,
      needs,
      quality,
      score,
      day,
      signed,
      deprecated,
    }) =>
      record(`@${by}/${slug.join('-')}`, {
        about: about.join(' '),
        keywords: keywords.map((parts) => parts.join('-')),
        exports: exports.map(([a, b]) => a + b.slice(0, 1).toUpperCase() + b.slice(1)),
        headings,
        needs,
        ...(quality === undefined ? {} : { quality }),
        ...(score === undefined ? {} : { score }),
        updated: `2026-05-${String(day).padStart(2, '0')}`,
        signed,
        deprecated,
      }),
  );

export const anyRecords = fc.uniqueArray(anyRecord, { selector: ({ name }) => name, maxLength: 30 });

export const anyQuery = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(
        fc.oneof(
          word,
          fc.constantFrom(
            '"parse json"',
            '-text',
            'author:alice',
            'needs:js',
            'is:signed',
            'tag:json',
            'par',
            'exports:jsonParse',
            'updated:>2026-05-10',
            'score:>50',
          ),
        ),
        { minLength: 1, maxLength: 3 },
      )
      .map((parts) => parts.join(' ')),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
);
