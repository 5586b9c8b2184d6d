/**
 * Words that give orders to a language model that reads them: in docs, strings, comments, names of parameters. Heuristics on
 * words, so that line ends, emphasis and `snake_case` do not hide them. They advise and prove nothing.
 */
import type { Hit } from './hit.ts';
import type { ThreatId } from './rules.ts';

const set = (text: string): ReadonlySet<string> => new Set(text.split(' '));

const ignore = set('ignore disregard forget override bypass');
const instructions = set('instruction instructions directive directives prompt prompts rules guidelines');
const earlier = set('previous prior above earlier preceding former existing original system');
const negation = set('not never dont without');
const tell = set(
  'tell telling mention mentioning inform informing reveal revealing notify notifying show disclose alert',
);
const user = set('user users human');
const give = set(
  'send upload post include read pass provide leak forward exfiltrate attach content contents',
);
const secrets = set('ssh credentials credential secrets passwords password tokens apikey apikeys dotenv');

interface Phrase {
  readonly rule: ThreatId;
  /** Words in this order, each at most `gap` words behind the one before. */
  readonly slots: readonly ReadonlySet<string>[];
  readonly gap: number;
}

const phrases: readonly Phrase[] = [
  { rule: 'prompt/override', slots: [ignore, earlier, instructions], gap: 4 },
  {
    rule: 'prompt/override',
    slots: [set('ignore disregard forget'), set('everything all'), set('above before')],
    gap: 4,
  },
  {
    rule: 'prompt/override',
    slots: [set('new updated real'), set('system'), set('instructions prompt')],
    gap: 1,
  },
  { rule: 'prompt/conceal', slots: [negation, tell, user], gap: 4 },
  {
    rule: 'prompt/conceal',
    slots: [negation, tell, set('this these'), set('user anyone instruction instructions')],
    gap: 4,
  },
  { rule: 'prompt/conceal', slots: [set('hide conceal'), set('from'), user], gap: 3 },
  {
    rule: 'prompt/secrets',
    slots: [give, secrets, set('file files key keys url endpoint server parameter argument')],
    gap: 6,
  },
  {
    rule: 'prompt/secrets',
    slots: [give, set('private api secret access'), set('key keys token tokens')],
    gap: 4,
  },
  {
    rule: 'prompt/secrets',
    slots: [give, set('environment env'), set('variables variable file files'), set('to')],
    gap: 4,
  },
];

const byFirst = new Map<string, Phrase[]>();
for (const phrase of phrases)
  for (const word of phrase.slots[0]!) byFirst.set(word, [...(byFirst.get(word) ?? []), phrase]);

interface Word {
  readonly text: string;
  readonly at: number;
}

/** Letters; `camelCase` is two words, `don't` is one. */
const wordPattern = /(?:[A-Z]{1,40}[a-z]{0,40}|[a-z]{1,40})(?:['\u2019][a-z]{1,3})?/g;

function* wordsOf(text: string): Generator<Word> {
  for (const match of text.matchAll(wordPattern))
    yield { text: match[0].toLowerCase().replace(/['\u2019]/, ''), at: match.index };
}

const markup =
  /<\/?(?:system|important|instructions?|assistant|hidden|secret|system[-_]?prompt)>|<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[\/?INST\]|<<\/?SYS>>/gi;
const longest = 24;
const codeMarks = /[(){}[\]@=<>|;"':]{2}/;
/** Characters between two words that are looked at. */
const gapReach = 40;

export function promptHits(text: string): Hit[] {
  const hits: Hit[] = [];
  const inComment = htmlComments(text);
  const window: Word[] = [];
  const ends = new Map<ThreatId, number>();
  const check = () => {
    const [first] = window;
    for (const { rule, slots, gap } of byFirst.get(first?.text ?? '') ?? []) {
      const last = matchEnd(window, slots, gap);
      if (first === undefined || last === undefined || first.at < (ends.get(rule) ?? 0)) continue;
      ends.set(rule, last.at + last.text.length);
      const hidden = inComment(first.at);
      const said = text
        .slice(first.at, last.at + last.text.length)
        .replace(/\s{1,100}/g, ' ')
        .slice(0, 120);
      hits.push({
        rule,
        at: first.at,
        message: `${hidden ? 'hidden in a comment of the Markdown: ' : ''}«${said}»`,
        ...(hidden ? { severity: 'high' } : {}),
      });
    }
    window.shift();
  };
  let end = 0;
  for (const word of wordsOf(text)) {
    // Two marks in a row are code or another sentence's end, not an order in words.
    if (codeMarks.test(text.slice(end, Math.min(word.at, end + gapReach)))) while (window.length > 0) check();
    end = word.at + word.text.length;
    window.push(word);
    if (window.length >= longest) check();
  }
  while (window.length > 0) check();
  for (const match of text.matchAll(markup))
    hits.push({ rule: 'prompt/markup', at: match.index, message: `'${match[0]}' stands here` });
  return hits;
}

function matchEnd(window: readonly Word[], slots: Phrase['slots'], gap: number): Word | undefined {
  let at = 0;
  for (const slot of slots.slice(1)) {
    const found = window.slice(at + 1, at + 2 + gap).findIndex(({ text }) => slot.has(text));
    if (found < 0) return undefined;
    at += 1 + found;
  }
  return window[at];
}

/** Says whether an offset stands in `<!-- … -->`; offsets are asked for in rising order. */
function htmlComments(text: string): (offset: number) => boolean {
  let start = text.indexOf('<!--');
  let end = start < 0 ? -1 : text.indexOf('-->', start);
  return (offset) => {
    while (start >= 0 && end >= 0 && end < offset) {
      start = text.indexOf('<!--', end);
      end = start < 0 ? -1 : text.indexOf('-->', start);
    }
    return start >= 0 && start < offset;
  };
}
