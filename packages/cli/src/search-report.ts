/** Hits of a search as people read them: a table, and why a hit stands where it does. */

import { printable } from '@mlld/format';
import type { Hit, SearchAnswer, SearchRecord } from '@mlld/search';
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

/** What was understood otherwise than it was typed, for stderr. */
export function printNotes(report: Report, { corrections, notes }: SearchAnswer): void {
  for (const { from, to } of corrections)
    report.note(`Nothing has '${printable(from)}'; this is for '${printable(to)}'.`);
  for (const note of notes) report.note(printable(note, 300));
}
