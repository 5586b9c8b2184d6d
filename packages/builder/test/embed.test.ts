/** Providers of vectors: a static model from hostile files, an endpoint over a real socket, and a registry that uses them (search.md §10). */
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import path from 'node:path';
import { parseRegistryInfo } from '@mlld/format';
import { openSearch } from '@mlld/search';
import { tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { codeOf } from '../../search/test/fixture/code-of.ts';
import { build } from '../src/index.ts';
import { endpoint } from '../src/search/embed/endpoint.ts';
import { openModel2vec } from '../src/search/embed/model2vec.ts';
import { searchWith } from '../src/search/output.ts';
import { registryFile, releaseFiles, smallRegistry, writeFiles } from './registry.ts';

interface ModelSpec {
  readonly dtype?: 'F32' | 'F16' | 'F64';
  readonly weights?: boolean;
  readonly mapping?: readonly number[];
  readonly tokenizer?: object;
}

const vocabulary = ['[PAD]', '[UNK]', 'text', 'word', '##s', 'price'];
const rows = [
  [0, 0, 0],
  [9, 9, 9],
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 0.5],
  [0, -2, 2],
];

function tokenizer(model: object = {}): object {
  return {
    added_tokens: [{ id: 0, content: '[PAD]', special: true }],
    normalizer: { type: 'BertNormalizer', lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      vocab: Object.fromEntries(vocabulary.map((one, i) => [one, i])),
      ...model,
    },
  };
}

/** The files of a model, as model2vec writes them. */
function model({ dtype = 'F32', weights = false, mapping, tokenizer: said = tokenizer() }: ModelSpec = {}) {
  const half = new Map([
    [0, 0],
    [1, 0x3c00],
    [9, 0x4880],
    [0.5, 0x3800],
    [-2, 0xc000],
    [2, 0x4000],
  ]);
  const numbers = rows.flat();
  const bodies: [string, string, number[], Buffer][] = [
    [
      'embeddings',
      dtype,
      [rows.length, 3],
      Buffer.concat(
        numbers.map((one) => {
          const out = Buffer.alloc({ F32: 4, F16: 2, F64: 8 }[dtype]);
          if (dtype === 'F16') out.writeUInt16LE(half.get(one) ?? 0);
          else if (dtype === 'F32') out.writeFloatLE(one);
          else out.writeDoubleLE(one);
          return out;
        }),
      ),
    ],
  ];
  if (weights) bodies.push(['weights', 'F32', [6], Buffer.from(new Float32Array([1, 1, 3, 1, 1, 1]).buffer)]);
  if (mapping !== undefined)
    bodies.push(['mapping', 'I32', [mapping.length], Buffer.from(new Int32Array(mapping).buffer)]);
  let end = 0;
  const header = Object.fromEntries(
    bodies.map(([name, type, shape, body]) => {
      const from = end;
      end += body.length;
      return [name, { dtype: type, shape, data_offsets: [from, end] }];
    }),
  );
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return {
    model: Buffer.concat([length, json, ...bodies.map(([, , , body]) => body)]),
    tokenizer: Buffer.from(JSON.stringify(said)),
    config: Buffer.from(JSON.stringify({ model_type: 'model2vec', normalize: true })),
  };
}

describe('a static model', () => {
  test.for(['F32', 'F16', 'F64'] as const)(
    'of %s gives the mean of the rows of its pieces',
    async (dtype) => {
      const { embed, dims, terms } = openModel2vec(model({ dtype }));
      expect(dims).toBe(3);
      expect(terms?.rows.map(({ key }) => key)).toEqual(['text', 'word', '##s', 'price']);
      const found = await embed(['Text', 'words price', '[UNK] [PAD] zzz', '']);
      expect(found.map((one) => one && [...one])).toEqual([[127, 0, 0], [0, -51, 127], undefined, undefined]);
    },
  );

  it('may weigh its rows, and share them', async () => {
    const weighed = await openModel2vec(model({ weights: true })).embed(['text word']);
    expect([...weighed[0]!]).toEqual([127, 42, 0]);
    const shared = await openModel2vec(model({ mapping: [0, 1, 3, 2, 4, 5] })).embed(['text']);
    expect([...shared[0]!]).toEqual([0, 127, 0]);
  });

  test.for([
    [
      'of another kind of tokens',
      model({ tokenizer: tokenizer({ type: 'Unigram' }) }),
      'UNSUPPORTED_VERSION',
    ],
    [
      'with another normaliser',
      model({ tokenizer: { ...tokenizer(), normalizer: { type: 'Replace' } } }),
      'UNSUPPORTED_VERSION',
    ],
    [
      'with another pre-tokeniser',
      model({ tokenizer: { ...tokenizer(), pre_tokenizer: { type: 'Metaspace' } } }),
      'UNSUPPORTED_VERSION',
    ],
    [
      'whose tokenizer names a row that is not there',
      model({ tokenizer: tokenizer({ vocab: { a: 6 } }) }),
      'BAD_SHAPE',
    ],
    ['whose mapping leads out of it', model({ mapping: [0, 1, 2, 3, 4, 6] }), 'BAD_SHAPE'],
    ['with a header of endless length', { ...model(), model: Buffer.alloc(64, 255) }, 'BAD_SHAPE'],
    ['of eight bytes', { ...model(), model: Buffer.alloc(8) }, 'BAD_JSON'],
    [
      'with prototypes for terms',
      model({ tokenizer: tokenizer({ vocab: JSON.parse('{"__proto__": 1}') }) }),
      'BAD_JSON',
    ],
  ] as const)('%s is refused with a code', ([, files, code]) => {
    expect(codeOf(() => openModel2vec(files))).toBe(code);
  });

  it('whose bytes are cut or changed is read or refused with a code', () => {
    const whole = model({ weights: true });
    for (let end = 0; end < whole.model.length; end += 3)
      expect(codeOf(() => openModel2vec({ ...whole, model: whole.model.subarray(0, end) }))).toBeDefined();
    const codes = ['BAD_SHAPE', 'BAD_JSON', 'TOO_LARGE', 'UNSUPPORTED_VERSION', undefined];
    fc.assert(
      fc.property(
        fc.constantFrom('model', 'tokenizer', 'config'),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (file, at, flip) => {
          const bytes = Buffer.from(whole[file]);
          bytes[at % bytes.length]! ^= flip;
          expect(codes).toContain(codeOf(() => openModel2vec({ ...whole, [file]: bytes })));
        },
      ),
      { numRuns: 400 },
    );
  });
});

describe('an endpoint', () => {
  const asked: { body: { input: string[]; model: string; dimensions?: number }; key: string | undefined }[] =
    [];
  let answers: ((response: ServerResponse, input: string[]) => void)[] = [];
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const part of request) text += String(part);
    const body = JSON.parse(text);
    asked.push({ body, key: request.headers.authorization });
    const answer = answers.shift() ?? good;
    answer(response, body.input);
  });
  const good = (response: ServerResponse, input: string[]): void => {
    const data = input.map((one, index) => ({
      index,
      embedding: [one.length, /text/i.test(one) ? 50 : 0, 1],
    }));
    response.end(JSON.stringify({ object: 'list', data: data.reverse() }));
  };
  const says = (status: number, text: string) => (response: ServerResponse) => {
    response.statusCode = status;
    response.end(text);
  };
  let url = '';
  beforeAll(async () => {
    await new Promise<void>((go) => server.listen(0, '127.0.0.1', go));
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1`;
  });
  afterAll(() => void server.close());
  const config = () => ({ provider: 'endpoint', url, model: 'test', words: 0, dimensions: 3 }) as const;

  it('is asked in batches, in any order of answers, and again while it is busy', async () => {
    asked.length = 0;
    answers = [says(429, ''), says(503, 'later')];
    const texts = Array.from({ length: 130 }, (_, i) => 'x'.repeat(i + 1));
    const found = await endpoint(config(), { key: 'secret', pauseMs: 1 })(texts);
    expect(found.map(([first]) => first)).toEqual(texts.map((text) => text.length));
    expect(asked.map(({ body }) => body.input.length)).toEqual([64, 64, 64, 64, 2]);
    expect(asked[0]).toMatchObject({ key: 'Bearer secret', body: { model: 'test', dimensions: 3 } });
  });

  test.for([
    ['that refuses', says(401, 'no secret'), 'HTTP_STATUS'],
    [
      'that sends elsewhere',
      (response: ServerResponse) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
      'UNREACHABLE',
    ],
    ['that is always busy', says(500, ''), 'UNREACHABLE'],
    [
      'that breaks off',
      (response: ServerResponse) => response.write('{"data":', () => response.destroy()),
      'UNREACHABLE',
    ],
    ['that says no JSON', says(200, '<html>'), 'BAD_JSON'],
    ['that says too little', says(200, '{"data":[]}'), 'BAD_SHAPE'],
    ['that says no numbers', says(200, '{"data":[{"index":0,"embedding":["1"]}]}'), 'BAD_SHAPE'],
    ['that counts wrongly', says(200, '{"data":[{"index":7,"embedding":[1]}]}'), 'BAD_SHAPE'],
  ] as const)('%s is an error with a code that tells no key', async ([, answer, code]) => {
    answers = Array.from({ length: 4 }, () => answer as (response: ServerResponse) => void);
    const error: unknown = await endpoint(config(), { key: 'secret', pauseMs: 1 })(['a']).catch(
      (one: unknown) => one,
    );
    expect(error).toMatchObject({ code });
    expect(JSON.stringify([error, (error as Error).message, (error as Error).cause])).not.toContain('secret');
    answers = [];
  });

  it('is asked again when it says, unless that is too long to wait for', async () => {
    const later = (after: string) => (response: ServerResponse) =>
      response.writeHead(429, { 'retry-after': after }).end();
    asked.length = 0;
    answers = [later('0'), later(new Date(0).toUTCString())];
    // By itself it would wait an hour.
    const patient = { pauseMs: 3_600_000 };
    expect(await endpoint(config(), patient)(['text'])).toHaveLength(1);
    expect(asked).toHaveLength(3);
    answers = [later('3600')];
    await expect(endpoint(config(), { pauseMs: 1 })(['text'])).rejects.toMatchObject({
      code: 'UNREACHABLE',
      message: expect.stringContaining('429, for 3600 s'),
    });
    expect(asked).toHaveLength(4);
  });

  it('over an open line to another machine is not asked', () => {
    expect(codeOf(() => endpoint({ ...config(), url: 'http://example.org/v1' }, {}))).toBe('BAD_CONFIG');
  });

  it('gives a registry its vectors; while it is down the index is made without, and said so', async () => {
    const dir = await tempDir();
    const [repo, out] = [dir.join('repo'), dir.join('out')];
    writeFiles(repo, smallRegistry());
    const embeddings = { provider: 'endpoint', url, model: 'test', words: 50 };
    writeFiles(repo, new Map([registryFile({ embeddings })]));
    const warnings: string[] = [];
    const outputs = [searchWith({ pauseMs: 1, warn: (text) => warnings.push(text) })];
    answers = Array.from({ length: 4 }, () => says(500, ''));
    await build(repo, { out, offline: true, outputs });
    expect(warnings).toEqual([expect.stringContaining('has no vectors of some modules: http://127.0.0.1')]);
    // The words answer alone, and say so.
    const without = await like(out, 'strings');
    expect([without.meaning, without.hits[0]?.record.name]).toEqual([undefined, '@alice/strings']);
    writeFiles(repo, releaseFiles({ name: '@bob/lists', version: '9.0.0', minute: 29 }));
    await build(repo, { out, offline: true, outputs });
    expect(warnings).toHaveLength(1);
    const answer = await like(out, 'strings');
    expect(answer.meaning).toEqual({ provider: 'endpoint', model: 'test' });
    asked.length = 0;
    writeFiles(repo, releaseFiles({ name: '@alice/strings', version: '9.0.0', minute: 30 }));
    await build(repo, { out, offline: true, outputs });
    // Only what is new is asked for: no words again, no other module.
    expect(asked.flatMap(({ body }) => body.input).every((text) => text.includes('strings'))).toBe(true);
  });
});

async function like(out: string, question: string) {
  const read = async (file: string) => {
    try {
      return readFileSync(path.join(out, file));
    } catch {
      return undefined;
    }
  };
  return (await openSearch({ read, now: () => 0 })).like(question);
}

test('a registry says which vectors it wants, changes its mind, and may want none', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  const outputs = [searchWith({})];
  const run = async (embeddings: object | undefined) => {
    writeFiles(repo, new Map([registryFile(embeddings === undefined ? {} : { embeddings })]));
    await build(repo, { out, offline: true, outputs });
    return (await like(out, 'strings')).meaning?.provider;
  };
  writeFiles(repo, smallRegistry());
  expect(await run(undefined)).toBe('learnt');
  const files = model({
    tokenizer: tokenizer({ vocab: { '[UNK]': 1, strings: 2, lists: 3, report: 5 } }),
  });
  writeFiles(
    repo,
    new Map([
      ['embeddings/model.safetensors', files.model.toString('latin1')],
      ['embeddings/tokenizer.json', files.tokenizer.toString()],
    ]),
  );
  const { writeFileSync } = await import('node:fs');
  writeFileSync(path.join(repo, 'embeddings/model.safetensors'), files.model);
  expect(await run({ provider: 'model2vec', model: 'three words' })).toBe('model2vec');
  expect(await run({ provider: 'none' })).toBeUndefined();
});

test.for([
  [{ provider: 'magic' }],
  [{ provider: 'learnt', url: 'https://example.org/' }],
  [{ provider: 'endpoint', model: 'x' }],
  [{ provider: 'endpoint', url: 'https://example.org/', model: 'x', dimensions: 5000 }],
])('registry.json with embeddings %j is refused', ([embeddings]) => {
  const text = JSON.stringify({ v: 1, name: 'registry.example.org', embeddings });
  expect(codeOf(() => parseRegistryInfo(text))).toBe('BAD_SHAPE');
});
