import type { OutputStatement } from '../ast.ts';
import type { CodeExpression, CommandExpression, Expression, Stage } from '../ast-expressions.ts';
import { readArguments, readPath } from './access.ts';
import { readEmbedded } from './embedded.ts';
import { readExpression } from './expression.ts';
import { readTarget } from './output.ts';
import { readPostfix } from './primary.ts';
import {
  Ch,
  code,
  expected,
  isNameStart,
  need,
  nested,
  type Parser,
  peekWord,
  readWord,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';

/** In templates: `@value|@pipe(args)|@pipe`, without spaces. */
export function readPipes(p: Parser, input: Expression): Expression {
  if (code(p) !== Ch.pipe || code(p, 1) !== Ch.at || !isNameStart(code(p, 2))) return input;
  const stages: Stage[] = [];
  while (code(p) === Ch.pipe && code(p, 1) === Ch.at && isNameStart(code(p, 2))) {
    const start = ++p.pos;
    p.pos++;
    const name = readWord(p)!;
    const target = readPath(p, { kind: 'name', name, bare: false, start, end: p.pos }, 'template');
    stages.push(callStage(target));
  }
  return { kind: 'pipeline', input, stages, start: input.start, end: p.pos };
}

/** `@f` and `@f(a)` are both stages; the piped value comes before the written arguments. */
function callStage(target: Expression): Stage {
  const { start, end } = target;
  if (target.kind === 'access') {
    const last = target.path.at(-1)!;
    if (last.kind === 'call') {
      const path = target.path.slice(0, -1);
      const callee: Expression =
        path.length === 0 ? target.object : { ...target, path, end: path.at(-1)!.end };
      return { kind: 'call', target: callee, args: last.args, start, end };
    }
  }
  return { kind: 'call', target, args: undefined, start, end };
}

/** Reads `| stage | stage …` with the cursor at the first `|`. */
export function readStages(p: Parser): readonly Stage[] {
  const stages: Stage[] = [];
  do {
    p.pos++;
    skipBlank(p);
    stages.push(readGroup(p));
  } while (atPipe(p));
  return stages;
}

/** Moves to a `|` that goes on with the pipeline, on this line or the next. */
export function atPipe(p: Parser): boolean {
  const start = p.pos;
  skipBlank(p);
  if (code(p) === Ch.pipe && code(p, 1) !== Ch.pipe) return true;
  p.pos = start;
  return false;
}

function readGroup(p: Parser): Stage {
  const start = p.pos;
  const stages = [readStage(p)];
  for (;;) {
    const before = p.pos;
    skipBlank(p);
    if (!take(p, '||')) {
      p.pos = before;
      break;
    }
    skipBlank(p);
    stages.push(readStage(p));
  }
  return stages.length === 1 ? stages[0]! : { kind: 'group', stages, start, end: p.pos };
}

function readStage(p: Parser): Stage {
  const start = p.pos;
  const word = peekWord(p);
  if (code(p) === Ch.at) return callStage(readPostfix(p));
  if (word === 'while') return readWhile(p);
  if (word === 'log' || word === 'show') return readEffect(p, word);
  if (word === 'output' || word === 'append') return readOutputStage(p, word);
  const embedded = readEmbedded(p, true);
  if (embedded !== undefined) {
    const code = embedded as CodeExpression | CommandExpression;
    return { kind: 'code', code, start, end: p.pos };
  }
  if (word !== '') return callStage(readPostfix(p));
  return expected(p, 'a function after the |', 'Write @name, @name(argument), or code such as cmd { … }.');
}

function readWhile(p: Parser): Stage {
  return nested(p, () => {
    const start = p.pos;
    takeWord(p, 'while');
    skipSpaces(p);
    let limit: Expression | undefined;
    if (code(p) === Ch.open) limit = readArguments(p)[0]?.value;
    skipBlank(p);
    const stage = readStage(p);
    return { kind: 'while', limit, stage, start, end: p.pos };
  });
}

function readEffect(p: Parser, word: 'log' | 'show'): Stage {
  const start = p.pos;
  takeWord(p, word);
  skipSpaces(p);
  const ends = p.pos >= p.end || /[\n\r|,;)\]}]/.test(p.text[p.pos]!);
  const value = ends ? undefined : readPostfix(p);
  return { kind: word, value, start, end: p.pos };
}

function readOutputStage(p: Parser, word: 'output' | 'append'): Stage {
  const start = p.pos;
  takeWord(p, word);
  skipSpaces(p);
  let value: Expression | undefined;
  if (code(p) === Ch.at) {
    value = readPostfix(p);
    skipSpaces(p);
  }
  if (word === 'output' && !takeWord(p, 'to')) expected(p, "'to' and where the output goes");
  skipSpaces(p);
  const { target, format } = readTarget(p);
  const statement: OutputStatement = {
    kind: 'output',
    append: word === 'append',
    value,
    target,
    format,
    start,
    end: p.pos,
  };
  return { kind: 'output', statement, start, end: p.pos };
}

/** `(limit)` or `(limit, pace)` of a parallel form. */
export function readCap(p: Parser): { limit: Expression | undefined; pace: Expression | undefined } {
  if (code(p) !== Ch.open) return { limit: undefined, pace: undefined };
  p.pos++;
  return nested(p, () => {
    skipBlank(p);
    const limit = readLimit(p);
    skipBlank(p);
    const pace = take(p, ',') ? readLimit(p) : undefined;
    skipBlank(p);
    need(p, ')', "')' after the limit");
    return { limit, pace };
  });
}

/** A number, a duration such as `100ms`, `endless`, or an expression. */
function readLimit(p: Parser): Expression {
  skipBlank(p);
  const start = p.pos;
  const duration = /^(?:\d+(?:ms|s|m|h)|endless)(?!\w)/.exec(p.text.slice(start, start + 24));
  if (duration === null) return readExpression(p);
  p.pos += duration[0].length;
  return { kind: 'literal', value: duration[0], start, end: p.pos };
}
