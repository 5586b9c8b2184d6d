/** The texts of a module that vectors are made of (search.md §10.1): the whole of it first, then each export. */
import { shortName } from '@mlld/format';
import type { SearchRecord } from '@mlld/search';
import type { Study } from '../site/study.ts';

export interface Passage {
  /** The export that it documents; empty for the whole module. */
  readonly label: string;
  readonly text: string;
}

/** Characters of one text. */
const passageChars = 2000;
const labelChars = 100;

export function passagesOf(record: SearchRecord, study: Study | undefined, each: number): Passage[] {
  const name = shortName(record.name);
  const about = [name, record.about].join('\n');
  const whole = [about, record.keywords.join(' '), withoutCode(study?.readme ?? record.headings.join('\n'))];
  const exports = (study?.analysis?.exports ?? [])
    .filter((one) => one.name.length <= labelChars)
    .slice(0, each - 1)
    .map((one) => {
      const said = [one.name, one.name, one.parameters.map((parameter) => parameter.name).join(' ')];
      const examples = one.examples.map(({ code }) => code);
      return { label: one.name, text: cut([...said, withoutCode(one.doc ?? ''), about, ...examples]) };
    });
  return [{ label: '', text: cut(whole) }, ...exports];
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^ {0,3}(`{3,}|~{3,})[\s\S]*?^ {0,3}\1/gm, ' ');
}

function cut(parts: readonly string[]): string {
  return parts.join('\n').slice(0, passageChars);
}
