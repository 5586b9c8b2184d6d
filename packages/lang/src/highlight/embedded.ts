import type { Emit } from './lex.ts';

/** Code of other languages: texts, comments, numbers and the words that most of them share. Nothing is parsed. */
const shared = 'if else for while return break continue do in import from try finally';
const words: Readonly<Record<string, ReadonlySet<string>>> = {
  js: set(
    `${shared} export as const let var function async await new throw catch typeof instanceof of class extends switch case default delete void yield this`,
  ),
  py: set(
    `${shared} def class lambda with as pass raise except elif and or not is None True False global yield async await`,
  ),
  sh: set(
    'if then else elif fi for while until do done case esac in function return local export set echo exit',
  ),
};

function set(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}

const constants = new Set(['true', 'false', 'null', 'undefined', 'None', 'True', 'False']);

// What is never closed goes to its line's end, or to the end of the code: each pattern reads every character once.
const comments: Readonly<Record<string, string>> = {
  js: String.raw`\/\/[^\n]*|\/\*[^]*?(?:\*\/|$)`,
  py: String.raw`#[^\n]*`,
  sh: String.raw`(?<=^|[\s;])#[^\n]*`,
};

const onLine = String.raw`"(?:[^"\\\n]|\\.)*(?:"|\\?(?=\n|$))|'(?:[^'\\\n]|\\.)*(?:'|\\?(?=\n|$))`;

const strings: Readonly<Record<string, string>> = {
  js: `${onLine}|\`(?:[^\`\\\\]|\\\\[^])*(?:\`|\\\\?$)`,
  py: `"""[^]*?(?:"""|$)|'''[^]*?(?:'''|$)|${onLine}`,
  sh: String.raw`"(?:[^"\\]|\\[^])*(?:"|\\?$)|'[^']*(?:'|$)`,
};

const patterns = new Map<string, RegExp>();

function patternOf(language: string): RegExp {
  let pattern = patterns.get(language);
  if (pattern === undefined) {
    const source = `(?<comment>${comments[language]})|(?<string>${strings[language]})|(?<number>\\b\\d[\\w.]*)|(?<word>[A-Za-z_$][\\w$]*)|(?<other>[^])`;
    pattern = new RegExp(source, 'g');
    patterns.set(language, pattern);
  }
  return pattern;
}

/** Tokens of `js`, `sh` or `py` code between two offsets; other languages are read as `js`. */
export function lexEmbedded(
  text: string,
  { start, end, language }: { start: number; end: number; language: string },
  emit: Emit,
): void {
  const known = language in words ? language : 'js';
  for (const match of text.slice(start, end).matchAll(patternOf(known))) {
    const from = start + match.index;
    const to = from + match[0].length;
    const { groups = {} } = match;
    if (groups.word !== undefined) {
      emit(
        constants.has(groups.word) ? 'constant' : words[known]!.has(groups.word) ? 'keyword' : 'text',
        from,
        to,
      );
    } else if (groups.comment !== undefined) emit('comment', from, to);
    else if (groups.string !== undefined) emit('string', from, to);
    else emit(groups.number === undefined ? 'text' : 'number', from, to);
  }
}
