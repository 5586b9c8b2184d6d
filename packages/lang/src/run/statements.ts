import type { AssignStatement, Statement, VarStatement } from '../ast.ts';
import type { Expression, WhenExpression } from '../ast-expressions.ts';
import { type MlldError, nearest } from '../errors.ts';
import { acts, type Context, errorAt, innerScope, step } from './context.ts';
import { callValue, evaluate, evaluateWhen } from './evaluate.ts';
import { writeOutput } from './files.ts';
import { evaluateFor } from './loops.ts';
import { define, lookup, visibleNames } from './scope.ts';
import {
  executable,
  flow,
  isArray,
  isFlow,
  isFunction,
  isObject,
  isTruthy,
  setOwn,
  toDisplay,
  toText,
  typeName,
  unwrap,
  type Value,
} from './values.ts';

/** A block that ended with a value: `=> value`, `done`, … */
export interface Completion {
  readonly value: Value;
}

/** Runs statements in the context's own scope, up to one that ends the block. */
export async function runStatements(
  context: Context,
  body: readonly Statement[],
): Promise<Completion | undefined> {
  for (const statement of body) {
    const done = await runStatement(context, statement);
    if (done !== undefined) return done;
  }
  return undefined;
}

/**
 * Runs what stands after `=>` of a `when` or `for`: the value of an expression, what a block returns, what `show`
 * shows. As part of a value, `run` gives what it would print.
 */
export async function runAction(
  context: Context,
  statement: Statement,
  asValue: boolean,
): Promise<Completion | undefined> {
  if (statement.kind === 'show') return { value: await runShow(context, statement) };
  if (statement.kind === 'run' && asValue) return { value: await runForEffect(context, statement.value) };
  if (statement.kind !== 'expression') return runStatement(innerScope(context), statement);
  const { value } = statement;
  if (value.kind === 'block') return runStatements(innerScope(context), value.body);
  if (value.kind === 'when') return evaluateWhen(context, value, asValue);
  if (value.kind === 'for' && !asValue) {
    await evaluateFor(context, value, false);
    return undefined;
  }
  return { value: await evaluate(context, value) };
}

async function runStatement(context: Context, statement: Statement): Promise<Completion | undefined> {
  step(context, statement);
  switch (statement.kind) {
    case 'var':
      await runVar(context, statement);
      return undefined;
    case 'assign':
      await runAssign(context, statement);
      return undefined;
    case 'show':
      await runShow(context, statement);
      return undefined;
    case 'log':
      for (const value of statement.values) log(context, await evaluate(context, value));
      return undefined;
    case 'output':
      acts(context, statement, 'output');
      await writeOutput(context, statement, undefined);
      return undefined;
    case 'run':
      printResult(context, await runForEffect(context, statement.value));
      return undefined;
    case 'return':
      return { value: statement.value === undefined ? null : await evaluate(context, statement.value) };
    default:
      return runControl(context, statement);
  }
}

async function runControl(context: Context, statement: Statement): Promise<Completion | undefined> {
  switch (statement.kind) {
    case 'if':
      return runIf(context, statement);
    case 'flow': {
      const hasValue = statement.value !== undefined;
      const value = statement.value === undefined ? null : await evaluate(context, statement.value);
      return { value: flow(statement.flow, value, hasValue) };
    }
    case 'bail':
      throw await bail(context, statement);
    case 'expression':
      return runExpression(context, statement.value);
    case 'exe':
      define(context.scope, statement.name, executableOf(context, statement));
      return undefined;
    case 'unsupported':
      throw errorAt(context, statement, {
        code: 'NOT_SUPPORTED',
        message: `'${statement.directive}' is not supported by this runner`,
      });
    default:
      // Imports, exports, needs, shadow environments and prose have been read before anything runs.
      return undefined;
  }
}

function executableOf(context: Context, statement: Extract<Statement, { kind: 'exe' }>): Value {
  const { name, parameters, labels, body } = statement;
  return executable({ name, parameters, labels, body, module: context.module, scope: context.scope });
}

async function runExpression(
  context: Context,
  value: Extract<Statement, { kind: 'expression' }>['value'],
): Promise<Completion | undefined> {
  if (value.kind === 'when') return runWhen(context, value);
  if (value.kind === 'for') {
    await evaluateFor(context, value, false);
    return undefined;
  }
  const result = await runForEffect(context, value);
  if (isCall(value)) printResult(context, result);
  return isFlow(result) && result.flow !== 'skip' ? { value: result } : undefined;
}

function isCall(value: Expression): boolean {
  return value.kind === 'access' && value.path.some(({ kind }) => kind === 'call');
}

/** A branch that gives a value ends the block that the `when` stands in; one that acts does not. */
async function runWhen(context: Context, node: WhenExpression): Promise<Completion | undefined> {
  const done = await evaluateWhen(context, node, false);
  if (done === undefined || done.kind === 'effect') return undefined;
  if (isFlow(done.value) || context.depth > 0 || done.kind === 'return') return done;
  printResult(context, done.value);
  return undefined;
}

async function runIf(
  context: Context,
  { condition, then, otherwise }: Extract<Statement, { kind: 'if' }>,
): Promise<Completion | undefined> {
  const branch = isTruthy(await evaluate(context, condition)) ? then : otherwise;
  return branch === undefined ? undefined : runStatements(innerScope(context), branch);
}

async function bail(context: Context, statement: Extract<Statement, { kind: 'bail' }>): Promise<MlldError> {
  const value = statement.value === undefined ? undefined : await evaluate(context, statement.value);
  const message = value === undefined ? 'the program ended itself with bail' : toText(value);
  return errorAt(context, statement, { code: 'BAIL', message });
}

/** `run @f` calls, `run cmd { … }` runs. */
async function runForEffect(context: Context, node: Expression): Promise<Value> {
  const value = await evaluate(context, node);
  return isFunction(value) ? callValue(context, { callee: value, args: [], node }) : value;
}

/** What `run` and a call that stands alone give is part of the program's output. */
export function printResult(context: Context, value: Value): void {
  if (value !== null && value !== undefined && value !== '' && !isFlow(value)) show(context, value);
}

async function runShow(context: Context, statement: Extract<Statement, { kind: 'show' }>): Promise<Value> {
  acts(context, statement, 'show');
  const value = await evaluate(context, statement.value);
  const lines = statement.value.kind === 'foreach' && isArray(value) ? value.map(toText).join('\n') : value;
  show(context, lines);
  return value;
}

// ---- variables

async function runVar(context: Context, statement: VarStatement): Promise<void> {
  const value = await evaluate(context, statement.value);
  if (isFlow(value)) return;
  define(context.scope, statement.name, value);
}

async function runAssign(context: Context, statement: AssignStatement): Promise<void> {
  const found = lookup(context.scope, statement.name);
  if (found === undefined) {
    const near = nearest(statement.name, visibleNames(context.scope));
    throw errorAt(context, statement, {
      code: 'UNKNOWN_NAME',
      message: `'@${statement.name}' has no value that could change`,
      hint: near === undefined ? `Write: let @${statement.name} = …` : `Did you mean '@${near}'?`,
    });
  }
  const value = await evaluate(context, statement.value);
  found.binding.value =
    statement.operator === '=' ? value : augment(context, statement, { old: found.binding.value, value });
}

/** `+=` appends to arrays and texts, merges objects, adds numbers. */
function augment(
  context: Context,
  statement: AssignStatement,
  { old, value }: { old: Value; value: Value },
): Value {
  const left = unwrap(old);
  const right = unwrap(value);
  if (statement.operator === '+=') {
    if (isArray(left)) return isArray(right) ? [...left, ...right] : [...left, right];
    if (isObject(left) && isObject(right)) return merge(left, right);
    if (typeof left === 'string' || (left !== null && typeof right === 'string'))
      return toText(left) + toText(right);
  }
  const a = Number(left ?? 0);
  const b = Number(right);
  if (Number.isNaN(a) || Number.isNaN(b)) {
    throw errorAt(context, statement, {
      code: 'WRONG_TYPE',
      message: `'${statement.operator}' cannot join ${typeName(left)} and ${typeName(right)}`,
    });
  }
  return { '+=': a + b, '-=': a - b, '*=': a * b, '/=': a / b, '=': b }[statement.operator];
}

function merge(...objects: readonly { readonly [key: string]: Value }[]): Value {
  const result: Record<string, Value> = {};
  for (const object of objects) for (const key of Object.keys(object)) setOwn(result, key, object[key]);
  return result;
}

// ---- output

export function show(context: Context, value: Value): void {
  const text = toDisplay(value);
  context.session.host.writeOut(text.endsWith('\n') ? text : `${text}\n`);
}

export function log(context: Context, value: Value): void {
  context.session.host.writeErr(`${toDisplay(value)}\n`);
}
