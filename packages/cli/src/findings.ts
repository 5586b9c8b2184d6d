/** Findings of `mlld check`, as a table for people. */
import path from 'node:path';
import type { Quality } from '@mlld/lang';
import type { Finding } from '@mlld/publish';
import type { Report } from './report.ts';

const colors = { error: 'red', warning: 'yellow', info: 'blue' } as const;

/** Two lines each. Files are shown from `folder` on, so that a terminal can open them. */
export function showFindings(
  findings: readonly Finding[],
  { report, folder }: { report: Report; folder: string },
): void {
  for (const one of findings) {
    const file = path.join(folder, one.file);
    const place = [file, one.line, one.column].filter((part) => part !== undefined).join(':');
    const head = `${report.style(colors[one.severity], one.severity)} ${report.style('bold', place)} ${one.message}`;
    report.print(`${head} ${report.style('dim', `[${one.rule}]`)}`);
    report.print(`    ${one.fix === undefined ? one.hint : `${one.hint} (--fix: ${one.fix.about})`}`);
  }
}

export function showVerdict(
  findings: readonly Finding[],
  { report, failed, title }: { report: Report; failed: boolean; title: string },
): void {
  const verdict = failed ? report.style('red', 'not ready') : report.style('green', 'ready');
  report.print(`${title}${verdict}, ${countFindings(findings)}`);
}

/** The score, and for one module how to gain what is missing. */
export function showQuality(
  { value, parts }: Quality,
  { report, parts: all }: { report: Report; parts: boolean },
): void {
  report.print(`quality ${report.style('bold', String(value))} of 100, as its page will show`);
  for (const part of all ? parts : []) {
    if (part.gain === undefined) continue;
    report.print(`    ${part.name} ${part.points}/${part.most}: ${part.gain}`);
  }
}

/** `2 errors, 1 warning`. */
export function countFindings(findings: readonly Finding[]): string {
  const words = (['error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = findings.filter((one) => one.severity === severity).length;
    if (count === 0) return [];
    const name = severity === 'info' ? 'piece of advice' : severity;
    return [`${count} ${count === 1 ? name : severity === 'info' ? 'pieces of advice' : `${name}s`}`];
  });
  return words.join(', ') || 'no findings';
}
