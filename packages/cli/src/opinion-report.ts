/** The score part by part, and what people say, for `mlld info` and `mlld verify`. */
import type { Opinion, WeighedReview } from '@mlld/client';
import { printable } from '@mlld/format';
import type { Report } from './report.ts';

/** One line: the number, or that there is too little to say one. */
export function scoreText({ score }: Opinion): string {
  if (score.insufficient !== undefined)
    return `insufficient data (${score.value} of 100): ${score.insufficient}`;
  return `${score.value} of 100`;
}

/** Every part with its reason, what caps it, and whose trust counted. */
export function printScore(report: Report, opinion: Opinion, indent = ''): void {
  const { score, roots, missing, at } = opinion;
  report.print(`${indent}score       ${report.style('bold', scoreText(opinion))}`);
  for (const { name, points, most, reason } of score.parts)
    report.print(
      `${indent}  ${name.padEnd(10)}${String(points).padStart(4)} of ${String(most).padEnd(4)}${printable(reason)}`,
    );
  for (const { most, reason } of score.caps)
    report.print(`${indent}  ${report.style('red', `at most ${most}`)}, because: ${printable(reason)}`);
  const whose =
    roots.from === 'nobody'
      ? 'nobody: you name no reviewers, and neither does the registry'
      : `${roots.from === 'you' ? 'your own' : "the registry's"} reviewers (${shortList(roots.people)})`;
  report.print(`${indent}  by the trust of ${whose}; as of ${at}`);
  if (missing !== undefined)
    report.print(`${indent}  ${report.style('yellow', `not read: ${printable(missing, 400)}`)}`);
}

export function printReviews(report: Report, { reviews, stars, reports, version }: Opinion): void {
  report.print(
    `${reviews.length === 1 ? '1 review' : `${reviews.length} reviews`}, ${stars} stars, ${reports} reports`,
  );
  for (const one of reviews) {
    const mark = one.version === version ? 'bold' : 'dim';
    report.print(
      `${report.style(mark, `${one.version} ${one.by}`)}: ${one.rating}, ${depthText(one)} (${weightText(one)})`,
    );
    if (one.criteria.length > 0) report.print(`  answers for: ${one.criteria.join(', ')}`);
    for (const line of one.text
      .split('\n')
      .filter((text) => text.trim() !== '')
      .slice(0, 20))
      report.print(`  ${printable(line, 400)}`);
  }
}

function depthText({ from, thoroughness, understanding }: WeighedReview): string {
  const what = from === undefined ? 'all of it' : `what changed since ${from.version}`;
  return `read ${what}, thoroughness ${thoroughness}, understanding ${understanding}`;
}

function weightText({ weight, own }: WeighedReview): string {
  if (own) return 'of its own owner: does not count';
  return weight === 0 ? 'nobody you trust speaks for the reviewer: does not count' : `counts up to ${weight}`;
}

function shortList(people: readonly string[]): string {
  return people.length <= 5
    ? people.join(', ')
    : `${people.slice(0, 5).join(', ')} and ${people.length - 5} more`;
}
