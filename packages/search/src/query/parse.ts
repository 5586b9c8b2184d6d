/** Reads a query. Whatever is typed, there is a query: what makes no sense is looked for as words (search.md §4). */
import { type Field, type Sort, sorts } from '../api.ts';
import { allFields, fieldBits, fold, isStopWord, squash, symbolTerms, wordsOf } from '../text.ts';
import {
  type Clause,
  type ColumnFilter,
  type FlagName,
  flagNames,
  type KeyFilter,
  type Query,
} from './query.ts';

/** Characters of a query that are read, and words of it that are looked for. */
export const queryLimits = { chars: 300, words: 12, filters: 12 } as const;

const dayMs = 86_400_000;

interface Part {
  readonly not: boolean;
  readonly key: string | undefined;
  readonly value: string;
  readonly quoted: boolean;
}

interface Draft {
  readonly clauses: Clause[];
  readonly keys: KeyFilter[];
  readonly columns: ColumnFilter[];
  readonly notes: string[];
  readonly free: string[];
  readonly now: number;
  sort: Sort | undefined;
}

/** @param now milliseconds since 1970 */
export function parseQuery(text: string, now: number): Query {
  const cut = text.slice(0, queryLimits.chars);
  const draft: Draft = { clauses: [], keys: [], columns: [], notes: [], free: [], now, sort: undefined };
  if (text.length > cut.length) draft.notes.push(`only the first ${queryLimits.chars} characters were read`);
  const parts = partsOf(cut);
  const named = parts.length === 1 ? nameIn(parts[0]) : undefined;
  if (named?.slug === '')
    draft.keys.push({ shown: `author:${named.author}`, keys: [`@${named.author}`], not: false });
  else if (named !== undefined)
    addWords(draft, { not: false, key: undefined, value: named.slug, quoted: false }, true);
  else
    for (const [i, part] of parts.entries()) addPart(draft, part, i === parts.length - 1 && !/\s$/.test(cut));
  return {
    clauses: meaningful(draft.clauses),
    keys: draft.keys.slice(0, queryLimits.filters),
    columns: draft.columns.slice(0, queryLimits.filters),
    free: draft.free.flatMap(wordsOf),
    squashed: squash(draft.free.join('')),
    hyphenated: hyphenatedIn(draft.free),
    author: named?.slug === '' ? undefined : named?.author,
    sort: draft.sort,
    notes: draft.notes,
  };
}

/** `@alice/str`, or `alice/str`: a name or the beginning of one. */
function nameIn(part: Part | undefined): { author: string; slug: string } | undefined {
  if (part === undefined || part.not || part.key !== undefined || part.quoted) return undefined;
  const match = /^@?([a-z0-9-]+)\/([a-z0-9-]*)$/.exec(fold(part.value));
  return match?.[1] === undefined ? undefined : { author: match[1], slug: match[2] ?? '' };
}

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const form = /(-?)(?:([a-zA-Z]+):)?(?:"([^"]*)"?|([^\s"]+))/g;
  for (const match of text.matchAll(form)) {
    const [, minus = '', key, quoted, plain = ''] = match;
    parts.push({
      not: minus === '-',
      key: key?.toLowerCase(),
      value: quoted ?? plain,
      quoted: quoted !== undefined,
    });
  }
  return parts;
}

function addPart(draft: Draft, part: Part, last: boolean): void {
  const add = part.key === undefined ? undefined : filters.get(part.key);
  if (add === undefined) {
    const value = part.key === undefined ? part.value : `${part.key} ${part.value}`;
    addWords(draft, { ...part, key: undefined, value }, last);
  } else if (part.value !== '' && !add(draft, part)) {
    draft.notes.push(`'${shownOf(part)}' was not understood and is left out`);
  }
}

function hyphenatedIn(free: readonly string[]): string | undefined {
  const text = fold(free.join('-'));
  return free.some((one) => one.includes('-')) ? text : undefined;
}

const shownOf = ({ not, key, value }: Part): string =>
  `${not ? '-' : ''}${key === undefined ? '' : `${key}:`}${value}`;

function addWords(draft: Draft, part: Part, last: boolean): void {
  const typed = wordsOf(part.value);
  if (typed.length === 0) return;
  if (!part.not) draft.free.push(part.value);
  const base = { fields: allFields, not: part.not, phrase: part.quoted && typed.length > 1 };
  if (part.not || part.quoted) {
    draft.clauses.push({ ...base, shown: part.value, terms: typed, prefix: false });
    return;
  }
  const whole = typed.length > 1 && typed.length <= 4 ? { whole: squash(part.value) } : {};
  for (const [i, word] of typed.entries()) {
    const prefix = last && i === typed.length - 1;
    draft.clauses.push({ ...base, ...whole, shown: word, terms: [word], prefix });
  }
}

/** Without words that say nothing, unless there are no others; and not more than are looked for. */
function meaningful(clauses: readonly Clause[]): Clause[] {
  const telling = clauses.filter(
    ({ terms, phrase, fields }) => phrase || fields !== allFields || !terms.every(isStop),
  );
  const kept = telling.some(({ not }) => !not) ? telling : clauses;
  const seen = new Set<string>();
  return kept
    .filter(({ terms, not, fields, phrase }) => {
      const key = `${not} ${fields} ${phrase} ${terms.join(' ')}`;
      return !seen.has(key) && seen.add(key);
    })
    .slice(0, queryLimits.words);
}

const isStop = (term: string): boolean => isStopWord(term);

type AddFilter = (draft: Draft, part: Part) => boolean;

const inField =
  (field: Field, split: (text: string) => string[] = wordsOf): AddFilter =>
  (draft, part) => {
    const typed = split(part.value);
    if (typed.length === 0) return false;
    const shown = shownOf(part);
    const clause = { shown, terms: typed, fields: fieldBits[field], not: part.not };
    draft.clauses.push({ ...clause, phrase: false, prefix: false });
    return true;
  };

const keyed =
  (keyOf: (value: string) => string): AddFilter =>
  (draft, part) => {
    const keys = valuesOf(part.value).map(keyOf);
    draft.keys.push({ shown: shownOf(part), keys, not: part.not });
    return keys.length > 0;
  };

const oneOf =
  (column: 'kind' | 'needs' | 'licence' | 'category'): AddFilter =>
  (draft, part) => {
    const values = valuesOf(part.value);
    draft.columns.push({ shown: shownOf(part), not: part.not, column, values });
    return values.length > 0;
  };

function valuesOf(text: string): string[] {
  return fold(text)
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

const flags: AddFilter = (draft, part) => {
  const values = valuesOf(part.value);
  if (!values.every((one): one is FlagName => flagNames.includes(one as FlagName))) return false;
  draft.columns.push({ shown: shownOf(part), not: part.not, column: 'is', values: values as FlagName[] });
  return true;
};

const number =
  (column: 'score' | 'quality'): AddFilter =>
  (draft, part) => {
    const range = rangeOf(part.value, (text) => (/^\d{1,3}$/.test(text) ? Number(text) : undefined));
    if (range !== undefined) draft.columns.push({ shown: shownOf(part), not: part.not, column, ...range });
    return range !== undefined;
  };

/** `>70`, `<=20`, `50..80`, `70`. */
function rangeOf(
  text: string,
  read: (text: string) => number | undefined,
): { least: number; most: number } | undefined {
  const between = /^([^.]+)\.\.([^.]+)$/.exec(text);
  const [, sign = '=', rest = ''] = /^(>=|<=|>|<|=)?(.*)$/.exec(text) ?? [];
  const least = read(between?.[1] ?? rest);
  const most = read(between?.[2] ?? rest);
  if (least === undefined || most === undefined) return undefined;
  if (between !== null) return { least, most };
  const any = { least: 0, most: Number.MAX_SAFE_INTEGER };
  if (sign === '>') return { ...any, least: least + 1 };
  if (sign === '>=') return { ...any, least };
  if (sign === '<') return { ...any, most: most - 1 };
  if (sign === '<=') return { ...any, most };
  return { least, most };
}

const unitDays: Readonly<Record<string, number>> = { d: 1, w: 7, m: 30.44, y: 365.25 };

/** An age, `<6m` for the last six months, or days: `>2026-01-31` for after it. */
const updated: AddFilter = (draft, part) => {
  const today = Math.floor(draft.now / dayMs);
  const age = /^(<=?|>=?)?(\d{1,4})([dwmy])$/.exec(part.value.toLowerCase());
  if (age !== null) {
    const [, sign = '<', count, unit = 'd'] = age;
    const day = Math.round(today - Number(count) * (unitDays[unit] ?? 1));
    // A module without a time has day 0, and no age.
    const range = sign.startsWith('<')
      ? { least: day, most: Number.MAX_SAFE_INTEGER }
      : { least: 1, most: day };
    draft.columns.push({ shown: shownOf(part), not: part.not, column: 'updated', ...range });
    return true;
  }
  const range = rangeOf(part.value, (text) => {
    const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
    return Number.isNaN(at) ? undefined : Math.floor(at / dayMs);
  });
  if (range === undefined) return false;
  const least = Math.max(1, range.least);
  draft.columns.push({ shown: shownOf(part), not: part.not, column: 'updated', ...range, least });
  return true;
};

const order: AddFilter = (draft, { not, value }) => {
  const sort = sorts.find((one) => one === value.toLowerCase());
  if (sort === undefined || not) return false;
  draft.sort = sort;
  return true;
};

/** `tag:json-schema` is one keyword, and not two words. */
const wholeKeyword = (text: string): string[] => [squash(text)].filter((one) => one !== '');

/** A symbol is looked for whole: its parts are what it is about. */
const symbol = (text: string): string[] => symbolTerms(text.replace(/^@/, '')).slice(0, 1);

const filters: ReadonlyMap<string, AddFilter> = new Map([
  ['author', keyed((value) => `@${value.replace(/^@/, '')}`)],
  ['depends', keyed((value) => `>${value.replace(/^@/, '')}`)],
  ['tag', inField('keywords', wholeKeyword)],
  ['keyword', inField('keywords', wholeKeyword)],
  ['exports', inField('exports', symbol)],
  ['name', inField('name')],
  ['about', inField('about')],
  ['kind', oneOf('kind')],
  ['needs', oneOf('needs')],
  ['category', oneOf('category')],
  ['licence', oneOf('licence')],
  ['license', oneOf('licence')],
  ['is', flags],
  ['score', number('score')],
  ['quality', number('quality')],
  ['updated', updated],
  ['sort', order],
]);
