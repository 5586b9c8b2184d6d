/**
 * A static embedding model that the operator put into the repository's folder `embeddings/` (search.md §10.3): `model.safetensors`,
 * `tokenizer.json`, `config.json`, as model2vec writes them. The vector of a text is the mean of the rows of its terms.
 */
import { decode as d, type JsonObject, limits, parseJson, RegistryError } from '@mlld/format';
import { quantise, type TermRow } from '@mlld/search';
import type { Tree } from '../../repository/tree.ts';
import { type Embedder, tableEmbedder } from './embedder.ts';
import { readTensors, type Tensor } from './safetensors.ts';
import { readTokenizer } from './tokenizer-json.ts';

export const modelFolder = 'embeddings';
const files = ['model.safetensors', 'tokenizer.json', 'config.json'] as const;

/** @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE, BAD_JSON, TOO_LARGE, UNSUPPORTED_VERSION */
export function readModel2vec(tree: Tree, title: string | undefined): Embedder {
  const [model, tokenizer, config] = files.map((file) => {
    const bytes = tree.read(
      `${modelFolder}/${file}`,
      file === 'model.safetensors' ? limits.embeddingBytes : limits.tokenizerBytes,
    );
    if (bytes === undefined && file !== 'config.json')
      throw new RegistryError(
        'FILE_NOT_FOUND',
        `${modelFolder}/${file}: the model of the registry is not there`,
        {
          hint: `Put ${files.join(', ')} of a model2vec model into ${modelFolder}/, or change embeddings in registry.json.`,
        },
      );
    return bytes;
  });
  return openModel2vec({ model: model!, tokenizer: tokenizer!, config }, title);
}

export interface Model2vecFiles {
  readonly model: Uint8Array;
  readonly tokenizer: Uint8Array;
  readonly config?: Uint8Array | undefined;
}

/** @throws RegistryError BAD_SHAPE, BAD_JSON, TOO_LARGE, UNSUPPORTED_VERSION */
export function openModel2vec({ model, tokenizer, config }: Model2vecFiles, title?: string): Embedder {
  const tensors = readTensors(model, files[0]);
  const { tokenizing, vocabulary } = readTokenizer(tokenizer, files[1]);
  const { embeddings, dims, rows } = tableIn(tensors);
  const place = rowsOf(tensors, rows);
  const weights = vectorIn(tensors, 'weights');
  const terms: TermRow[] = [];
  for (const [key, id] of vocabulary) {
    const from = place(id);
    if (from === undefined) throw bad(`the tokenizer names row ${id}, and there are ${rows}`);
    const weight = weights?.at(id) ?? 1;
    const row = Float32Array.from({ length: dims }, (_, i) => embeddings.at(from * dims + i) * weight);
    terms.push({ key, ...quantise(row) });
  }
  const name = title ?? nameIn(config) ?? 'a static model of the operator';
  return tableEmbedder({ provider: 'model2vec', model: name, dims }, { tokenizing, rows: terms });
}

function tableIn(tensors: ReadonlyMap<string, Tensor>) {
  const embeddings = tensors.get('embeddings');
  const [rows = 0, dims = 0, ...more] = embeddings?.shape ?? [];
  if (embeddings === undefined || more.length > 0 || rows === 0 || rows > limits.embeddingTerms)
    throw bad("wanted a tensor 'embeddings' of rows and dimensions");
  if (dims === 0 || dims > limits.embeddingDims)
    throw bad(`wanted 1 to ${limits.embeddingDims} dimensions, found ${dims}`);
  return { embeddings, rows, dims };
}

/** Some models share rows among terms: `mapping` says which. */
function rowsOf(tensors: ReadonlyMap<string, Tensor>, rows: number): (id: number) => number | undefined {
  const mapping = vectorIn(tensors, 'mapping');
  return (id) => {
    const row = mapping === undefined ? id : id < (mapping.shape[0] ?? 0) ? mapping.at(id) : -1;
    return Number.isInteger(row) && row >= 0 && row < rows ? row : undefined;
  };
}

function vectorIn(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor | undefined {
  const found = tensors.get(name);
  if (found !== undefined && found.shape.length !== 1) throw bad(`wanted '${name}' with one dimension`);
  return found;
}

function nameIn(config: Uint8Array | undefined): string | undefined {
  if (config === undefined) return undefined;
  const where = files[2];
  const value: JsonObject = d.object(parseJson(config, { where, maxBytes: limits.configBytes }), where);
  const name = value.tokenizer_name ?? value.model_name;
  return typeof name === 'string' && /^[\w./ -]{1,100}$/.test(name) ? name : undefined;
}

function bad(what: string): RegistryError {
  return new RegistryError('BAD_SHAPE', `${files[0]}: ${what}`);
}
