/** From records to what has each word: the two dictionaries of a segment, sorted. */
import type { Entry, Group } from '../files/dictionary.ts';
import type { SearchRecord } from '../record.ts';
import { squash, termsOf } from '../text.ts';
import { nameMark } from './segment.ts';

export interface Inverted {
  /** Words, `@author` and `>dependency`. */
  readonly words: Entry[];
  /** `slug!author`. */
  readonly names: Entry[];
}

/** @param records in the order of their ordinals */
export function invert(records: readonly SearchRecord[]): Inverted {
  const postings = new Map<string, number[]>();
  const add = (key: string, doc: number, fields: number): void => {
    const list = postings.get(key);
    if (list === undefined) postings.set(key, [doc * 64 + fields]);
    else list.push(doc * 64 + fields);
  };
  const names: Entry[] = [];
  for (const [doc, record] of records.entries()) {
    for (const [term, fields] of termsOf(record)) add(term, doc, fields);
    add(`@${record.author}`, doc, 0);
    for (const name of new Set(record.depends)) add(`>${name.slice(1)}`, doc, 0);
    const slug = squash(record.name.slice(record.author.length + 2));
    const docs = Uint32Array.of(doc);
    names.push({ key: `${slug}${nameMark}${record.author}`, groups: [{ fields: 0, docs }] });
  }
  const keys = [...postings.keys()].sort();
  const words = keys.map((key) => {
    const groups = groupsOf(postings.get(key) ?? []);
    postings.delete(key);
    return { key, groups };
  });
  return { words, names: joinSame(names.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))) };
}

function groupsOf(list: readonly number[]): Group[] {
  const first = list[0];
  if (first !== undefined && list.length === 1)
    return [{ fields: first & 63, docs: Uint32Array.of(Math.floor(first / 64)) }];
  const byFields = new Map<number, number[]>();
  for (const one of list) {
    const fields = one & 63;
    const docs = byFields.get(fields);
    if (docs === undefined) byFields.set(fields, [Math.floor(one / 64)]);
    else docs.push(Math.floor(one / 64));
  }
  return [...byFields]
    .sort(([a], [b]) => a - b)
    .map(([fields, docs]) => ({ fields, docs: Uint32Array.from(docs) }));
}

/** `a-b` and `ab` of one author are run together to one key. */
function joinSame(names: readonly Entry[]): Entry[] {
  const joined: Entry[] = [];
  for (const entry of names) {
    const before = joined.at(-1);
    if (before?.key !== entry.key) joined.push(entry);
    else {
      const docs = [...before.groups, ...entry.groups]
        .flatMap((group) => [...group.docs])
        .sort((a, b) => a - b);
      joined[joined.length - 1] = { key: entry.key, groups: [{ fields: 0, docs: Uint32Array.from(docs) }] };
    }
  }
  return joined;
}
