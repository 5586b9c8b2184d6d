/**
 * Vectors of an endpoint that speaks `POST /v1/embeddings` as OpenAI defined it (search.md §10.4): a service, or a program on the
 * operator's own machine. Asked when an index is made, in batches, never by a browser. Its key comes from the environment, goes over
 * https or to this machine alone, and is in no message.
 */
import {
  decode as d,
  type EndpointConfig,
  limits,
  parseJson,
  RegistryError,
  readBounded,
  retryAfterMs,
} from '@mlld/format';
import { normalised, quantise } from '@mlld/search';
import type { EmbedOptions } from './embedder.ts';

type Ask = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

/** @throws RegistryError BAD_CONFIG if the key would go over an open line */
export function endpoint(config: EndpointConfig, options: EmbedOptions): Ask {
  const url = new URL(`${config.url}/embeddings`);
  const isLocal = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLocal))
    throw new RegistryError(
      'BAD_CONFIG',
      `${url.origin}: embeddings are asked for over https, or on this machine`,
      {
        hint: 'Change embeddings.url in registry.json.',
      },
    );
  return async (texts) => {
    const found: Float32Array[] = [];
    for (let i = 0; i < texts.length; i += limits.embeddingBatch)
      found.push(...(await askAgain(url, texts.slice(i, i + limits.embeddingBatch), config, options)));
    const dims = found[0]?.length ?? 0;
    if (found.some((one) => one.length !== dims))
      throw new RegistryError('BAD_SHAPE', `${url.origin}: answers vectors of different lengths`);
    return found;
  };
}

type Asked = Parameters<typeof ask>;

/** A service that is busy is asked again, later each time or when it says; one that refuses is not. */
async function askAgain(...asked: Asked): Promise<readonly Float32Array[]> {
  const pause = asked[3].pauseMs ?? 500;
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(...asked);
    if ('vectors' in answer) return answer.vectors;
    const wait = answer.afterMs ?? pause * 2 ** attempt;
    if (attempt === limits.embeddingAttempts || wait > limits.embeddingWaitMs) throw answer.busy;
    await new Promise((go) => setTimeout(go, wait));
  }
}

/** `afterMs`: how long the service wants to be left alone. */
type Answer =
  | { readonly vectors: readonly Float32Array[] }
  | { readonly busy: RegistryError; readonly afterMs?: number | undefined };

async function ask(
  url: URL,
  texts: readonly string[],
  config: EndpointConfig,
  options: EmbedOptions,
): Promise<Answer> {
  const answer = await post(url, texts, config, options)
    .then(async (response) => ({ response, body: await bodyOf(response, url.origin) }))
    .catch((cause: unknown) => {
      if (cause instanceof RegistryError) throw cause;
      const isLate = cause instanceof Error && cause.name === 'TimeoutError';
      const message = `${url.origin}: the embedding endpoint did not answer`;
      return { busy: new RegistryError(isLate ? 'TIMEOUT' : 'UNREACHABLE', message, { cause }) };
    });
  if ('busy' in answer) return answer;
  const { response, body } = answer;
  if (response.ok) return { vectors: vectorsIn(body, texts.length, url.origin) };
  const { status } = response;
  if (status !== 408 && status !== 429 && status < 500)
    throw new RegistryError('HTTP_STATUS', `${url.origin}: the embedding endpoint answers ${status}`, {
      hint: 'See embeddings in registry.json, and the key in MLLD_EMBEDDINGS_KEY.',
    });
  const afterMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
  const until = afterMs === undefined ? '' : `, for ${Math.ceil(afterMs / 1000)} s`;
  const message = `${url.origin}: the embedding endpoint is busy (${status}${until})`;
  return { busy: new RegistryError('UNREACHABLE', message), afterMs };
}

async function post(
  url: URL,
  input: readonly string[],
  { model, dimensions }: EndpointConfig,
  { key, fetch: send = fetch }: EmbedOptions,
): Promise<Response> {
  return send(url, {
    method: 'POST',
    redirect: 'error',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify({
      model,
      input,
      encoding_format: 'float',
      ...(dimensions === undefined ? {} : { dimensions }),
    }),
    signal: AbortSignal.timeout(limits.embeddingMs),
  });
}

/** At most as many bytes as an answer may have; of a refusal none, since its text may repeat what was sent. */
async function bodyOf(response: Response, where: string): Promise<Uint8Array> {
  if (!response.ok) {
    await response.body?.cancel();
    return new Uint8Array();
  }
  const most = limits.embeddingAnswerBytes;
  const bytes = await readBounded(response.body, most);
  if (bytes === undefined)
    throw new RegistryError('TOO_LARGE', `${where}: more than ${most} bytes of vectors`);
  return bytes;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE */
export function vectorsIn(body: Uint8Array, wanted: number, where: string): readonly Float32Array[] {
  const maxBytes = limits.embeddingAnswerBytes;
  const value = d.object(parseJson(body, { where, maxBytes }), `${where}: $`);
  const data = d.array(d.object, limits.embeddingBatch)(value.data, `${where}: $.data`);
  const found = new Map<number, Float32Array>();
  for (const [i, one] of data.entries()) {
    const $ = `${where}: $.data[${i}]`;
    const list = d.array(number, limits.embeddingDims)(one.embedding, `${$}.embedding`);
    found.set(d.integer(0, wanted - 1)(one.index ?? i, `${$}.index`), Float32Array.from(list));
  }
  if (found.size !== wanted)
    throw new RegistryError('BAD_SHAPE', `${where}: wanted ${wanted} vectors, found ${found.size}`);
  return Array.from({ length: wanted }, (_, i) => found.get(i)!);
}

const number: d.Decoder<number> = (value, path) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw d.badShape(path, 'a number', value);
  return value;
};

/** For questions to an index whose vectors are of this model. @throws RegistryError BAD_CONFIG */
export function endpointQuery(
  { url, model, dims }: { readonly url: string; readonly model: string; readonly dims: number },
  options: EmbedOptions,
): (texts: readonly string[]) => Promise<readonly (Float32Array | undefined)[]> {
  if (!URL.canParse(url)) throw new RegistryError('BAD_CONFIG', 'MLLD_EMBEDDINGS_URL: wanted a URL');
  const config = { provider: 'endpoint', url: url.replace(/\/+$/, ''), model, words: 0 } as const;
  return async (texts) => {
    const vectors = await endpoint(config, options)(texts);
    // A model that can shorten its vectors was asked to when the index was made.
    const fits = vectors.every((one) => one.length === dims);
    const found = fits ? vectors : await endpoint({ ...config, dimensions: dims }, options)(texts);
    return found.map(normalised);
  };
}

export function bytesOf(vector: Float32Array): Int8Array | undefined {
  const unit = normalised(vector);
  return unit === undefined ? undefined : quantise(unit).bytes;
}
