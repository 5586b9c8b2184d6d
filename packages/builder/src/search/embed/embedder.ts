/** From texts to vectors (docs/spec/search.md §10): one interface, three providers. */
import {
  knownTerms,
  type MeaningProvider,
  quantise,
  type Row,
  sumOf,
  type TermSource,
  type Terms,
  termTable,
} from '@mlld/search';

/** A vector as bytes; undefined for a text that says nothing. */
export type Embedded = Row['bytes'] | undefined;

export interface Embedder {
  readonly provider: MeaningProvider;
  /** What people call the model. */
  readonly model: string;
  readonly dims: number;
  /** One vector a text. @throws RegistryError where a service fails */
  readonly embed: (texts: readonly string[]) => Promise<readonly Embedded[]>;
  /** From which questions are read without the model. */
  readonly terms?: TermSource;
}

export interface EmbedOptions {
  /** Of an endpoint; never written anywhere. */
  readonly key?: string | undefined;
  readonly fetch?: typeof fetch | undefined;
  /** Milliseconds between attempts, for tests. */
  readonly pauseMs?: number | undefined;
}

/** Of a provider whose vectors are sums of rows of terms: so a browser computes the same for a question. */
export function tableEmbedder(
  info: Pick<Embedder, 'provider' | 'model' | 'dims'>,
  terms: TermSource,
  table: Terms<Row> = termTable(new Map(terms.rows.map((row) => [row.key, row]))),
): Embedder {
  const embed = async (texts: readonly string[]): Promise<readonly Embedded[]> =>
    texts.map((text) => {
      const sum = sumOf(knownTerms<Row>(text, terms.tokenizing, table), info.dims);
      return sum === undefined ? undefined : quantise(sum).bytes;
    });
  return { ...info, terms, embed };
}
