import type { Statement } from '../ast.ts';
import type {
  ArrayItem,
  Expression,
  ObjectExpression,
  WhenExpression,
  WithExpression,
} from '../ast-expressions.ts';
import { type MlldError, nearest } from '../errors.ts';
import { readPathValue } from './access.ts';
import { builtinNames, builtinValue } from './builtins.ts';
import { runCode, runCommand } from './code.ts';
import { acts, type Context, errorAt, innerScope, type Place, placed, step } from './context.ts';
import { loadFile, loadTemplateFile } from './files.ts';
import { evaluateFor, evaluateForeach, evaluateLoop } from './loops.ts';
import { connectTo } from './mcp.ts';
import { exportedValue } from './modules.ts';
import { evaluateBinary } from './operators.ts';
import { runParallel, runPipeline, withOptions } from './pipeline.ts';
import { type Binding, createScope, define, lookup, type Scope, visibleNames } from './scope.ts';
import { runAction, runStatements } from './statements.ts';
import { renderTemplate } from './template.ts';
import {
  type Executable,
  flow,
  isArray,
  isBuiltin,
  isExecutable,
  isFlow,
  isNamespace,
  isObject,
  isTruthy,
  looseEquals,
  setOwn,
  typeName,
  unwrap,
  type Value,
} from './values.ts';
import { runWasm } from './wasm.ts';

/** The value of an expression. */
export async function evaluate(context: Context, node: Expression): Promise<Value> {
  step(context, node);
  switch (node.kind) {
    case 'literal':
      return node.value;
    case 'template':
      return renderTemplate(context, node);
    case 'name':
      return evaluateName(context, node);
    case 'access':
      return readPathValue(context, node);
    case 'array':
      return evaluateArgs(context, node.items);
    case 'object':
      return evaluateObject(context, node);
    case 'unary':
      return evaluateUnary(context, node);
    case 'binary':
      return evaluateBinary(context, node);
    case 'ternary':
      return evaluate(
        context,
        isTruthy(await evaluate(context, node.condition)) ? node.then : node.otherwise,
      );
    case 'pipeline':
      return runPipeline(context, node);
    default:
      return evaluateForm(context, node);
  }
}

async function evaluateForm(context: Context, node: Expression): Promise<Value> {
  switch (node.kind) {
    case 'parallel':
      return runParallel(context, node);
    case 'code':
      return runCode(context, node, {}).catch((error: unknown) => rethrow(context, node, error));
    case 'command':
      return runCommand(context, node, {}).catch((error: unknown) => rethrow(context, node, error));
    case 'file':
      return loadFile(context, node);
    case 'when':
      return (await evaluateWhen(context, node, true))?.value ?? null;
    case 'for':
      return evaluateFor(context, node, true);
    case 'foreach':
      return evaluateForeach(context, node);
    case 'loop':
      return evaluateLoop(context, node);
    case 'block':
      return (await runStatements(innerScope(context), node.body))?.value ?? null;
    case 'with':
      return evaluateWith(context, node);
    case 'regex':
      return { $regex: node.pattern, flags: node.flags };
    case 'templateFile':
      return loadTemplateFile(context, node);
    case 'mcp':
      return connectTo(context, node);
    case 'wasm':
      return runWasm(context, node).catch((error: unknown) => rethrow(context, node, error));
    default:
      throw errorAt(context, node, {
        code: 'NOT_SUPPORTED',
        message: `'${node.kind === 'unsupportedExpression' ? node.what : node.kind}' is not supported by this runner`,
      });
  }
}

function rethrow(context: Context, node: Expression, error: unknown): never {
  throw placed(context, node, error);
}

async function evaluateWith(context: Context, node: WithExpression): Promise<Value> {
  return withOptions(context, node, (inner) => evaluate(inner, node.value));
}

// ---- names

export function isKnownName(context: Context, name: string): boolean {
  return lookup(context.scope, name) !== undefined || builtinNames.has(name);
}

/** As `evaluate`, but undefined where the name at the root is unknown. */
export async function evaluateIfKnown(context: Context, node: Expression): Promise<Value> {
  const root = node.kind === 'access' ? node.object : node;
  if (root.kind === 'name' && !root.bare && !isKnownName(context, root.name)) return undefined;
  return evaluate(context, node);
}

type NameNode = Extract<Expression, { kind: 'name' }>;

async function evaluateName(context: Context, node: NameNode): Promise<Value> {
  const found = lookup(context.scope, node.name);
  if (found === undefined) {
    const value = await builtinValue(context, node);
    if (value !== undefined) return value;
    if (builtinNames.has(node.name)) return undefined;
    throw unknownName(context, node);
  }
  return bindingValue(context, { name: node.name, ...found }, node);
}

export interface Found {
  readonly name: string;
  readonly binding: Binding;
  readonly scope: Scope;
}

/** The value of a name that was found; what an imported module's variable holds is computed when it is first asked for. */
export async function bindingValue(context: Context, found: Found, node: Place): Promise<Value> {
  const { name, binding, scope } = found;
  if (binding.imported !== undefined) {
    const { module, name: imported } = binding.imported;
    return exportedValue({ ...context, module }, { name: imported, node, from: context });
  }
  const { lazy } = binding;
  if (lazy === undefined) return binding.value;
  const pure: Context = { ...context, scope, pure: true, depth: 0, mx: {}, piped: undefined };
  if (lazy.running) {
    const message = `the value of '@${name}' depends on itself`;
    throw errorAt(pure, lazy.expression, { code: 'IMPORT_CYCLE', message });
  }
  lazy.running = true;
  try {
    binding.value = await evaluate(pure, lazy.expression);
    binding.lazy = undefined;
    return binding.value;
  } finally {
    lazy.running = false;
  }
}

function unknownName(context: Context, node: NameNode): MlldError {
  const near = nearest(node.name, [...visibleNames(context.scope), ...builtinNames]);
  const written = node.bare ? node.name : `@${node.name}`;
  const hints = [
    near === undefined ? undefined : `Did you mean '@${near}'?`,
    node.bare ? `Texts stand in quotes: "${node.name}".` : undefined,
    near === undefined && !node.bare ? "Write '@@' or '\\@' for the sign itself." : undefined,
  ];
  return errorAt(context, node, {
    code: 'UNKNOWN_NAME',
    message: `nothing here is called '${written}'`,
    hint: hints.filter((hint) => hint !== undefined).join(' '),
  });
}

// ---- parts

/** Items of an array or arguments: spreads in their place, optional ones left out when falsy. */
export async function evaluateArgs(context: Context, items: readonly ArrayItem[]): Promise<readonly Value[]> {
  const values: Value[] = [];
  for (const { value: node, spread, optional } of items) {
    const value = await (optional ? evaluateIfKnown(context, node) : evaluate(context, node));
    if (optional && !isTruthy(value)) continue;
    if (!spread) {
      values.push(value);
      continue;
    }
    const list = unwrap(value);
    if (!isArray(list)) {
      throw errorAt(context, node, {
        code: 'WRONG_TYPE',
        message: `'...' here takes an array, found ${typeName(list)}`,
      });
    }
    for (const item of list) values.push(item);
  }
  return values;
}

async function evaluateObject(context: Context, node: ObjectExpression): Promise<Value> {
  const object: Record<string, Value> = {};
  for (const { key, value: valueNode, optional } of node.entries) {
    const value = await (optional ? evaluateIfKnown(context, valueNode) : evaluate(context, valueNode));
    if (optional && !isTruthy(value)) continue;
    if (key !== undefined) {
      setOwn(object, typeof key === 'string' ? key : await renderTemplate(context, key), value);
      continue;
    }
    const source = unwrap(value);
    if (!isObject(source)) {
      throw errorAt(context, valueNode, {
        code: 'WRONG_TYPE',
        message: `'...' here takes an object, found ${typeName(source)}`,
      });
    }
    for (const name of Object.keys(source)) setOwn(object, name, source[name]);
  }
  return object;
}

async function evaluateUnary(context: Context, node: Extract<Expression, { kind: 'unary' }>): Promise<Value> {
  const value = await evaluate(context, node.operand);
  if (node.operator === '!') return !isTruthy(value);
  const number = Number(unwrap(value));
  if (!Number.isNaN(number)) return -number;
  throw errorAt(context, node, {
    code: 'WRONG_TYPE',
    message: `'-' takes a number, found ${typeName(value)}`,
  });
}

// ---- when

export interface WhenResult {
  readonly value: Value;
  /** `return`: the branch said `=> value` itself; `value`: it is a value; `effect`: it shows or runs something. */
  readonly kind: 'return' | 'value' | 'effect';
}

/** The first branch whose condition holds; undefined if none does, or if it only acts. */
export async function evaluateWhen(
  outer: Context,
  node: WhenExpression,
  asValue: boolean,
): Promise<WhenResult | undefined> {
  const context = innerScope(outer);
  const subject = node.subject === undefined ? undefined : await evaluate(context, node.subject);
  if (node.subject !== undefined) define(context.scope, '$subject', subject);
  for (const branch of node.branches) {
    if (branch.kind !== 'branch') {
      await runStatements(context, [branch]);
      continue;
    }
    if (!(await matches(context, branch.condition, { node, subject }))) continue;
    const done = await runAction(context, branch.action, asValue);
    return done === undefined ? undefined : { value: done.value, kind: kindOfAction(branch.action) };
  }
  return undefined;
}

function kindOfAction(action: Statement): WhenResult['kind'] {
  if (action.kind === 'show' || action.kind === 'run') return 'effect';
  return action.kind !== 'expression' || action.value.kind === 'block' ? 'return' : 'value';
}

interface Subject {
  readonly node: WhenExpression;
  readonly subject: Value;
}

async function matches(
  context: Context,
  condition: Expression | '*' | 'none',
  { node, subject }: Subject,
): Promise<boolean> {
  if (condition === '*' || condition === 'none') return true;
  const value = await evaluate(context, condition);
  if (node.subject === undefined || isTest(condition)) return isTruthy(value);
  if (condition.kind === 'unary' && condition.operator === '!')
    return !looseEquals(subject, await evaluate(context, condition.operand));
  return looseEquals(subject, value);
}

/** In `when @x [ … ]` a comparison or negation is a condition; anything else is a value to compare with. */
function isTest(condition: Expression): boolean {
  if (condition.kind === 'unary') return condition.operator === '!' && condition.operand.kind !== 'literal';
  if (condition.kind !== 'binary') return false;
  return !['+', '-', '*', '/', '%', '??'].includes(condition.operator);
}

// ---- calls

export interface CallParts {
  readonly callee: Value;
  readonly args: readonly Value[];
  readonly node: { readonly start: number; readonly end: number };
}

/** Calls a function. Its errors carry the place where they arose, or else that of the call. */
export async function callValue(context: Context, { callee, args, node }: CallParts): Promise<Value> {
  try {
    if (isBuiltin(callee)) {
      if (callee.acts !== undefined) acts(context, node, callee.acts);
      return await callee.call(args);
    }
    if (isExecutable(callee)) return await callExecutable(context, callee, { args, node });
  } catch (error) {
    throw placed(context, node, error);
  }
  throw errorAt(context, node, {
    code: 'NOT_A_FUNCTION',
    message: `this is ${withArticle(isNamespace(callee) ? 'module' : typeName(callee))}, not a function`,
    hint: 'Functions are made with exe. In a text, write a space or \\( after the name.',
  });
}

function withArticle(name: string): string {
  if (name === 'null' || name === 'undefined') return name;
  return /^[aeiou]/.test(name) ? `an ${name}` : `a ${name}`;
}

interface CallSite {
  readonly args: readonly Value[];
  readonly node: { readonly start: number; readonly end: number };
}

async function callExecutable(
  context: Context,
  callee: Executable,
  { args, node }: CallSite,
): Promise<Value> {
  const { session } = context;
  if (context.depth >= session.limits.callDepth) {
    throw errorAt(context, node, {
      code: 'CALL_DEPTH_LIMIT',
      message: `'@${callee.name}' is called more than ${session.limits.callDepth} levels deep`,
      hint: 'Does it call itself without an end?',
    });
  }
  const inner: Context = {
    ...context,
    module: callee.module,
    scope: createScope(callee.scope),
    depth: context.depth + 1,
  };
  for (const [index, parameter] of callee.parameters.entries()) {
    let value = args[index];
    if (value === undefined && parameter.defaultValue !== undefined)
      value = await evaluate(inner, parameter.defaultValue);
    define(inner.scope, parameter.name, value);
  }
  return callBody(inner, callee);
}

async function callBody(context: Context, callee: Executable): Promise<Value> {
  const { body } = callee;
  const value =
    body.kind === 'block' ? (await runStatements(context, body.body))?.value : await evaluate(context, body);
  if (!isFlow(value)) return value ?? (value === undefined ? undefined : null);
  return value.flow === 'skip' ? flow('skip', null, false) : value;
}
