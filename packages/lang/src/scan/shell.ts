/**
 * Reads shell text as pipelines of commands, in one pass: what is needed to say which programs it names. Where the shell
 * would refuse, something is read all the same; nothing throws.
 */

export interface ShellWord {
  /** Quotes removed; what is known only when it runs is `*`. */
  text: string;
  /** Offset in the text. */
  readonly at: number;
  /** Whether all of it is known. */
  fixed: boolean;
  /** Length of `text` after its last `*`: two of them in a row say no more than one. */
  starred: number;
  /** Variables that it names. */
  readonly variables: string[];
  /** Commands of `$( … )`, backticks and `<( … )` in it. */
  readonly inner: Pipeline[];
}

export interface Redirect {
  readonly operator: '<' | '>' | '>>' | '<<<';
  readonly target: ShellWord;
}

export interface ShellCommand {
  readonly words: ShellWord[];
  readonly redirects: Redirect[];
  /** Bodies of its here-documents. */
  readonly documents: ShellDocument[];
}

interface ShellDocument {
  text: string;
  at: number;
}

/** Commands, each of which reads what the one before it prints. */
export type Pipeline = ShellCommand[];

interface Frame {
  readonly pipelines: Pipeline[];
  pipeline: Pipeline;
  command: ShellCommand;
  word: ShellWord | undefined;
  redirect: Redirect['operator'] | undefined;
  quoted: boolean;
  /** For each round bracket that is open within: how many pipelines were there before it. */
  readonly groups: number[];
  /** The same of the group that was closed last. */
  closed: number;
  readonly closer: ')' | '`' | '';
  readonly documents: { readonly end: string; readonly document: ShellDocument }[];
}

interface Reader {
  readonly text: string;
  at: number;
  readonly frames: Frame[];
}

/** Substitutions within each other that are read; deeper ones are read as words. */
const nesting = 32;
/** Stands for what a program puts in before the shell sees the text. */
export const hole = '\u0001';

export function readShell(text: string): Pipeline[] {
  const root = newFrame('', []);
  const reader: Reader = { text, at: 0, frames: [root] };
  while (reader.at < text.length) step(reader, reader.frames.at(-1)!);
  while (reader.frames.length > 0) endPipeline(reader.frames.pop()!);
  return root.pipelines;
}

function newFrame(closer: Frame['closer'], pipelines: Pipeline[]): Frame {
  return {
    pipelines,
    pipeline: [],
    command: newCommand(),
    word: undefined,
    redirect: undefined,
    quoted: false,
    groups: [],
    closed: 0,
    closer,
    documents: [],
  };
}

function newCommand(): ShellCommand {
  return { words: [], redirects: [], documents: [] };
}

function step(reader: Reader, frame: Frame): void {
  const char = reader.text[reader.at]!;
  if (char === '\\') escaped(reader, frame);
  else if (char === '"') {
    wordOf(reader, frame);
    frame.quoted = !frame.quoted;
    reader.at++;
  } else if (char === '$') dollar(reader, frame);
  else if (char === '`') backtick(reader, frame);
  else if (char === hole) {
    unknown(wordOf(reader, frame));
    reader.at++;
  } else if (frame.quoted) add(reader, frame);
  else stepOutside(reader, frame, char);
}

function stepOutside(reader: Reader, frame: Frame, char: string): void {
  const { text, at } = reader;
  if (char === "'") {
    const word = wordOf(reader, frame);
    const close = text.indexOf("'", at + 1);
    const end = close < 0 ? text.length : close;
    word.text += text.slice(at + 1, end);
    reader.at = end + 1;
  } else if (char === '#' && frame.word === undefined) {
    const end = text.indexOf('\n', at);
    reader.at = end < 0 ? text.length : end;
  } else if (char === ' ' || char === '\t' || char === '\r') {
    endWord(frame);
    reader.at++;
  } else if (char === '\n') {
    endPipeline(frame);
    reader.at++;
    skipDocuments(reader, frame);
  } else if (char === '|' || char === ';' || char === '&') separator(reader, frame, char);
  else if (char === '(' || char === ')') bracket(reader, frame, char);
  else if (char === '<' || char === '>') angle(reader, frame, char);
  else add(reader, frame);
}

function escaped(reader: Reader, frame: Frame): void {
  const next = reader.text[reader.at + 1];
  if (next === '\n') {
    if (!frame.quoted) endWord(frame);
  } else if (next !== undefined) wordOf(reader, frame).text += next;
  reader.at += 2;
}

const name = /[A-Za-z_][A-Za-z0-9_]{0,200}|[0-9@*#?$!-]/y;

function dollar(reader: Reader, frame: Frame): void {
  const { text, at } = reader;
  const word = wordOf(reader, frame);
  if (text[at + 1] === '(' && reader.frames.length < nesting) {
    unknown(word);
    reader.at = at + 2;
    reader.frames.push(newFrame(')', word.inner));
    return;
  }
  if (text[at + 1] === "'" && !frame.quoted) {
    reader.at++;
    return;
  }
  const braced = text[at + 1] === '{';
  name.lastIndex = at + (braced ? (text[at + 2] === '#' || text[at + 2] === '!' ? 3 : 2) : 1);
  const found = name.exec(text);
  if (found === null) {
    add(reader, frame);
    return;
  }
  unknown(word);
  word.variables.push(found[0]);
  const end = name.lastIndex;
  if (!braced) reader.at = end;
  // The rest of `${name:-default}` is read as what it may give.
  else reader.at = text[end] === '}' ? end + 1 : end;
}

function backtick(reader: Reader, frame: Frame): void {
  reader.at++;
  if (frame.closer === '`') {
    endPipeline(frame);
    reader.frames.pop();
  } else if (reader.frames.length < nesting) {
    const word = wordOf(reader, frame);
    unknown(word);
    reader.frames.push(newFrame('`', word.inner));
  }
}

function separator(reader: Reader, frame: Frame, char: string): void {
  const next = reader.text[reader.at + 1];
  if (char === '&' && next === '>') {
    endWord(frame);
    reader.at++;
    return;
  }
  if (char === '&' && (frame.redirect !== undefined || reader.text[reader.at - 1] === '>')) {
    add(reader, frame);
    return;
  }
  if (char === '|' && next !== '|') {
    endWord(frame);
    if (frame.pipeline.length === 0 && isEmpty(frame.command)) frame.pipeline = pipedGroup(frame);
    endCommand(frame);
    reader.at += next === '&' ? 2 : 1;
    return;
  }
  endPipeline(frame);
  reader.at += next === char ? 2 : 1;
}

/** Commands of a group whose output is read as one; of a larger group, those of its last pipeline. */
const groupSize = 256;

/** What `| …` behind `( … )` or `done` reads: all that the group prints. */
function pipedGroup({ pipelines, closed }: Frame): Pipeline {
  const group = pipelines.slice(Math.max(closed, pipelines.length - groupSize));
  const size = group.reduce((sum, { length }) => sum + length, 0);
  if (group.length < 2 || size > groupSize) return pipelines.pop() ?? [];
  pipelines.splice(pipelines.length - group.length);
  return group.flat();
}

function bracket(reader: Reader, frame: Frame, char: string): void {
  reader.at++;
  if (char === '(') {
    endPipeline(frame);
    frame.groups.push(frame.pipelines.length);
  } else if (frame.groups.length > 0) {
    endPipeline(frame);
    frame.closed = frame.groups.pop()!;
  } else {
    endPipeline(frame);
    if (frame.closer === ')') reader.frames.pop();
  }
}

const heredoc = /<<-?[ \t]{0,8}(['"\\]?)([A-Za-z_]\w{0,63})\1?/y;

function angle(reader: Reader, frame: Frame, char: string): void {
  const { text, at } = reader;
  if (text[at + 1] === '(' && reader.frames.length < nesting) {
    const word = wordOf(reader, frame);
    unknown(word);
    reader.at = at + 2;
    reader.frames.push(newFrame(')', word.inner));
    return;
  }
  // `2>`: the number is no word.
  if (frame.word !== undefined && /^\d$/.test(frame.word.text)) frame.word = undefined;
  endWord(frame);
  if (char === '<' && text.startsWith('<<<', at)) {
    frame.redirect = '<<<';
    reader.at = at + 3;
    return;
  }
  heredoc.lastIndex = at;
  const found = heredoc.exec(text);
  if (found !== null) {
    const document: ShellDocument = { text: '', at };
    frame.documents.push({ end: found[2]!, document });
    frame.command.documents.push(document);
    reader.at = heredoc.lastIndex;
    return;
  }
  const double = char === '>' && text[at + 1] === '>';
  frame.redirect = char === '<' ? '<' : double ? '>>' : '>';
  reader.at = at + (double || text[at + 1] === '|' ? 2 : 1);
}

function skipDocuments(reader: Reader, frame: Frame): void {
  for (const { end, document } of frame.documents.splice(0)) {
    const start = reader.at;
    let stop = reader.text.length;
    let next = stop;
    for (let at = start; at < reader.text.length; ) {
      const newline = reader.text.indexOf('\n', at);
      const lineEnd = newline < 0 ? reader.text.length : newline;
      if (lineEnd - at < 200 && reader.text.slice(at, lineEnd).trim() === end) {
        stop = at;
        next = lineEnd;
        break;
      }
      at = lineEnd + 1;
    }
    document.text = reader.text.slice(start, stop);
    document.at = start;
    reader.at = next;
  }
}

// ---- building

function wordOf(reader: Reader, frame: Frame): ShellWord {
  frame.word ??= { text: '', at: reader.at, fixed: true, starred: -1, variables: [], inner: [] };
  return frame.word;
}

function unknown(word: ShellWord): void {
  word.fixed = false;
  if (word.text.length === word.starred) return;
  word.text += '*';
  word.starred = word.text.length;
}

function add(reader: Reader, frame: Frame): void {
  wordOf(reader, frame).text += reader.text[reader.at]!;
  reader.at++;
}

function endWord(frame: Frame): void {
  const { word, redirect, command } = frame;
  if (word === undefined) return;
  if (redirect === undefined) command.words.push(word);
  else command.redirects.push({ operator: redirect, target: word });
  frame.word = undefined;
  frame.redirect = undefined;
}

function isEmpty({ words, redirects, documents }: ShellCommand): boolean {
  return words.length === 0 && redirects.length === 0 && documents.length === 0;
}

function endCommand(frame: Frame): void {
  endWord(frame);
  frame.redirect = undefined;
  frame.quoted = false;
  if (!isEmpty(frame.command)) frame.pipeline.push(frame.command);
  frame.command = newCommand();
}

function endPipeline(frame: Frame): void {
  endCommand(frame);
  if (frame.pipeline.length > 0) frame.pipelines.push(frame.pipeline);
  frame.pipeline = [];
}
