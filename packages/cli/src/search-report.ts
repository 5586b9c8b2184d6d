/** Hits of a search as people read them: a table, and why a hit stands where it does. */

import { printable } from '@mlld/format';
import type { Hit, LikeAnswer, LikeHit, SearchAnswer, SearchRecord } from '@mlld/search';
import type { Report } from './report.ts';

export function printHits(report: Report, records: readonly SearchRecord[]): void {
  report.table(
    [
      { title: 'Module' },
      { title: 'Version' },
      { title: 'Score', align: 'right' },
      { title: 'Marks' },
      { title: 'About', shrink: true },
    ],
    records.map((record) => [
      record.name,
      printable(record.version),
      record.score === undefined ? '-' : String(record.score),
      marksOf(record),
      printable(record.about, 300),
    ]),
  );
}

/** What a glance should tell: bad news first. */
export function marksOf(record: SearchRecord): string {
  const marks = [
    record.yanked ? 'yanked' : '',
    record.deprecated ? 'deprecated' : '',
    record.kind === 'module' ? '' : record.kind,
    record.signed ? 'signed' : '',
    record.reviewed ? 'reviewed' : '',
  ];
  return marks.filter((mark) => mark !== '').join(' ') || '-';
}

const classes = {
  exact: 'is called so',
  prefix: 'its name begins so',
  all: 'has all words',
  some: 'has some of the words',
  any: 'fits the filters',
} as const;

/** The parts of a score (search.md §5), one a line. */
export function explain({ why }: Hit): string[] {
  const number = (value: number) => value.toFixed(3);
  return [
    `${number(why.score)} = ${why.rank} (${classes[why.match]}) + ${number(why.text)} (words) × ${number(why.factor)} (quality and trust)`,
    ...why.words.map(({ word, found, fields, points }) => {
      const as = found === undefined ? '' : ` as '${printable(found)}'`;
      return `  ${number(points)} '${printable(word)}'${as} in ${fields.join(', ')}`;
    }),
  ];
}

/** Hits of a question: with the export that the nearest text documents. */
export function printLikedHits(report: Report, hits: readonly LikeHit[]): void {
  report.table(
    [
      { title: 'Module' },
      { title: 'Version' },
      { title: 'Nearest' },
      { title: 'Marks' },
      { title: 'About', shrink: true },
    ],
    hits.map(({ record, like }) => [
      record.name,
      printable(record.version),
      like.meaning === undefined || like.meaning.label === '' ? '-' : printable(like.meaning.label),
      marksOf(record),
      printable(record.about, 300),
    ]),
  );
}

/** What the vectors are, in words that promise nothing else. */
export function meaningText({ provider, model }: NonNullable<LikeAnswer['meaning']>): string {
  const name = printable(model);
  return {
    learnt: 'what was learnt from which words stand together in the documentation of its modules',
    model2vec: `the word vectors of ${name}`,
    endpoint: `the model ${name}`,
  }[provider];
}

/** The parts of a place (search.md §9.6), one a line. */
export function explainLike(hit: LikeHit): string[] {
  const { score, text, meaning } = hit.like;
  const places = [
    ...(text === undefined ? [] : [`1/(60 + ${text}) by words`]),
    ...(meaning === undefined ? [] : [`1/(60 + ${meaning.place}) by meaning`]),
  ];
  const nearest = meaning?.label === '' ? 'the whole module' : `'${printable(meaning?.label ?? '')}'`;
  return [
    `${score.toFixed(4)} = ${places.join(' + ')}`,
    ...(meaning === undefined ? [] : [`  nearest text: ${nearest}, cosine ${meaning.similarity.toFixed(3)}`]),
    ...(text === undefined ? [] : explain(hit).map((line) => `  ${line}`)),
  ];
}

/** What was understood otherwise than it was typed, for stderr. */
export function printNotes(report: Report, { corrections, notes }: SearchAnswer): void {
  for (const { from, to } of corrections)
    report.note(`Nothing has '${printable(from)}'; this is for '${printable(to)}'.`);
  for (const note of notes) report.note(printable(note, 300));
}
