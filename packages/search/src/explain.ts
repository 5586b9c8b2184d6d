/** Why a hit stands where it does, in lines for people: the same in the command and on a page (search.md §5, §9.6). */
import type { Hit, LikeHit, MatchClass } from './api.ts';

const classes: Readonly<Record<MatchClass, string>> = {
  exact: 'is called so',
  prefix: 'its name begins so',
  all: 'has all words',
  some: 'has some of the words',
  any: 'fits the filters',
};

/** The sum of a score; then its words, two spaces further in. Texts of the index stand in it as they are. */
export function explain({ why }: Hit): string[] {
  const number = (value: number) => value.toFixed(3);
  return [
    `${number(why.score)} = ${why.rank} (${classes[why.match]}) + ${number(why.text)} (words) × ${number(why.factor)} (quality and trust)`,
    ...why.words.map(({ word, found, fields, points }) => {
      const as = found === undefined ? '' : ` as '${found}'`;
      return `  ${number(points)} '${word}'${as} in ${fields.join(', ')}`;
    }),
  ];
}

/** The parts of the place of a question's hit, and, of its words, what `explain` says. */
export function explainLike(hit: LikeHit): string[] {
  const { score, text, meaning } = hit.like;
  const places = [
    ...(text === undefined ? [] : [`1/(60 + ${text}) by words`]),
    ...(meaning === undefined ? [] : [`1/(60 + ${meaning.place}) by meaning`]),
  ];
  const nearest = meaning?.label === '' ? 'the whole module' : `'${meaning?.label ?? ''}'`;
  return [
    `${score.toFixed(4)} = ${places.join(' + ')}`,
    ...(meaning === undefined ? [] : [`  nearest text: ${nearest}, cosine ${meaning.similarity.toFixed(3)}`]),
    ...(text === undefined ? [] : explain(hit).map((line) => `  ${line}`)),
  ];
}
