/**
 * A question in one's own words: the hits of its words and the modules whose texts are nearest to it, fused by their places (search.md
 * §9.6; reciprocal rank fusion, Cormack, Clarke, Büttcher 2009). Cosines of vectors and points of words can't be compared; places can.
 */
import type { LikeAnswer, LikeHit, LikeOptions, LikeWhy } from '../api.ts';
import type { Meaning, Near } from '../meaning/read.ts';
import { isPlain } from '../meaning/tokenize.ts';
import type { Merged } from '../segment/merged.ts';
import { allowedBy, best, byScore, type Candidate } from './evaluate.ts';
import { clamp, type FoundCandidates, facetsOf, findCandidates, hitOf, searchLimits } from './search.ts';

/** §9.6: the larger, the less the first places count beside the next ones. */
export const fusion = 60;
/** Hits of each list that are fused. */
const listed = 100;

export interface LikeSources {
  readonly merged: Merged;
  /** Undefined for an index without vectors. */
  readonly meaning: Meaning | undefined;
}

export async function searchLike(
  { merged, meaning }: LikeSources,
  question: string,
  { limit = 10, offset = 0, facets = false, by = 'both', now }: LikeOptions & { readonly now: number },
): Promise<LikeAnswer> {
  // A space: the last word of a question is whole.
  const found = await findCandidates(merged, `${sayingWords(question)} `, { facets, now, some: true });
  const order = found.query.sort === undefined ? [] : ['A question has its own order: how near modules are.'];
  const allowed = allowedBy(merged, found.query, found.lookups);
  const accept = (doc: number): boolean =>
    merged.isThere(doc) && found.accept?.(doc) !== false && allowed?.(doc) !== false;
  const near = by === 'text' ? undefined : await nearTo(meaning, question, accept);
  const words = by === 'meaning' ? [] : worded(merged, found);
  const fused = fuse(merged, words, near?.list ?? []);
  const from = clamp(offset, searchLimits.offset);
  const shown = fused.slice(from, from + clamp(limit, searchLimits.limit));
  const records = await merged.records(shown.map(({ doc }) => doc));
  const note =
    by === 'text' ? undefined : (near?.note ?? 'This index has no vectors: only words were compared.');
  return {
    hits: shown.map(
      (one, i): LikeHit => ({ ...hitOf(merged, found.lookups, one.candidate, records[i]!), like: one.like }),
    ),
    total: fused.length,
    ...(facets ? { facets: facetsOf(fused, found.columns) } : {}),
    ...(near === undefined || near.list.length === 0 || meaning === undefined
      ? {}
      : { meaning: { provider: meaning.provider, model: meaning.model } }),
    corrections: [],
    notes: [...found.query.notes, ...order, ...(near?.note === '' || note === undefined ? [] : [note])],
  };
}

/** Hits of the words, best first: those of mere properties say nothing. */
function worded(merged: Merged, { candidates }: FoundCandidates): Candidate[] {
  return best(
    merged,
    candidates.filter(({ match }) => match !== 'any'),
    { count: listed, compare: byScore },
  );
}

interface NearTo {
  readonly list: readonly Near[];
  /** Empty if all is well. */
  readonly note: string;
}

async function nearTo(
  meaning: Meaning | undefined,
  question: string,
  accept: (doc: number) => boolean,
): Promise<NearTo | undefined> {
  if (meaning === undefined) return undefined;
  const vector = await meaning.embed(proseOf(question));
  if (vector !== undefined) return { list: await meaning.nearest(vector, accept), note: '' };
  const note = meaning.hasTerms
    ? 'No word of this is known to the vectors: only words were compared.'
    : `Questions are read by the model ${meaning.model}, which is not at hand here: only words were compared.`;
  return { list: [], note };
}

/** The question without its properties and what is to be left out. */
export function proseOf(question: string): string {
  return question
    .split(/\s+/)
    .filter((part) => !/^-?[a-z]+:\S/.test(part) && !/^-\S/.test(part))
    .join(' ')
    .replaceAll('"', ' ');
}

/** Without words that questions have whatever they are about. */
function sayingWords(question: string): string {
  const saying = question.split(/\s+/).filter((part) => !isPlain(part.toLowerCase()));
  return saying.length > 0 ? saying.join(' ') : question;
}

interface Fused {
  readonly doc: number;
  readonly candidate: Candidate;
  readonly like: LikeWhy;
}

function fuse(merged: Merged, words: readonly Candidate[], near: readonly Near[]): Fused[] {
  const places = new Map<number, { candidate?: Candidate; text?: number; meaning?: LikeWhy['meaning'] }>();
  for (const [i, candidate] of words.entries()) places.set(candidate.doc, { candidate, text: i + 1 });
  for (const [i, { doc, similarity, label }] of near.entries())
    places.set(doc, { ...places.get(doc), meaning: { place: i + 1, similarity, label } });
  const share = (place: number | undefined): number => (place === undefined ? 0 : 1 / (fusion + place));
  return [...places]
    .map(([doc, { candidate = notWorded(doc), text, meaning }]): Fused => {
      const score = share(text) + share(meaning?.place);
      const like = {
        score,
        ...(text === undefined ? {} : { text }),
        ...(meaning === undefined ? {} : { meaning }),
      };
      return { doc, candidate, like };
    })
    .sort((a, b) => b.like.score - a.like.score || merged.place(a.doc) - merged.place(b.doc));
}

function notWorded(doc: number): Candidate {
  return { doc, match: 'any', text: 0, factor: 0, score: 0 };
}
