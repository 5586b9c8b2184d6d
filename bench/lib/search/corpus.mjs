// Modules as search knows them, as many as wanted, and 200 questions about the first thousand of them: the same ones at
// every size, so that sizes can be compared. Words come from real text; what stands together in it stands together here.
import { randomFrom } from '../random.mjs';
import { realSentences } from './text.mjs';

const day = 86_400_000;
const newest = Date.UTC(2026, 0, 31);
/** The most frequent words of a text say how something is said, not what. */
const commonWords = 400;
const verbs =
  'get set make parse read write find list format to from is has add remove create load save run check'.split(
    ' ',
  );
const ends = ['kit', 'lab', 'ify', 'io', 'hub', 'box', 'ly', 'js', 'lite', 'core', 'x', 'pro'];
const headings = [
  'usage',
  'install',
  'options',
  'examples',
  'api',
  'notes',
  'limits',
  'errors',
  'configuration',
];

/** @returns {Generator<object>} search records; the first n are the same however many follow */
export function* generateRecords({ seed = 7, count }) {
  const random = randomFrom(seed);
  const topics = topicsOf(realSentences(), random);
  const authors = Array.from({ length: Math.ceil(15_000) }, () => authorName(random));
  const slugs = new Map();
  for (let i = 0; i < count; i++) {
    const topic = topics[Math.floor(random.next() ** 1.5 * topics.length)];
    const author = authors[Math.floor(random.next() ** 2.5 * authors.length)];
    let slug = slugOf(topic, random);
    const key = `@${author}/${slug}`;
    const seen = slugs.get(key) ?? 0;
    slugs.set(key, seen + 1);
    if (seen > 0) slug = `${slug}-${seen + 1}`;
    yield record({ author, slug, topic, random, i });
  }
}

/** A topic is where words stand together: sentences that share a word that is neither common nor rare. */
function topicsOf(sentences, random) {
  const counts = new Map();
  for (const word of sentences.flat()) counts.set(word, (counts.get(word) ?? 0) + 1);
  const frequent = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, commonWords);
  const common = new Set(frequent.map(([word]) => word));
  const by = new Map();
  for (const sentence of sentences)
    for (const word of new Set(sentence))
      if (!common.has(word)) by.set(word, [...(by.get(word) ?? []), sentence]);
  const seeds = [...by]
    .filter(([, found]) => found.length >= 4 && found.length <= 60)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Array.from({ length: 600 }, () => {
    const [word, found] = random.pick(seeds);
    const isTelling = (one) => one !== undefined && !common.has(one) && one.length >= 3;
    const words = found.flat().filter(isTelling);
    const pairs = found.flatMap((sentence) =>
      sentence.flatMap((one, i) =>
        isTelling(one) && isTelling(sentence[i + 1]) ? [`${plain(one)}-${plain(sentence[i + 1])}`] : [],
      ),
    );
    return {
      word,
      pairs: pairs.length === 0 ? [word] : pairs,
      words: [...new Set([word, ...words])].slice(0, 60),
      sentences: found,
    };
  });
}

const syllables =
  'ba be bi bo da de di do fa fi ga go ja jo ka ki ko la le li lo ma me mi mo na ne ni no pa pe po ra re ri ro sa se so ta te ti to va ve vo za ze zo'.split(
    ' ',
  );
const closing = ['', '', 'n', 'r', 'x', 's', 'l', 'th', 'ck'];

function invented(random) {
  let word = '';
  for (let i = 2 + random.below(2); i > 0; i--) word += random.pick(syllables);
  return word + random.pick(closing);
}

function authorName(random) {
  const shape = random.next();
  const name = invented(random);
  return shape < 0.5 ? `${name}${random.below(100)}` : shape < 0.8 ? `${name}-${invented(random)}` : name;
}

const plain = (word) => word.replace(/[^a-z0-9]/g, '');

function slugOf({ word, words }, random) {
  const shape = random.next();
  if (shape < 0.12) return invented(random) + (random.chance(0.3) ? random.pick(ends) : '');
  if (shape < 0.3) return plain(word) + (random.chance(0.5) ? random.pick(ends) : '');
  const parts = [random.chance(0.7) ? word : random.pick(words), random.pick(words)];
  if (random.chance(0.35)) parts.push(random.chance(0.3) ? random.pick(ends) : random.pick(words));
  return [...new Set(parts.map(plain))].join('-').slice(0, 60).replace(/-+$/, '');
}

function record({ author, slug, topic, random, i }) {
  const keywords = new Set(random.chance(0.9) ? [topic.word] : []);
  for (let n = 1 + random.below(5); n > 0; n--) keywords.add(random.pick(topic.words));
  // Two words that stand side by side in the text.
  const at = random.below(topic.pairs.length);
  if (random.chance(0.2)) keywords.add(topic.pairs[at]);
  const sentence = random.pick(topic.sentences);
  const from = random.below(Math.max(1, sentence.length - 8));
  const camel = (word) => word[0].toUpperCase() + word.slice(1);
  const needs = ['js', 'node', 'sh', 'network', 'py'].filter((_, n) => random.chance(0.5 / (n + 1)));
  return {
    id: i,
    name: `@${author}/${slug}`,
    author,
    kind: random.chance(0.9) ? 'module' : random.pick(['mcp-server', 'theme', 'template']),
    version: `${random.below(4)}.${random.below(20)}.${random.below(10)}`,
    about: camel(sentence.slice(from, from + 6 + random.below(10)).join(' ')),
    keywords: [...keywords],
    categories: random.chance(0.5) && keywords.has(topic.word) ? [topic.word] : [],
    needs,
    licence: random.chance(0.7) ? 'CC0' : random.pick(['MIT', 'Apache-2.0', 'ISC', 'BSD-3-Clause']),
    exports: Array.from(
      { length: 1 + random.below(8) },
      () => random.pick(verbs) + camel(plain(random.pick(topic.words))),
    ),
    headings: Array.from({ length: 1 + random.below(4) }, () =>
      random.chance(0.6) ? random.pick(headings) : `${random.pick(topic.words)} ${random.pick(topic.words)}`,
    ),
    depends: [],
    updated: new Date(newest - Math.floor(random.next() ** 2 * 1500) * day).toISOString().slice(0, 10),
    signed: random.chance(0.6),
    reviewed: random.chance(0.1),
    safe: random.chance(0.95),
    ...(random.chance(0.7) ? { score: random.below(101) } : {}),
    quality: Math.floor(100 * (1 - random.next() ** 2)),
    deprecated: random.chance(0.02),
    yanked: random.chance(0.005),
  };
}

const slugIn = (name) => name.slice(name.indexOf('/') + 1);

/**
 * Questions with what counts as found.
 * @returns {{kind: string, query: string, top: number, hit: (name: string, record: object) => boolean}[]}
 */
export function questions(records, { seed = 11 } = {}) {
  const random = randomFrom(seed);
  const first = records.slice(0, 1000).filter(({ deprecated, yanked }) => !deprecated && !yanked);
  const slugs = records.map(({ name }) => slugIn(name)).sort();
  const startingWith = (text) => bound(slugs, `${text}\uffff`) - bound(slugs, text);
  const words = new Map();
  for (const [i, one] of records.entries())
    for (const word of wordsOf(one)) words.set(word, (words.get(word) ?? new Set()).add(i));
  const pickFrom = (count, make) => {
    const found = [];
    for (let tries = 0; found.length < count && tries < 20_000; tries++) {
      const one = make(random.pick(first));
      if (one !== undefined && !found.some(({ query }) => query === one.query)) found.push(one);
    }
    return found;
  };
  const slugHit = (slug) => (name) => slugIn(name) === slug;
  return [
    ...pickFrom(20, ({ name }) => ({
      kind: 'exact',
      query: slugIn(name),
      top: 1,
      hit: slugHit(slugIn(name)),
    })),
    ...pickFrom(20, ({ name }) => ({ kind: 'exact', query: name, top: 1, hit: (found) => found === name })),
    ...pickFrom(40, ({ name }) => {
      const slug = slugIn(name);
      for (let n = 3; n < slug.length; n++)
        if (slug[n] !== '-' && startingWith(slug.slice(0, n)) <= 5)
          return { kind: 'prefix', query: slug.slice(0, n), top: 5, hit: (found) => found === name };
      return undefined;
    }),
    ...pickFrom(30, ({ name }) => {
      const slug = slugIn(name);
      return slug.length < 5
        ? undefined
        : { kind: 'typo', query: edited(slug, random), top: 5, hit: slugHit(slug) };
    }),
    ...pickFrom(10, ({ name }) => {
      const slug = slugIn(name);
      return slug.length < 8
        ? undefined
        : { kind: 'typo 2', query: edited(edited(slug, random), random), top: 5, hit: slugHit(slug) };
    }),
    ...pickFrom(40, (one) => severalWords(one, { random, words })),
    ...pickFrom(40, ({ keywords }) => {
      const keyword = random.pick(keywords);
      const declares = (_, found) => found.keywords.includes(keyword);
      return { kind: 'keyword', query: keyword, top: 1, hit: declares };
    }),
  ];
}

/** Words that nobody searches for. */
const functionWords = new Set(
  'about after also been before being between both could does each every from have here into itself just like more most must only other over same should some such than that their them then there these they this those under until very were what when where which while will with without would your'.split(
    ' ',
  ),
);

function severalWords(one, { random, words }) {
  const own = [...wordsOf(one)].filter((word) => word.length > 3 && !functionWords.has(word));
  const chosen = [...new Set(Array.from({ length: 2 + random.below(2) }, () => random.pick(own)))];
  if (chosen.length < 2) return undefined;
  const sets = chosen.map((word) => words.get(word)).sort((a, b) => a.size - b.size);
  const together = [...sets[0]].filter((i) => sets.every((set) => set.has(i)));
  if (together.length > 5) return undefined;
  return { kind: 'several', query: chosen.join(' '), top: 5, hit: (found) => found === one.name };
}

function wordsOf({ name, about, keywords }) {
  return new Set(`${slugIn(name)} ${about} ${keywords.join(' ')}`.toLowerCase().match(/[a-z0-9]+/g));
}

function edited(word, random) {
  const at = random.below(word.length);
  const letter = 'abcdefghijklmnopqrstuvwxyz'[random.below(26)];
  const kind = random.below(4);
  const changed =
    kind === 0
      ? word.slice(0, at) + word.slice(at + 1)
      : kind === 1
        ? word.slice(0, at) + letter + word.slice(at)
        : kind === 2
          ? word.slice(0, at) + letter + word.slice(at + 1)
          : word.slice(0, at) + (word[at + 1] ?? '') + word[at] + word.slice(at + 2);
  return changed === word ? edited(word, random) : changed;
}

function bound(sorted, text) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
