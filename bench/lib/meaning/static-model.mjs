// A static embedding model in the files of model2vec, made of this project's own documentation: small and weak, true in form.
// Words are the sums of random signs of the words beside them (random indexing, Kanerva 2000), weighed by rarity.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../process.mjs';

const dims = 128;
const mostWords = 6000;
const near = 4;

/** Writes `model.safetensors`, `tokenizer.json` and `config.json`. */
export function writeStaticModel(folder) {
  const texts = markdown(root).map((file) => readFileSync(file, 'utf8').toLowerCase());
  const words = texts.map((text) => text.match(/[a-z]+|[0-9]/g) ?? []);
  const counts = new Map();
  for (const list of words) for (const word of list) counts.set(word, (counts.get(word) ?? 0) + 1);
  const vocabulary = [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .slice(0, mostWords)
    .map(([word]) => word);
  const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
  const endings = ['s', 'es', 'ed', 'ing', 'er', 'ly', 'tion'].map((one) => `##${one}`);
  const terms = [
    ...new Set([
      '[PAD]',
      '[UNK]',
      ...vocabulary,
      ...letters,
      ...letters.map((one) => `##${one}`),
      ...endings,
    ]),
  ];
  const places = new Map(terms.map((term, i) => [term, i]));
  const total = words.reduce((sum, list) => sum + list.length, 0);
  const rows = new Float32Array(terms.length * dims);
  for (const list of words)
    for (const [i, word] of list.entries()) {
      const row = places.get(word);
      if (row === undefined) continue;
      for (let j = Math.max(0, i - near); j <= Math.min(list.length - 1, i + near); j++)
        if (j !== i)
          addSigns(rows, row, {
            seed: places.get(list[j]) ?? 0,
            by: 1e-3 / (1e-3 + counts.get(list[j]) / total),
          });
    }
  const weights = Float32Array.from(terms, (term) => 1e-3 / (1e-3 + (counts.get(term) ?? 1) / total));
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    path.join(folder, 'model.safetensors'),
    safetensors({ embeddings: [normalised(rows), [terms.length, dims]], weights: [weights, [terms.length]] }),
  );
  writeFileSync(path.join(folder, 'tokenizer.json'), JSON.stringify(tokenizer(places)));
  writeFileSync(
    path.join(folder, 'config.json'),
    JSON.stringify({
      model_type: 'model2vec',
      architectures: ['StaticModel'],
      tokenizer_name: 'random indexing of these documents',
      normalize: true,
      hidden_dim: dims,
    }),
  );
}

function markdown(folder) {
  const inside = (name) => path.join(folder, name);
  return ['docs', 'docs/spec', 'docs/guides']
    .flatMap((name) =>
      readdirSync(inside(name))
        .filter((file) => file.endsWith('.md'))
        .sort()
        .map((file) => path.join(inside(name), file)),
    )
    .concat(
      readdirSync(inside('showcase'), { recursive: true })
        .filter((file) => /\.(?:md|mld)$/.test(file) && !file.includes('.test.'))
        .sort()
        .map((file) => path.join(inside('showcase'), file)),
    );
}

/** Adds eight signs at places that follow from `seed`. */
function addSigns(rows, row, { seed, by }) {
  let state = (seed + 1) * 2654435761;
  for (let i = 0; i < 8; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    rows[row * dims + ((state >>> 8) % dims)] += (state >>> 31 === 1 ? 1 : -1) * by;
  }
}

function normalised(rows) {
  for (let at = 0; at < rows.length; at += dims) {
    const length = Math.hypot(...rows.subarray(at, at + dims)) || 1;
    for (let i = at; i < at + dims; i++) rows[i] /= length;
  }
  return rows;
}

function safetensors(tensors) {
  const header = {};
  let end = 0;
  for (const [name, [values, shape]] of Object.entries(tensors)) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, end + 4 * values.length] };
    end += 4 * values.length;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const bodies = Object.values(tensors).map(([values]) =>
    Buffer.from(values.buffer, values.byteOffset, values.byteLength),
  );
  return Buffer.concat([length, json, ...bodies]);
}

function tokenizer(places) {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: ['[PAD]', '[UNK]'].map((content, id) => ({ id, content, special: true })),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: null,
    decoder: null,
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(places),
    },
  };
}
