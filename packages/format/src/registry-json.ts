/** `registry.json`: what a registry is called and where its parts are (docs/spec/distribution.md §2). */
import * as d from './decode.ts';
import { RegistryError } from './errors.ts';
import { parseJson } from './json.ts';
import { limits } from './limits.ts';
import { parseRegistryName } from './name.ts';

export interface RegistryInfo {
  readonly v: 1;
  /** The registry's identity, in every statement: a DNS name that its operator controls. Never changes. */
  readonly name: string;
  readonly title: string;
  /** DNS zone in which modules have TXT records, if the registry uses DNS. */
  readonly zone?: string;
  /** Where the distribution is published, ending in `/`. */
  readonly url?: string;
  /** Whether the distribution holds the contents of files below `blob/`. */
  readonly blobs: boolean;
  /** Whether releases may name `file:` sources: a registry of one machine or of a shared disk. */
  readonly fileSources: boolean;
  /** Further base URLs of the same files, each ending in `/`. */
  readonly mirrors: readonly string[];
  /** Web page of the repository that pull requests go to (`https://github.com/<owner>/<repo>`). */
  readonly repository?: string;
  /** Depth of the index tree, as a hint in a distribution that has a log (docs/spec/snapshot.md §2). */
  readonly snapshotDepth?: 0 | 2 | 3 | 4;
  /** Where vectors of the search by meaning come from; `learnt` if nothing is said (docs/spec/search.md §10). */
  readonly embeddings?: EmbeddingsConfig;
}

export type EmbeddingsConfig =
  | { readonly provider: 'learnt' | 'none' }
  /** A static model in the repository's folder `embeddings/`. */
  | { readonly provider: 'model2vec'; readonly model?: string }
  | EndpointConfig;

/** An OpenAI-compatible endpoint. Its key is no part of any file. */
export interface EndpointConfig {
  readonly provider: 'endpoint';
  /** Ends before `/embeddings`, as in `https://api.example.org/v1`. */
  readonly url: string;
  readonly model: string;
  /** Asks for vectors of that many dimensions. */
  readonly dimensions?: number;
  /** Words whose vectors are asked for too, so that browsers can read a question; 0 for none. */
  readonly words: number;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, UNSUPPORTED_VERSION */
export function parseRegistryInfo(bytes: Uint8Array | string, where = 'registry.json'): RegistryInfo {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.registryJsonBytes }), $);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads registries of schema 1`, {
      hint: 'Update mlld.',
    });
  const base: d.Decoder<string> = (one, path) => {
    const url = d.url(one, path);
    return url.endsWith('/') ? url : `${url}/`;
  };
  return d.compact({
    v: 1 as const,
    name: d.parsed(parseRegistryName)(value.name, `${$}.name`),
    title: d.text(200)(value.title ?? value.name, `${$}.title`),
    zone: d.optional(d.parsed(parseRegistryName))(value.zone, `${$}.zone`),
    url: d.optional(base)(value.url, `${$}.url`),
    blobs: d.boolean(value.blobs ?? true, `${$}.blobs`),
    fileSources: d.boolean(value.fileSources ?? false, `${$}.fileSources`),
    mirrors: d.array(base, 50)(value.mirrors ?? [], `${$}.mirrors`),
    repository: d.optional(d.url)(value.repository, `${$}.repository`),
    snapshotDepth: d.optional(d.literal(0, 2, 3, 4))(value.snapshotDepth, `${$}.snapshotDepth`),
    embeddings: d.optional(embeddings)(value.embeddings, `${$}.embeddings`),
  });
}

const embeddings: d.Decoder<EmbeddingsConfig> = (value, $) => {
  const found = d.object(value, $);
  const provider = d.literal('learnt', 'none', 'model2vec', 'endpoint')(found.provider, `${$}.provider`);
  const known = {
    learnt: [],
    none: [],
    model2vec: ['model'],
    endpoint: ['url', 'model', 'dimensions', 'words'],
  };
  d.onlyMembers(found, ['provider', ...known[provider]], $);
  if (provider === 'learnt' || provider === 'none') return { provider };
  if (provider === 'model2vec')
    return d.compact({ provider, model: d.optional(d.text(100))(found.model, `${$}.model`) });
  return d.compact({
    provider,
    url: d.url(found.url, `${$}.url`).replace(/\/+$/, ''),
    model: d.text(100)(found.model, `${$}.model`),
    dimensions: d.optional(d.integer(1, limits.embeddingDims))(found.dimensions, `${$}.dimensions`),
    words: d.integer(0, 20_000)(found.words ?? 4000, `${$}.words`),
  });
};

export function encodeRegistryInfo(info: RegistryInfo): string {
  return `${JSON.stringify(info, null, 2)}\n`;
}
