import type { CommandExpression, TemplateHole, TemplatePart } from '../ast-expressions.ts';
import { type Context, errorAt } from './context.ts';
import { evaluate, isKnownName } from './evaluate.ts';
import { renderTemplate } from './template.ts';
import { isArray, isTruthy, toText, unwrap, type Value } from './values.ts';

/** One program of a command line: there is no shell, so its words are exactly its arguments. */
export interface CommandProgram {
  readonly argv: readonly string[];
  /** `2>/dev/null` */
  readonly dropErrors: boolean;
  /** `2>&1` */
  readonly joinErrors: boolean;
}

interface Words {
  readonly programs: { argv: string[]; dropErrors: boolean; joinErrors: boolean }[];
  /** The word being read; undefined between words. */
  word: string | undefined;
  quote: '' | '"' | "'";
}

/** Splits a command line into programs and words. What is interpolated never becomes syntax: it stays one argument. */
export async function renderCommand(
  context: Context,
  node: CommandExpression,
): Promise<readonly CommandProgram[]> {
  const words: Words = {
    programs: [{ argv: [], dropErrors: false, joinErrors: false }],
    word: undefined,
    quote: '',
  };
  await readParts(context, node, { parts: node.line.parts, words });
  if (words.quote !== '') {
    throw errorAt(context, node, {
      code: 'SYNTAX',
      message: `a ${words.quote} of this command is never closed`,
    });
  }
  endWord(words);
  const programs = words.programs.filter(({ argv }) => argv.length > 0);
  if (programs.length === words.programs.length) return programs;
  throw errorAt(context, node, { code: 'SYNTAX', message: 'a program is missing in this command' });
}

interface Reading {
  readonly parts: readonly TemplatePart[];
  readonly words: Words;
}

async function readParts(
  context: Context,
  node: CommandExpression,
  { parts, words }: Reading,
): Promise<void> {
  for (const part of parts) {
    if (typeof part === 'string') readText(context, node, { text: part, words });
    else if (part.kind === 'loop')
      add(
        words,
        await renderTemplate(context, { kind: 'template', parts: [part], start: part.start, end: part.end }),
      );
    else await readHole(context, node, { hole: part, words });
  }
}

async function readHole(
  context: Context,
  node: CommandExpression,
  { hole, words }: { hole: TemplateHole; words: Words },
): Promise<void> {
  if (words.quote === "'") {
    add(words, await textOf(context, hole));
    return;
  }
  if (hole.snippet !== undefined) {
    if (isTruthy(await evaluate(context, hole.value)))
      await readParts(context, node, { parts: hole.snippet.parts, words });
    return;
  }
  const root = hole.value.kind === 'access' ? hole.value.object : hole.value;
  if (root.kind === 'name' && !isKnownName(context, root.name)) {
    add(words, await textOf(context, hole));
    return;
  }
  const value = await evaluate(context, hole.value);
  if (hole.optional && !isTruthy(value)) return;
  const list = unwrap(value);
  if (isArray(list) && words.quote === '' && words.word === undefined && list.every(isSimple)) {
    for (const item of list) words.programs.at(-1)!.argv.push(toText(item));
    return;
  }
  add(words, toText(value));
}

async function textOf(context: Context, hole: TemplateHole): Promise<string> {
  return renderTemplate(context, { kind: 'template', parts: [hole], start: hole.start, end: hole.end });
}

function isSimple(value: Value): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function add(words: Words, text: string): void {
  words.word = (words.word ?? '') + text;
}

function endWord(words: Words): void {
  if (words.word !== undefined) words.programs.at(-1)!.argv.push(words.word);
  words.word = undefined;
}

interface TextReading {
  readonly text: string;
  readonly words: Words;
}

function readText(context: Context, node: CommandExpression, { text, words }: TextReading): void {
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (words.quote !== '') at = readQuoted(words, text, at);
    else if (char === '"' || char === "'") {
      words.quote = char;
      add(words, '');
    } else if (char === '\\') {
      at++;
      if (text[at] !== '\n') add(words, text[at] ?? '');
    } else if (/\s/.test(char)) endWord(words);
    else {
      const length = readOperator(context, node, { text: text.slice(at, at + 16), words });
      if (length === 0) add(words, char);
      else at += length - 1;
    }
  }
}

function readQuoted(words: Words, text: string, at: number): number {
  const char = text[at]!;
  if (char === words.quote) {
    words.quote = '';
    return at;
  }
  if (words.quote === '"' && char === '\\' && '"\\$`'.includes(text[at + 1] ?? ' ')) {
    add(words, text[at + 1]!);
    return at + 1;
  }
  add(words, char);
  return at;
}

/** `|` and the two redirections that need no shell; other operators are an error. Returns what it took. */
function readOperator(context: Context, node: CommandExpression, { text, words }: TextReading): number {
  const redirect = words.word === undefined ? /^2>(?:\/dev\/null|&1)/.exec(text)?.[0] : undefined;
  if (redirect !== undefined) {
    const program = words.programs.at(-1)!;
    if (redirect === '2>&1') program.joinErrors = true;
    else program.dropErrors = true;
    return redirect.length;
  }
  if (text.startsWith('|') && !text.startsWith('||')) {
    endWord(words);
    words.programs.push({ argv: [], dropErrors: false, joinErrors: false });
    return 1;
  }
  const operator = /^(?:\|\||&&|;|[<>&]|\$\()/.exec(text)?.[0];
  if (operator === undefined) return 0;
  throw errorAt(context, node, {
    code: 'SYNTAX',
    message: `'${operator}' in a cmd: commands run without a shell`,
    hint: 'Use sh { … } for it, or put the sign in quotes.',
  });
}
