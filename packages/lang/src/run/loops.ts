import type { ForExpression, ForeachExpression, LoopExpression } from '../ast-expressions.ts';
import { MlldError } from '../errors.ts';
import { type Context, errorAt, innerScope, step } from './context.ts';
import { callValue, evaluate, evaluateArgs } from './evaluate.ts';
import { runStages } from './pipeline.ts';
import { define } from './scope.ts';
import { printResult, runAction, runStatements } from './statements.ts';
import {
  isArray,
  isFlow,
  isNamespace,
  isObject,
  isTruthy,
  toText,
  typeName,
  unwrap,
  type Value,
  type ValueObject,
} from './values.ts';

export interface Entry {
  readonly key: Value;
  readonly value: Value;
  /** What `@value.mx` holds. */
  readonly mx: ValueObject;
}

/** What `for` goes over: items of an array, fields of an object. */
export function entriesOf(context: Context, node: { start: number; end: number }, given: Value): Entry[] {
  const value = unwrap(given);
  if (value === null || value === undefined || value === '') return [];
  if (isArray(value)) return value.map((item, index) => ({ key: index, value: item, mx: { index } }));
  if (isObject(value)) return Object.keys(value).map((key) => ({ key, value: value[key], mx: { key } }));
  throw errorAt(context, node, {
    code: 'WRONG_TYPE',
    message: `for goes over arrays and objects, found ${isNamespace(value) ? 'a module' : typeName(value)}`,
    hint: typeof value === 'string' ? 'Is this JSON? Then write: @value | @parse' : undefined,
  });
}

/** Results of `for … => value`; undefined results of blocks that return nothing are kept out. */
export async function evaluateFor(outer: Context, node: ForExpression, asValue: boolean): Promise<Value> {
  const context = { ...outer, asValue };
  const entries = entriesOf(context, node.source, await evaluate(context, node.source));
  const results =
    node.parallel === undefined
      ? await runInOrder(context, node, entries)
      : await runAtOnce(context, node, entries);
  if (node.batch.length === 0) return results;
  return runStages(context, results, node.batch);
}

/** `asValue`: the results are wanted; else each is printed. */
type ForContext = Context & { readonly asValue: boolean };

const skipped = Symbol('skipped');
const stopped = Symbol('stopped');

async function runInOrder(
  context: ForContext,
  node: ForExpression,
  entries: readonly Entry[],
): Promise<Value[]> {
  const results: Value[] = [];
  for (const [index, entry] of entries.entries()) {
    const result = await runTurn(context, node, { entry, index, total: entries.length });
    if (result === stopped) break;
    if (result !== skipped) results.push(result);
  }
  return results;
}

interface Turn {
  readonly entry: Entry;
  readonly index: number;
  readonly total: number;
}

async function runTurn(
  context: ForContext,
  node: ForExpression,
  { entry, index, total }: Turn,
): Promise<Value | typeof skipped | typeof stopped> {
  step(context, node);
  const loop = { index, total, key: toText(entry.key), parallel: node.parallel !== undefined };
  const inner = innerScope({ ...context, mx: { ...context.mx, for: loop } });
  define(inner.scope, node.valueName, entry.value, entry.mx);
  if (node.keyName !== undefined) define(inner.scope, node.keyName, entry.key);
  else if (typeof entry.key === 'string') define(inner.scope, `${node.valueName}_key`, entry.key);
  if (node.filter !== undefined && !isTruthy(await evaluate(inner, node.filter))) return skipped;
  const done = await runAction(inner, node.body, context.asValue);
  if (done === undefined) return isFilterBody(node) ? skipped : null;
  if (!context.asValue && node.body.kind === 'expression') printResult(context, done.value);
  if (!isFlow(done.value)) return done.value;
  if (done.value.flow === 'skip' || done.value.flow === 'continue') return skipped;
  return done.value.flow === 'retry' ? done.value.value : stopped;
}

/** `for @x in @xs when [ … ]` keeps what a branch gives. */
function isFilterBody({ body, filter }: ForExpression): boolean {
  return (
    filter === undefined &&
    body.kind === 'expression' &&
    body.value.kind === 'when' &&
    body.start === body.value.start
  );
}

/** At most so many turns at a time; a failing turn leaves an error in its place and in `@mx.errors`. */
async function runAtOnce(
  context: ForContext,
  node: ForExpression,
  entries: readonly Entry[],
): Promise<Value[]> {
  const limit = await parallelLimit(context, node);
  const results = new Array<Value | typeof skipped>(entries.length).fill(skipped);
  const errors: Value[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < entries.length) {
      const index = next++;
      try {
        const result = await runTurn(context, node, { entry: entries[index]!, index, total: entries.length });
        results[index] = result === stopped ? skipped : result;
      } catch (error) {
        if (!(error instanceof MlldError) || error.code !== 'CODE_FAILED') throw error;
        const marker = { index, message: error.message, error: error.message };
        errors.push(marker);
        results[index] = marker;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, entries.length) }, worker));
  define(context.scope, '$errors', errors);
  return results.filter((result): result is Value => result !== skipped);
}

async function parallelLimit(context: Context, node: ForExpression): Promise<number> {
  const given = node.parallel?.limit;
  if (given === undefined) return context.session.limits.parallel;
  const limit = Number(await evaluate(context, given));
  if (Number.isInteger(limit) && limit > 0) return Math.min(limit, 64);
  throw errorAt(context, given, {
    code: 'WRONG_TYPE',
    message: 'the limit of for parallel is a whole number from 1',
  });
}

// ---- foreach

/** `foreach @f(@xs)`; with more arrays, each combination of their items. */
export async function evaluateForeach(context: Context, node: ForeachExpression): Promise<Value> {
  const target = await evaluate(context, node.target);
  const lists = (await evaluateArgs(context, node.args)).map((list) => {
    const value = unwrap(list);
    return isArray(value) ? value : [value];
  });
  const total = lists.reduce((product, list) => product * list.length, lists.length === 0 ? 0 : 1);
  if (total > context.session.limits.arrayLength) {
    throw errorAt(context, node, {
      code: 'MEMORY_LIMIT',
      message: `foreach would call its function ${total} times`,
    });
  }
  const results: Value[] = [];
  for (let turn = 0; turn < total; turn++) {
    step(context, node);
    results.push(await callValue(context, { callee: target, args: combination(lists, turn), node }));
  }
  if (node.batch.length > 0) return runStages(context, results, node.batch);
  return results;
}

/** The items of turn number `turn`; the last list changes fastest. */
function combination(lists: readonly (readonly Value[])[], turn: number): Value[] {
  const items: Value[] = new Array(lists.length);
  let rest = turn;
  for (let index = lists.length - 1; index >= 0; index--) {
    const list = lists[index]!;
    items[index] = list[rest % list.length];
    rest = Math.floor(rest / list.length);
  }
  return items;
}

// ---- loop

export async function evaluateLoop(context: Context, node: LoopExpression): Promise<Value> {
  const limit = await loopLimit(context, node);
  let input: Value = null;
  for (let iteration = 1; iteration <= limit; iteration++) {
    step(context, node);
    const mx = {
      ...context.mx,
      loop: { iteration, limit: Number.isFinite(limit) ? limit : null, active: true },
    };
    const inner = innerScope({ ...context, mx });
    define(inner.scope, 'input', input);
    if (node.until !== undefined && isTruthy(await evaluate(inner, node.until))) return input;
    const done = await runStatements(inner, node.body);
    if (done === undefined) continue;
    if (!isFlow(done.value)) return done.value;
    if (done.value.flow === 'done' || done.value.flow === 'break') return done.value.value ?? null;
    if (done.value.hasValue) input = done.value.value;
  }
  return input;
}

async function loopLimit(context: Context, node: LoopExpression): Promise<number> {
  const most = context.session.limits.loopTurns;
  if (node.limit === undefined) return most;
  const given = await evaluate(context, node.limit);
  if (given === 'endless') return Number.POSITIVE_INFINITY;
  const limit = Number(given);
  if (Number.isInteger(limit) && limit >= 0) return limit;
  throw errorAt(context, node.limit, {
    code: 'WRONG_TYPE',
    message: 'the limit of loop is a whole number or endless',
  });
}
