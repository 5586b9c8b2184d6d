/**
 * Reads tokenizer.json as far as static models of BERT's family have it: WordPiece, BERT's normaliser and pre-tokeniser, or the
 * simple ones that do the same. What would cut a text otherwise is refused, not guessed at.
 */
import { decode as d, type JsonObject, limits, parseJson, RegistryError } from '@mlld/format';
import type { Tokenizing } from '@mlld/search';

export interface ReadTokenizer {
  readonly tokenizing: Tokenizing;
  /** Row of each term. */
  readonly vocabulary: ReadonlyMap<string, number>;
}

/** @throws RegistryError BAD_SHAPE, BAD_JSON, TOO_LARGE, UNSUPPORTED_VERSION */
export function readTokenizer(file: Uint8Array, where: string): ReadTokenizer {
  const value = d.object(parseJson(file, { where, maxBytes: limits.tokenizerBytes }), `${where}: $`);
  const $ = `${where}: $.model`;
  const model = d.object(value.model, $);
  if (model.type !== 'WordPiece')
    throw unsupported(where, `tokens of type ${JSON.stringify(model.type)}`, 'WordPiece');
  const vocabulary = d.map(d.integer(0, limits.embeddingTerms), limits.embeddingTerms)(
    model.vocab,
    `${$}.vocab`,
  );
  const unknown = d.text(50)(model.unk_token ?? '[UNK]', `${$}.unk_token`);
  const special = specialTokens(value, where);
  const { lowercase, stripAccents, han } = normaliserOf(value.normalizer ?? null, where);
  checkPreTokenizer(value.pre_tokenizer ?? null, where);
  return {
    tokenizing: {
      kind: 'wordpiece',
      ...{ lowercase, stripAccents, han },
      goesOn: d.text(10)(model.continuing_subword_prefix ?? '##', `${$}.continuing_subword_prefix`),
      mostChars: d.integer(1, 1000)(model.max_input_chars_per_word ?? 100, `${$}.max_input_chars_per_word`),
    },
    vocabulary: new Map(
      [...vocabulary].filter(([term]) => term !== '' && term !== unknown && !special.has(term)),
    ),
  };
}

/** Terms that no text is cut into: `[CLS]` and its like. */
function specialTokens({ added_tokens: added }: JsonObject, where: string): Set<string> {
  const tokens = d.array(d.object, 10_000)(added ?? [], `${where}: $.added_tokens`);
  return new Set(
    tokens
      .filter((token) => token.special === true)
      .map((token) => d.text(200)(token.content, `${where}: $.added_tokens.content`)),
  );
}

interface Normaliser {
  readonly lowercase: boolean;
  readonly stripAccents: boolean;
  readonly han: boolean;
}

function normaliserOf(value: unknown, where: string): Normaliser {
  const found = { lowercase: false, stripAccents: false, han: false };
  for (const step of stepsOf(value, 'normalizers')) {
    switch (step.type) {
      case 'BertNormalizer':
        found.lowercase ||= step.lowercase !== false;
        // Nothing said: as the case is.
        found.stripAccents ||= (step.strip_accents ?? step.lowercase ?? true) === true;
        found.han ||= step.handle_chinese_chars !== false;
        break;
      case 'Lowercase':
        found.lowercase = true;
        break;
      case 'StripAccents':
        found.stripAccents = true;
        break;
      case 'NFC':
      case 'NFD':
      case 'NFKC':
      case 'NFKD':
      case 'Strip':
        break;
      default:
        throw unsupported(where, `the normaliser ${JSON.stringify(step.type)}`, 'BertNormalizer');
    }
  }
  return found;
}

const preTokenizers = ['BertPreTokenizer', 'Whitespace', 'WhitespaceSplit', 'Punctuation'];

function checkPreTokenizer(value: unknown, where: string): void {
  const steps = stepsOf(value, 'pretokenizers');
  const types = steps.map(({ type }) => String(type));
  for (const type of types)
    if (!preTokenizers.includes(type))
      throw unsupported(where, `the pre-tokeniser '${type}'`, 'BertPreTokenizer');
  const isBert = types.includes('BertPreTokenizer') || (types.includes('Punctuation') && types.length > 1);
  if (!isBert) throw unsupported(where, `the pre-tokeniser '${types.join(', ')}'`, 'BertPreTokenizer');
}

function stepsOf(value: unknown, member: string): JsonObject[] {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [];
  const one = value as JsonObject;
  if (one.type !== 'Sequence') return [one];
  const steps = one[member];
  return Array.isArray(steps) ? steps.slice(0, 20).flatMap((step) => stepsOf(step, member)) : [];
}

function unsupported(where: string, found: string, wanted: string): RegistryError {
  return new RegistryError('UNSUPPORTED_VERSION', `${where}: ${found} is not read here, wanted ${wanted}`, {
    hint: 'Static models that were made of a BERT model have it, such as those of the potion family.',
  });
}
