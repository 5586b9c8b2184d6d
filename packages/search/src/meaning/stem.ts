/** The stem of an English word, so that `splitting` and `split` are one (Porter, An algorithm for suffix stripping, 1980). */

const consonant = '[^aeiou]';
const vowel = '[aeiouy]';
const consonants = `${consonant}[^aeiouy]*`;
const vowels = `${vowel}[aeiou]*`;
/** The paper's measure m of what stands before a suffix. */
const isLong = new RegExp(`^(?:${consonants})?${vowels}${consonants}`);
const isOne = new RegExp(`^(?:${consonants})?${vowels}${consonants}(?:${vowels})?$`);
const isLonger = new RegExp(`^(?:${consonants})?${vowels}${consonants}${vowels}${consonants}`);
const hasVowel = new RegExp(`^(?:${consonants})?${vowel}`);
const isShort = new RegExp(`^${consonants}${vowel}[^aeiouwxy]$`);

const second: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ...{ ational: 'ate', tional: 'tion', enci: 'ence', anci: 'ance', izer: 'ize', bli: 'ble', alli: 'al' },
    ...{ entli: 'ent', eli: 'e', ousli: 'ous', ization: 'ize', ation: 'ate', ator: 'ate', alism: 'al' },
    ...{
      iveness: 'ive',
      fulness: 'ful',
      ousness: 'ous',
      aliti: 'al',
      iviti: 'ive',
      biliti: 'ble',
      logi: 'log',
    },
  }),
);
const third: ReadonlyMap<string, string> = new Map(
  Object.entries({ icate: 'ic', ative: '', alize: 'al', iciti: 'ic', ical: 'ic', ful: '', ness: '' }),
);
const endsWith = (suffixes: Iterable<string>) => new RegExp(`^(.+?)(${[...suffixes].join('|')})$`);
const secondSuffix = endsWith(second.keys());
const thirdSuffix = endsWith(third.keys());
const fourthSuffix = /^(.+?)(?:al|ance|ence|er|ic|able|ible|ant|ement|ment|ent|ou|ism|ate|iti|ous|ive|ize)$/;

/** @param term folded; what is no word of the letters a to z is left as it is */
export function stemOf(term: string): string {
  if (term.length < 3 || !/^[a-z]+$/.test(term)) return term;
  // At the beginning y is a consonant.
  const marked = term.startsWith('y') ? `Y${term.slice(1)}` : term;
  return withoutE(withoutFourth(withoutMiddle(yToI(withoutPast(singular(marked)))))).toLowerCase();
}

function singular(term: string): string {
  if (/(?:ss|i)es$/.test(term)) return term.slice(0, -2);
  return /[^s]s$/.test(term) ? term.slice(0, -1) : term;
}

function withoutPast(term: string): string {
  if (term.endsWith('eed')) return isLong.test(term.slice(0, -3)) ? term.slice(0, -1) : term;
  const base = /^(.+?)(?:ed|ing)$/.exec(term)?.[1];
  if (base === undefined || !hasVowel.test(base)) return term;
  if (/(?:at|bl|iz)$/.test(base) || isShort.test(base)) return `${base}e`;
  return /([^aeiouylsz])\1$/.test(base) ? base.slice(0, -1) : base;
}

function yToI(term: string): string {
  return term.endsWith('y') && hasVowel.test(term.slice(0, -1)) ? `${term.slice(0, -1)}i` : term;
}

function withoutMiddle(term: string): string {
  let left = term;
  for (const [suffix, replaced] of [
    [secondSuffix, second],
    [thirdSuffix, third],
  ] as const) {
    const [, base = '', end = ''] = suffix.exec(left) ?? [];
    if (base !== '' && isLong.test(base)) left = base + (replaced.get(end) ?? '');
  }
  return left;
}

function withoutFourth(term: string): string {
  const base = fourthSuffix.exec(term)?.[1] ?? /^(.+?[st])ion$/.exec(term)?.[1];
  return base !== undefined && isLonger.test(base) ? base : term;
}

function withoutE(term: string): string {
  const base = term.endsWith('e') ? term.slice(0, -1) : undefined;
  const left =
    base !== undefined && (isLonger.test(base) || (isOne.test(base) && !isShort.test(base))) ? base : term;
  return left.endsWith('ll') && isLonger.test(left) ? left.slice(0, -1) : left;
}
