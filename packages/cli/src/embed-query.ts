/**
 * Vectors of questions from the user's own endpoint (docs/spec/search.md §10.4). Only what the user's environment names is asked: a
 * registry can say which model its vectors are of, never where a key goes.
 */
import { RegistryError } from '@mlld/format';
import type { EmbedQuery } from '@mlld/search';

/** Undefined where no endpoint is named. */
export function embedderOf(env: NodeJS.ProcessEnv): EmbedQuery | undefined {
  const url = env.MLLD_EMBEDDINGS_URL;
  if (url === undefined || url === '') return undefined;
  return async (text, { provider, model, dims }) => {
    if (provider !== 'endpoint' || text.trim() === '') return undefined;
    const { endpointQuery } = await import('@mlld/builder');
    const [vector] = await endpointQuery({ url, model, dims }, { key: env.MLLD_EMBEDDINGS_KEY })([text]);
    if (vector?.length !== dims)
      throw new RegistryError(
        'BAD_SHAPE',
        `MLLD_EMBEDDINGS_URL: wanted ${dims} dimensions, found ${vector?.length ?? 0}`,
      );
    return vector;
  };
}
