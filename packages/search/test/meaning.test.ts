/** Vectors: their files, what is learnt, what is near, and how both lists are fused (search.md §9, §10). */
import { isRegistryError, layout } from '@mlld/format';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  buildBase,
  buildMeaning,
  buildMeaningDelta,
  type CellEntry,
  decodeCell,
  decodeHead,
  decodeMeaningDelta,
  decodeTermRows,
  encodeCell,
  encodeDelta,
  encodeManifest,
  encodeTerms,
  indexVersion,
  knownTerms,
  learnFew,
  learnTerms,
  type MeaningHead,
  makeDelta,
  openSearch,
  passagesEach,
  quantise,
  stemsIn,
  sumOf,
  type TermRow,
  type Tokenizing,
  termTable,
} from '../src/index.ts';
import { cellsOf, centreOf, mostInCell, nearestCells } from '../src/meaning/cells.ts';
import { encodeHead, encodeMeaningDelta } from '../src/meaning/format.ts';
import { stemOf } from '../src/meaning/stem.ts';
import { cosine } from '../src/meaning/vector.ts';
import { fusion, proseOf } from '../src/search/like.ts';
import { now, packing, record } from './support.ts';

const dims = 4;
const vector = fc.int8Array({ minLength: dims, maxLength: dims });
const label = fc.stringMatching(/^[a-zA-Zäö]{0,12}$/);
const cell = fc.array(fc.record({ module: fc.nat(100_000), label, bytes: vector }), { maxLength: 20 });
const key = fc.oneof(
  fc.stringMatching(/^[a-z#]{1,8}$/),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 4 }),
);
const rows = fc
  .uniqueArray(fc.record({ key, scale: fc.float({ noNaN: true, noDefaultInfinity: true }), bytes: vector }), {
    selector: (row) => row.key,
    maxLength: 20,
  })
  .map((list) => list.sort((a, b) => (a.key < b.key ? -1 : 1)));

/** The error's code, or undefined where it is read. Whatever else happens is a failure. */
function codeOf(read: () => unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return error.code;
  }
}

describe('files', () => {
  it('give back what was written', () => {
    fc.assert(
      fc.property(cell, rows, (entries, terms) => {
        const read = decodeCell(encodeCell(entries), 'cell', dims);
        expect([...read.modules]).toEqual(entries.map(({ module }) => module));
        expect(read.labels).toEqual(entries.map((one) => one.label));
        expect([...read.bytes]).toEqual(entries.flatMap(({ bytes }) => [...bytes]));
        const found = decodeTermRows(encodeTerms(terms), 'terms', dims);
        expect(
          [...found].map(([one, row]) => ({ key: one, scale: row.scale, bytes: [...row.bytes] })),
        ).toEqual(terms.map((row) => ({ ...row, bytes: [...row.bytes] })));
        const delta = new Map([[7, entries.slice(0, 5)]]);
        const again = decodeMeaningDelta(encodeMeaningDelta(delta), 'delta', dims).get(7) ?? [];
        expect(again.map((one) => [one.label, ...one.bytes])).toEqual(
          entries.slice(0, 5).map((one) => [one.label, ...one.bytes]),
        );
      }),
      { numRuns: 60 },
    );
  });

  it('that are cut short, longer or changed are read or refused with a code, and never read beyond their end', () => {
    const head: MeaningHead = {
      ...{
        v: 1,
        base: '0123456789abcdef',
        provider: 'learnt',
        model: 'test',
        dims,
        each: 3,
        vectors: 9,
        cells: 2,
      },
      terms: { id: '0123456789abcdef', tokenizing: { kind: 'stems' }, routes: ['', 'm'] },
    };
    const headBytes = encodeHead(head, [new Int8Array([1, 2, 3, 4]), new Int8Array(4)]);
    const readers: [Uint8Array, (bytes: Uint8Array) => unknown][] = [
      [headBytes, (bytes) => decodeHead(bytes, 'head')],
      [
        encodeCell([
          { module: 3, label: 'pad', bytes: new Int8Array(dims).fill(5) },
          { module: 300, label: '', bytes: new Int8Array(dims).fill(-5) },
        ]),
        (bytes) => decodeCell(bytes, 'cell', dims),
      ],
      [
        encodeTerms(
          ['a', 'ab', 'b'].map((one) => ({ key: one, scale: 1, bytes: new Int8Array(dims).fill(9) })),
        ),
        (bytes) => decodeTermRows(bytes, 'terms', dims),
      ],
      [
        encodeMeaningDelta(new Map([[2, [{ label: 'x', bytes: new Int8Array(dims).fill(1) }]]])),
        (bytes) => decodeMeaningDelta(bytes, 'delta', dims),
      ],
    ];
    const codes = ['BAD_SHAPE', 'BAD_JSON', 'UNSUPPORTED_VERSION', 'TOO_LARGE', undefined];
    for (const [whole, read] of readers) {
      expect(codeOf(() => read(whole))).toBeUndefined();
      for (let end = 0; end < whole.length; end++)
        expect(codeOf(() => read(whole.slice(0, end)))).toBeDefined();
      expect(codeOf(() => read(Uint8Array.of(...whole, 0)))).toBeDefined();
      for (let at = 0; at < whole.length; at++)
        for (const flip of [1, 128, 255]) {
          const other = whole.slice();
          other[at]! ^= flip;
          expect(codes).toContain(codeOf(() => read(other)));
        }
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const [, read] of readers) expect(codes).toContain(codeOf(() => read(bytes)));
      }),
    );
  });
});

describe('cells', () => {
  it('hold every vector once, none more than a file takes, and a vector is nearest to a cell that has it', () => {
    const many: Int8Array[] = Array.from({ length: 1500 }, (_, i) =>
      Int8Array.from({ length: 64 }, (_, k) =>
        Math.round(100 * Math.sin((i + 1) * 0.37 * ((k % 7) + 1) + (i % 5))),
      ),
    );
    const cells = cellsOf(many, 64);
    expect(cells.flat().sort((a, b) => a - b)).toEqual(many.map((_, i) => i));
    for (const one of cells) expect(one.length).toBeLessThanOrEqual(mostInCell(64));
    expect(cellsOf(many, 64)).toEqual(cells);
    const centres = new Int8Array(cells.length * 64);
    for (const [n, one] of cells.entries()) centres.set(centreOf(one, many, 64), n * 64);
    let found = 0;
    for (let i = 0; i < many.length; i += 10) {
      const near = nearestCells(sumOf([{ scale: 1, bytes: many[i]! }], 64)!, centres, 4);
      if (near.some((n) => cells[n]!.includes(i))) found++;
    }
    expect(found).toBeGreaterThan(0.9 * (many.length / 10));
  });

  it('end also where all vectors are one', () => {
    const same = Array.from({ length: 400 }, () => new Int8Array(64).fill(3));
    expect(cellsOf(same, 64).flat()).toHaveLength(400);
    expect(cellsOf([], 64)).toEqual([]);
  });
});

test.for([
  ['splitting', 'split'],
  ['sentences', 'sentenc'],
  ['relational', 'relat'],
  ['hopping', 'hop'],
  ['happy', 'happi'],
  ['agreed', 'agre'],
  ['adoption', 'adopt'],
  ['controlling', 'control'],
  ['yes', 'ye'],
  ['sha256', 'sha256'],
  ['größe', 'größe'],
])('the stem of %s is %s', ([word, stem]) => {
  expect(stemOf(word!)).toBe(stem);
});

test('stems of a text are those of its words and of the parts of its symbols', () => {
  expect(stemsIn('the padStart of HTMLTables')).toEqual(['pad', 'start', 'html', 'tabl']);
  expect(stemsIn('how to do it')).toEqual(['how', 'to', 'do', 'it']);
});

describe('word pieces', () => {
  const bert: Tokenizing = {
    kind: 'wordpiece',
    ...{ lowercase: true, stripAccents: true, han: true, goesOn: '##', mostChars: 100 },
  };
  const table = termTable(new Map(['un', '##aff', '##able', 'una', 'e', ',', '中'].map((one) => [one, one])));

  it('are the longest ones that fit, as BERT cuts them', () => {
    expect(knownTerms('Unaffable, É中中', bert, table)).toEqual([',', 'e', '中', '中']);
    expect(
      knownTerms('unaffable', bert, termTable(new Map(['un', '##aff', '##able'].map((one) => [one, one])))),
    ).toEqual(['un', '##aff', '##able']);
  });

  it('of the same text are the same from files that are read when they are needed', async () => {
    const pieces = ['a', 'b', 'ab', 'abc', '##a', '##b', '##bc', '##cab', 'ca', 'c', '##c'];
    const many = Array.from({ length: 3000 }, (_, i) => `w${i.toString(36)}`);
    const all = [...pieces, ...many];
    const terms: TermRow[] = all.map((one, i) => ({
      key: one,
      ...quantise(Float32Array.from({ length: 64 }, (_, k) => Math.cos(i * (k + 1)))),
    }));
    const base = buildBase([record('@alice/one')], packing);
    const meaning = buildMeaning(
      {
        ...{ base: base.info.id, provider: 'model2vec', model: 'test', dims: 64, each: 1 },
        entries: [{ module: 0, label: '', bytes: terms[0]!.bytes }],
        terms: { tokenizing: bert, rows: terms },
      },
      packing,
    );
    const files = new Map([...base.files(), ...meaning.termFiles, ...meaning.files]);
    files.set(
      layout.searchManifest,
      packing.deflate(
        new TextEncoder().encode(
          encodeManifest({ v: indexVersion, base: base.info, meaning: { id: meaning.id } }),
        ),
      ),
    );
    const { openMeaning } = await import('../src/meaning/read.ts');
    const { inflate } = await import('../src/files/bytes.ts');
    const opened = await openMeaning(
      { id: meaning.id },
      { read: async (path) => files.get(path), inflate },
      { first: 1 },
    );
    const whole = termTable(new Map(terms.map((row) => [row.key, row])));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.stringMatching(/^[abc]{1,9}$/), fc.constantFrom(...many)), { maxLength: 6 }),
        async (words) => {
          const text = words.join(' ');
          expect(await opened.embed(text)).toEqual(sumOf(knownTerms(text, bert, whole), 64));
        },
      ),
      { numRuns: 60 },
    );
  });
});

const texts: readonly (readonly [string, string])[] = [
  ['@alice/strings', 'Cut a sentence into words. Split text. Words and letters of a sentence.'],
  ['@alice/dates', 'Calendar days and months. Weekdays of a month. A day of the week.'],
  ['@alice/money', 'Prices with taxes. An invoice has a price and a tax.'],
  ['@bob/letters', 'Letters of a word. Capital letters. A sentence of words.'],
  ['@bob/invoices', 'Invoices with prices. Send an invoice to pay.'],
];

async function searchOver(list: typeof texts, changed: typeof texts = []) {
  const base = buildBase(
    list.map(([name, about]) => record(name, { about })),
    packing,
  );
  const rows = learnTerms(
    list.map(([, text]) => text),
    learnFew,
  );
  const table = termTable(new Map(rows.map((row) => [row.key, row])));
  const bytesOf = (text: string) => quantise(sumOf(knownTerms(text, { kind: 'stems' }, table), 64)!).bytes;
  const about = new Map<string, string>(list);
  const entries: CellEntry[] = base.records.map(({ name }, module) => ({
    module,
    label: 'only',
    bytes: bytesOf(about.get(name)!),
  }));
  const meaning = buildMeaning(
    {
      ...{ base: base.info.id, provider: 'learnt', model: 'words of this registry', dims: 64, each: 32 },
      entries,
      terms: { tokenizing: { kind: 'stems' }, rows },
    },
    packing,
  );
  const files = new Map([...base.files(), ...meaning.termFiles, ...meaning.files]);
  const delta = makeDelta(base.info.id, {
    records: { size: base.records.length, at: (at) => base.records[at] },
    gone: changed.flatMap(([name]) => {
      const at = base.records.findIndex((one) => one.name === name);
      return at < 0 ? [] : [at];
    }),
    changed: changed.map(([name, text]) => record(name, { about: text })),
  });
  const deltaBytes = packing.deflate(new TextEncoder().encode(encodeDelta(delta)));
  const deltaName = packing.sha256(deltaBytes).slice(0, 16);
  const vectors = buildMeaningDelta(
    new Map(
      delta.records.map((one, place) => [
        place,
        [{ label: 'new', bytes: bytesOf(new Map(changed).get(one.name)!) }],
      ]),
    ),
    packing,
  );
  if (changed.length > 0) {
    files.set(layout.searchDelta(deltaName), deltaBytes);
    files.set(layout.searchMeaningDelta(vectors.name), vectors.bytes);
  }
  const manifest = encodeManifest({
    v: indexVersion,
    base: base.info,
    ...(changed.length > 0 ? { delta: deltaName } : {}),
    meaning: { id: meaning.id, ...(changed.length > 0 ? { delta: vectors.name } : {}) },
  });
  files.set(layout.searchManifest, packing.deflate(new TextEncoder().encode(manifest)));
  const asked: string[] = [];
  const search = await openSearch({
    now: () => now,
    read: async (path) => {
      asked.push(path);
      return files.get(path);
    },
  });
  return { search, files, asked };
}

describe('a question', () => {
  it('finds what shares no word with it, and says how', async () => {
    const { search, asked } = await searchOver(texts);
    const { hits, meaning, notes } = await search.like('calendar');
    expect(meaning).toEqual({ provider: 'learnt', model: 'words of this registry' });
    expect(notes).toEqual([]);
    expect(hits[0]?.record.name).toBe('@alice/dates');
    expect(hits[0]?.like).toMatchObject({ text: 1, meaning: { place: 1, label: 'only' } });
    expect(hits[0]?.like.score).toBeCloseTo(2 / (fusion + 1), 10);
    expect(asked.length).toBeLessThan(12);
    const taxes = await search.like('tax', { by: 'meaning' });
    expect(taxes.hits.map(({ record: { name } }) => name).slice(0, 2)).toEqual([
      '@alice/money',
      '@bob/invoices',
    ]);
    expect(taxes.hits[1]?.why).toMatchObject({ match: 'any', words: [] });
    expect(taxes.hits[1]?.like.text).toBeUndefined();
  });

  it('is narrowed by properties, which are no part of what is asked', async () => {
    const { search } = await searchOver(texts);
    const { hits, total } = await search.like('a sentence of letters author:bob -invoices', { facets: true });
    expect(hits.map(({ record: { name } }) => name)).toEqual(['@bob/letters']);
    expect(total).toBe(1);
    expect(proseOf('wrap "long text" needs:js -html is:signed')).toBe('wrap  long text ');
  });

  it('finds what changed since the index was made, and no longer what is gone', async () => {
    const { search } = await searchOver(texts, [
      ['@alice/dates', 'Prices. An invoice with taxes.'],
      ['@carol/weeks', 'Weekdays of a calendar month.'],
    ]);
    const { hits } = await search.like('calendar');
    expect(hits[0]?.record.name).toBe('@carol/weeks');
    expect(hits[0]?.like.meaning?.label).toBe('new');
    expect(hits.find(({ record: { name } }) => name === '@alice/dates')?.like.text).toBeUndefined();
  });

  it('of unknown words, and one without vectors, is answered by words alone and says so', async () => {
    const { search, files } = await searchOver(texts);
    const unknown = await search.like('zzz');
    expect(unknown.hits).toEqual([]);
    expect(unknown.notes).toHaveLength(1);
    expect(unknown.meaning).toBeUndefined();
    const base = buildBase([record('@alice/strings', { about: 'split text' })], packing);
    for (const [path, bytes] of base.files()) files.set(path, bytes);
    files.set(
      layout.searchManifest,
      packing.deflate(new TextEncoder().encode(encodeManifest({ v: indexVersion, base: base.info }))),
    );
    const bare = await openSearch({ now: () => now, read: async (path) => files.get(path) });
    const { hits, notes } = await bare.like('split a text into sentences');
    expect(hits.map(({ record: { name } }) => name)).toEqual(['@alice/strings']);
    expect(notes).toHaveLength(1);
  });

  it('is read by the model where that is at hand', async () => {
    const { files } = await searchOver(texts);
    const asked: string[] = [];
    const search = await openSearch({
      now: () => now,
      read: async (path) => files.get(path),
      embed: async (text, { dims: wanted }) => {
        asked.push(text);
        return new Float32Array(wanted).fill(1 / Math.sqrt(wanted));
      },
    });
    await search.like('anything kind:module');
    expect(asked).toEqual(['anything']);
  });
});

test('whoever fuses two lists puts first what stands well in both', async () => {
  const { search } = await searchOver(texts);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom('sentence', 'price', 'month', 'letters', 'invoice', 'tax', 'word'), {
        minLength: 1,
        maxLength: 4,
      }),
      async (words) => {
        const { hits } = await search.like(words.join(' '));
        const scores = hits.map(({ like: { text, meaning, score } }) => {
          const share = (place: number | undefined) => (place === undefined ? 0 : 1 / (fusion + place));
          expect(score).toBeCloseTo(share(text) + share(meaning?.place), 12);
          return score;
        });
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
      },
    ),
    { numRuns: 40 },
  );
});

test('what is learnt follows from the texts alone, and a vector has the direction of its text', () => {
  const list = texts.map(([, text]) => text);
  const first = learnTerms(list, learnFew);
  expect(learnTerms(list, learnFew)).toEqual(first);
  expect(first.map(({ key: one }) => one)).toEqual([...first.map(({ key: one }) => one)].sort());
  expect(learnTerms([], learnFew)).toEqual([]);
  expect(learnTerms(['', 'of the'], learnFew).length).toBeLessThan(3);
  const zero = quantise(new Float32Array([0, Number.NaN]));
  expect([...zero.bytes, zero.scale]).toEqual([0, 0, 0]);
  const { bytes } = quantise(new Float32Array([3, -4]));
  expect(cosine(new Float32Array([0.6, -0.8]), bytes)).toBeGreaterThan(0.999);
});

test('of many modules few texts each are kept', () => {
  expect([0, 21, 6250, 10_000, 100_000, 1_000_000].map(passagesEach)).toEqual([32, 32, 32, 20, 2, 1]);
});
