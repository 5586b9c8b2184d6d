import type { CodeExpression, Expression } from '../ast-expressions.ts';
import { MlldError } from '../errors.ts';
import type { Context } from './context.ts';
import { callValue } from './evaluate.ts';
import { localVariables } from './locals.ts';
import type { Module } from './module.ts';
import type { Invoke, JsFunction, JsResult, Sandbox } from './quickjs.ts';
import { lookup } from './scope.ts';
import {
  type Executable,
  isArray,
  isExecutable,
  isFile,
  isFunction,
  isNamespace,
  isObject,
  setOwn,
  toJson,
  toText,
  type Value,
} from './values.ts';

/** Runs `js { … }`: the names of the enclosing functions are its parameters. */
export async function runJs(context: Context, node: CodeExpression): Promise<Value> {
  const locals = localVariables(context, node.args);
  if (!locals.has('mx') && /\bmx\b/.test(node.text)) locals.set('mx', context.mx);
  return callSandboxed(context, { parameters: [...locals.keys()], text: node.text }, [...locals.values()]);
}

/** Calls JavaScript in the sandbox of the context's module. */
export async function callSandboxed(
  context: Context,
  fn: JsFunction,
  args: readonly Value[],
): Promise<Value> {
  const sandbox = await sandboxOf(context, context.module);
  const { encoded, functions } = encodeArgs(args);
  for (const item of functions)
    if (isExecutable(item) && codeOf(item) !== undefined) await sandboxOf(context, item.module);
  const result = await sandbox.call(fn, encoded, invoker(context, functions));
  return resultOf(context, result);
}

/** A code's value; if it has none, what it logged. What it logged besides goes to the error output. */
function resultOf(context: Context, { encoded, logs }: JsResult): Value {
  const value = decode(encoded);
  if (value === undefined && logs.some(({ error }) => !error)) {
    for (const { text } of logs.filter(({ error }) => error)) context.session.host.writeErr(`${text}\n`);
    return logs
      .filter(({ error }) => !error)
      .map(({ text }) => text)
      .join('\n');
  }
  for (const { text } of logs) context.session.host.writeErr(`${text}\n`);
  return value;
}

export function decode(encoded: string): Value {
  return encoded.startsWith('j') ? (JSON.parse(encoded.slice(1)) as Value) : undefined;
}

// ---- sandboxes

const opened = new WeakMap<Module, Sandbox>();

async function sandboxOf(context: Context, module: Module): Promise<Sandbox> {
  module.sandbox ??= openSandbox(context, module);
  return module.sandbox;
}

async function openSandbox(context: Context, module: Module): Promise<Sandbox> {
  const sandbox = await context.session.pool.create();
  for (const [local, name] of module.shadows.get('js') ?? []) {
    const found = lookup(module.scope, name)?.binding.value;
    const code = isExecutable(found) ? codeOf(found) : undefined;
    if (code !== undefined && isExecutable(found)) {
      const parameters = found.parameters.map((parameter) => parameter.name);
      defineShadow(sandbox, local, { parameters, text: code.text });
    }
  }
  opened.set(module, sandbox);
  return sandbox;
}

/** A function whose code is no JavaScript fails when it is called; the others do not depend on it. */
function defineShadow(sandbox: Sandbox, name: string, fn: JsFunction): void {
  try {
    sandbox.define(name, fn);
  } catch (error) {
    if (!(error instanceof MlldError) || error.code !== 'CODE_FAILED') throw error;
  }
}

/** The JavaScript that a function consists of, if it does. */
function codeOf(item: Executable): CodeExpression | undefined {
  let body: Expression = item.body;
  while (body.kind === 'with') body = body.value;
  return body.kind === 'code' && body.language === 'js' ? body : undefined;
}

// ---- arguments

interface Hole {
  readonly path: readonly (string | number)[];
  readonly id: number;
  readonly name: string;
}

interface EncodedArgs {
  readonly encoded: string;
  readonly functions: readonly Value[];
}

/** Arguments as JSON; functions and undefined stand in a list of holes beside it. */
function encodeArgs(args: readonly Value[]): EncodedArgs {
  const holes: Hole[] = [];
  const functions: Value[] = [];
  const visit = (value: Value, path: (string | number)[]): unknown => {
    if (path.length > 100) throw new MlldError('MEMORY_LIMIT', 'the arguments are nested too deep');
    if (value === undefined) holes.push({ path, id: -1, name: '' });
    else if (isFunction(value)) {
      holes.push({ path, id: functions.length, name: value.name });
      functions.push(value);
    } else if (isFile(value)) return visit(value.data, path);
    else if (isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    else if (isObject(value)) return visitObject(value, path);
    else return isNamespace(value) ? toText(value) : value;
    return null;
  };
  const visitObject = (value: { readonly [key: string]: Value }, path: (string | number)[]): unknown => {
    const object: Record<string, Value> = {};
    for (const key of Object.keys(value)) setOwn(object, key, visit(value[key], [...path, key]) as Value);
    return object;
  };
  const plain = args.map((value, index) => visit(value, [index]));
  return { encoded: JSON.stringify({ args: plain, holes }), functions };
}

/** What happens when sandboxed code calls a function that it was given. */
function invoker(context: Context, functions: readonly Value[]): Invoke {
  return (id, text) => {
    const callee = functions[id];
    const args = JSON.parse(text) as Value[];
    const code = isExecutable(callee) ? codeOf(callee) : undefined;
    if (isExecutable(callee) && code !== undefined) {
      const now = callNow(context, callee, { code, args });
      if (now !== undefined) return now;
    }
    return callValue(context, { callee, args, node: { start: 0, end: 0 } }).then(encodeResult);
  };
}

function encodeResult(value: Value): string {
  return value === undefined ? 'u' : `j${toJson(value)}`;
}

/** JavaScript that calls JavaScript gets its result at once, so that it can be passed to `map` and `sort`. */
function callNow(
  context: Context,
  callee: Executable,
  { code, args }: { code: CodeExpression; args: readonly Value[] },
): string | undefined {
  const sandbox = opened.get(callee.module);
  if (sandbox === undefined) return undefined;
  const fn = { parameters: callee.parameters.map((parameter) => parameter.name), text: code.text };
  const given = callee.parameters.map((_, index) => args[index]);
  const result = sandbox.callNow(fn, encodeArgs(given).encoded, () => {
    throw new MlldError(
      'CODE_FAILED',
      'a function that was called from JavaScript cannot call further functions',
    );
  });
  if (result === undefined) return undefined;
  const value = resultOf(context, result);
  return encodeResult(value);
}
