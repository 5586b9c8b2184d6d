import type { AssignStatement, Statement, VarStatement } from '../ast.ts';
import type {
  Expression,
  ForExpression,
  LoopExpression,
  WhenBranch,
  WhenExpression,
} from '../ast-expressions.ts';
import { readExpression } from './expression.ts';
import { readPostfix } from './primary.ts';
import { atPipe, readCap, readStages } from './stages.ts';
import {
  Ch,
  code,
  expected,
  fail,
  nested,
  type Parser,
  peekWord,
  readName,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';
import { readBlock, readInnerStatement, takeAssign } from './statement.ts';

/** `when`, `for`, `foreach`, `loop` as values. Other words are none of them. */
export function readControl(p: Parser, word: string): Expression | undefined {
  switch (word) {
    case 'when':
      return startsControl(p, 4) ? nested(p, () => readWhen(p)) : undefined;
    case 'for':
      return startsControl(p, 3) ? nested(p, () => readFor(p)) : undefined;
    case 'foreach':
      return startsControl(p, 7) ? readForeach(p) : undefined;
    case 'loop':
      return startsControl(p, 4) || code(p, 4) === Ch.open ? nested(p, () => readLoop(p)) : undefined;
    default:
      return undefined;
  }
}

function startsControl(p: Parser, length: number): boolean {
  const next = code(p, length);
  return (
    next === Ch.space ||
    next === Ch.tab ||
    next === Ch.newline ||
    next === Ch.openBracket ||
    next === Ch.return
  );
}

// ---- when

function readWhen(p: Parser): WhenExpression {
  const start = p.pos;
  takeWord(p, 'when');
  skipBlank(p);
  for (const modifier of ['first', 'any', 'all']) {
    if (takeWord(p, modifier)) skipBlank(p);
  }
  if (code(p) === Ch.openBracket) return readBranches(p, { start, subject: undefined });
  const subject = readExpression(p);
  skipBlank(p);
  if (take(p, ':')) skipBlank(p);
  if (code(p) === Ch.openBracket) return readBranches(p, { start, subject });
  if (!take(p, '=>')) expected(p, "'=>' or '[' after the condition of when");
  const action = readAction(p);
  const branch: WhenBranch = { kind: 'branch', condition: subject, action, start: subject.start, end: p.pos };
  return { kind: 'when', subject: undefined, branches: [branch], inline: true, start, end: p.pos };
}

function readBranches(
  p: Parser,
  { start, subject }: { start: number; subject: Expression | undefined },
): WhenExpression {
  const open = p.pos++;
  const branches: (WhenBranch | VarStatement | AssignStatement)[] = [];
  for (;;) {
    skipSeparators(p);
    if (take(p, ']')) {
      p.marks?.push({ kind: 'block', start: open, end: p.pos });
      break;
    }
    if (p.pos >= p.end) {
      fail(p, "this when is never closed: expected ']'", { code: 'UNCLOSED', start: open });
    }
    branches.push(readBranch(p));
  }
  return { kind: 'when', subject, branches, inline: false, start, end: p.pos };
}

export function skipSeparators(p: Parser): void {
  do skipBlank(p);
  while (take(p, ';') || take(p, ','));
}

function readBranch(p: Parser): WhenBranch | VarStatement | AssignStatement {
  const start = p.pos;
  if (peekWord(p) === 'let') {
    const statement = readInnerStatement(p);
    if (statement.kind === 'var' || statement.kind === 'assign') return statement;
  }
  let condition: WhenBranch['condition'];
  if (code(p) === Ch.star && (code(p, 1) === Ch.space || code(p, 1) === Ch.equals)) {
    p.pos++;
    condition = '*';
  } else if (takeWord(p, 'none')) condition = 'none';
  else if (/^(?:[<>]=?|[!=~]=)/.test(p.text.slice(p.pos, p.pos + 2))) condition = readComparison(p);
  else {
    condition = readExpression(p);
    skipBlank(p);
    const assign = condition.kind === 'name' ? takeAssign(p, condition) : undefined;
    if (assign !== undefined) return assign;
  }
  skipBlank(p);
  if (!take(p, '=>')) expected(p, "'=>' after the condition", 'Each branch of when is: condition => action');
  const outer = p.inAction;
  p.inAction = true;
  const action = readAction(p);
  p.inAction = outer;
  return { kind: 'branch', condition, action, start, end: p.pos };
}

/** `>= 0.7`: compares what the `when` is about. */
function readComparison(p: Parser): Expression {
  const start = p.pos;
  const operator = (['>=', '<=', '!=', '==', '~=', '>', '<'] as const).find((item) => take(p, item))!;
  skipBlank(p);
  const right = readExpression(p);
  const left: Expression = { kind: 'name', name: '$subject', bare: false, start, end: start };
  return { kind: 'binary', operator, left, right, start, end: p.pos };
}

/** What stands after `=>`: a statement, a block, or a value. */
export function readAction(p: Parser): Statement {
  return nested(p, () => {
    skipBlank(p);
    return readInnerStatement(p);
  });
}

// ---- for

function readFor(p: Parser): ForExpression {
  const start = p.pos;
  takeWord(p, 'for');
  skipBlank(p);
  const parallel = readParallelCap(p);
  skipBlank(p);
  const first = readName(p, 'a name after for').name;
  while (code(p) === Ch.dot) {
    p.pos++;
    readName(p, 'a field');
  }
  skipBlank(p);
  let second: string | undefined;
  if (take(p, ',')) {
    skipBlank(p);
    second = readName(p, 'a name after the comma').name;
    skipBlank(p);
  }
  if (!takeWord(p, 'in')) expected(p, "'in' and what for goes over");
  skipBlank(p);
  const source = readExpression(p);
  skipBlank(p);
  let filter: Expression | undefined;
  let body: Statement | undefined;
  if (peekWord(p) === 'when') {
    const before = p.pos;
    takeWord(p, 'when');
    skipBlank(p);
    if (code(p) === Ch.openBracket) {
      p.pos = before;
      const value = readWhen(p);
      body = { kind: 'expression', value, start: value.start, end: value.end };
    } else {
      filter = readExpression(p);
      skipBlank(p);
    }
  }
  body ??= readForBody(p);
  const batch = readBatch(p);
  return {
    kind: 'for',
    keyName: second === undefined ? undefined : first,
    valueName: second ?? first,
    source,
    filter,
    parallel,
    body,
    batch,
    start,
    end: p.pos,
  };
}

function readParallelCap(p: Parser): ForExpression['parallel'] {
  if (!takeWord(p, 'parallel')) return undefined;
  skipSpaces(p);
  return readCap(p);
}

function readForBody(p: Parser): Statement {
  if (take(p, '=>')) return readAction(p);
  if (code(p) === Ch.openBracket) {
    const start = p.pos;
    const body = readBlock(p);
    const value: Expression = { kind: 'block', body, start, end: p.pos };
    return { kind: 'expression', value, start, end: p.pos };
  }
  return expected(p, "'=>' or '[' and the body of for");
}

/** `=> | @f | @g` after the body: applied to the list of results. */
function readBatch(p: Parser): ForExpression['batch'] {
  const before = p.pos;
  skipBlank(p);
  if (take(p, '=>')) {
    skipBlank(p);
    if (atPipe(p)) return readStages(p);
  }
  p.pos = before;
  return [];
}

function readForeach(p: Parser): Expression {
  const start = p.pos;
  takeWord(p, 'foreach');
  skipBlank(p);
  const call = readPostfix(p);
  if (call.kind !== 'access' || call.path.at(-1)?.kind !== 'call') {
    return fail(p, 'expected a call after foreach, such as foreach @f(@items)', { start, end: p.pos });
  }
  const last = call.path.at(-1)!;
  const path = call.path.slice(0, -1);
  const target = path.length === 0 ? call.object : { ...call, path };
  const args = last.kind === 'call' ? last.args : [];
  return { kind: 'foreach', target, args, batch: readBatch(p), start, end: p.pos };
}

// ---- loop

function readLoop(p: Parser): LoopExpression {
  const start = p.pos;
  takeWord(p, 'loop');
  skipSpaces(p);
  const { limit, pace } = readCap(p);
  skipBlank(p);
  let until: Expression | undefined;
  if (takeWord(p, 'until')) {
    skipBlank(p);
    until = readExpression(p);
    skipBlank(p);
  }
  if (code(p) !== Ch.openBracket) expected(p, "'[' and the body of loop");
  const body = readBlock(p);
  return { kind: 'loop', limit, pace, until, body, start, end: p.pos };
}
