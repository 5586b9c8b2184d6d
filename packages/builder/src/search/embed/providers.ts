/** The provider that registry.json names (search.md §10). */
import type { EmbeddingsConfig, EndpointConfig } from '@mlld/format';
import { learnFew, learnMany, quantise } from '@mlld/search';
import type { Tree } from '../../repository/tree.ts';
import type { Embedder, EmbedOptions } from './embedder.ts';
import { bytesOf, endpoint } from './endpoint.ts';
import { keepLearnt, learn, restoreLearnt } from './learnt.ts';
import { readModel2vec } from './model2vec.ts';
import { frequentWords, rowsOfWords } from './words.ts';

export interface Provider {
  /** Whether vectors follow from the other texts too. */
  readonly learns: boolean;
  /** @param texts of all modules; asked for again each time it is called */
  readonly prepare: (texts: () => Iterable<string>, isSmall: boolean) => Promise<Embedder>;
  /** For texts that came later. `kept` is what `keep` gave. */
  readonly restore: (kept: string) => Embedder;
  readonly keep: (embedder: Embedder) => string;
}

/** Of a registry that names none: from the texts alone. */
export const learnt: Provider = {
  learns: true,
  prepare: async (texts, isSmall) => learn(texts(), isSmall ? learnFew : learnMany),
  restore: restoreLearnt,
  keep: keepLearnt,
};

/** Undefined where the registry wants no vectors. */
export function providerOf(
  config: EmbeddingsConfig | undefined,
  tree: Tree,
  options: EmbedOptions,
): Provider | undefined {
  switch (config?.provider) {
    case 'none':
      return undefined;
    case 'model2vec': {
      let model: Embedder | undefined;
      const open = (): Embedder => {
        model ??= readModel2vec(tree, config.model);
        return model;
      };
      return { learns: false, prepare: async () => open(), restore: open, keep: () => '' };
    }
    case 'endpoint':
      return endpointProvider(config, options);
    default:
      return learnt;
  }
}

function endpointProvider(config: EndpointConfig, options: EmbedOptions): Provider {
  const ask = endpoint(config, options);
  const embedder = (dims: number): Embedder => ({
    provider: 'endpoint',
    model: config.model,
    dims,
    embed: async (texts) => {
      const vectors = await ask(texts);
      return vectors.map((one) =>
        one.length === dims ? bytesOf(one) : quantise(new Float32Array(dims)).bytes,
      );
    },
  });
  return {
    learns: false,
    prepare: async (texts) => {
      const words = frequentWords(texts(), config.words);
      const vectors = await ask(words.length > 0 ? words.map(({ word }) => word) : ['text']);
      const known = embedder(vectors[0]?.length ?? 1);
      if (words.length === 0) return known;
      return { ...known, terms: { tokenizing: { kind: 'stems' }, rows: rowsOfWords(words, vectors) } };
    },
    keep: ({ dims }) => String(dims),
    restore: (kept) => embedder(Number(kept)),
  };
}
