/** Hits of a search as people read them: a table, and why a hit stands where it does. */

import { printable } from '@mlld/format';
import type { LikeAnswer, LikeHit, SearchAnswer, SearchRecord } from '@mlld/search';
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

/** Why a hit stands where it does, below its name. */
export function printExplained(report: Report, record: SearchRecord, lines: readonly string[]): void {
  report.print(`${report.style('bold', record.name)}  ${marksOf(record)}`);
  for (const line of lines) report.print(`  ${printable(line, 300)}`);
}

/** What was understood otherwise than it was typed, for stderr. */
export function printNotes(report: Report, { corrections, notes }: SearchAnswer): void {
  for (const { from, to } of corrections)
    report.note(`Nothing has '${printable(from)}'; this is for '${printable(to)}'.`);
  for (const note of notes) report.note(printable(note, 300));
}
