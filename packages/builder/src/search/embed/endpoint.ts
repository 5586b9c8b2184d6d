/**
 * Vectors of an endpoint that speaks `POST /v1/embeddings` as OpenAI defined it (search.md §10.4): a service, or a program on the
 * operator's own machine. Asked when an index is made, in batches, never by a browser. Its key comes from the environment, goes over
 * https or to this machine alone, and is in no message.
 */
import { decode as d, type EndpointConfig, limits, parseJson, RegistryError } from '@mlld/format';
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

/** A service that is busy is asked again, later each time; one that refuses is not. */
async function askAgain(...[url, texts, config, options]: Asked): Promise<readonly Float32Array[]> {
  const pause = options.pauseMs ?? 500;
  for (let attempt = 1; ; attempt++) {
    const answer = await ask(url, texts, config, options).catch((error: unknown) => error as Error);
    if (Array.isArray(answer)) return answer;
    const isFinal =
      answer instanceof RegistryError && answer.code !== 'UNREACHABLE' && answer.code !== 'TIMEOUT';
    if (isFinal || attempt === limits.embeddingAttempts) throw answer;
    await new Promise((go) => setTimeout(go, pause * 2 ** attempt));
  }
}

async function ask(
  url: URL,
  texts: readonly string[],
  { model, dimensions }: EndpointConfig,
  { key, fetch: send = fetch }: EmbedOptions,
): Promise<readonly Float32Array[]> {
  const body = {
    model,
    input: texts,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
  };
  const response = await send(url, {
    method: 'POST',
    redirect: 'error',
    headers: {
      'content-type': 'application/json',
      ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(limits.embeddingMs),
  }).catch((cause: unknown) => {
    const isLate = cause instanceof Error && cause.name === 'TimeoutError';
    throw new RegistryError(
      isLate ? 'TIMEOUT' : 'UNREACHABLE',
      `${url.origin}: the embedding endpoint did not answer`,
    );
  });
  if (response.status === 429 || response.status >= 500) {
    await response.body?.cancel();
    throw new RegistryError(
      'UNREACHABLE',
      `${url.origin}: the embedding endpoint is busy (${response.status})`,
    );
  }
  if (!response.ok) {
    await response.body?.cancel();
    throw new RegistryError(
      'HTTP_STATUS',
      `${url.origin}: the embedding endpoint answers ${response.status}`,
      {
        hint: 'See embeddings in registry.json, and the key in MLLD_EMBEDDINGS_KEY.',
      },
    );
  }
  return vectorsIn(await bodyOf(response, url.origin), texts.length, url.origin);
}

/** At most as many bytes as an answer may have. */
async function bodyOf(response: Response, where: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of response.body ?? []) {
    size += part.length;
    if (size > limits.embeddingAnswerBytes)
      throw new RegistryError(
        'TOO_LARGE',
        `${where}: more than ${limits.embeddingAnswerBytes} bytes of vectors`,
      );
    parts.push(part);
  }
  return Buffer.concat(parts);
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
