import type { AccessExpression, Accessor, Expression } from '../ast-expressions.ts';
import { nearest } from '../errors.ts';
import { builtinField } from './builtins.ts';
import { type Context, errorAt } from './context.ts';
import { callValue, evaluate, evaluateArgs } from './evaluate.ts';
import { serverField } from './mcp.ts';
import { callMethod, methodNames } from './methods.ts';
import { exportedValue, exportNames } from './modules.ts';
import { lookup } from './scope.ts';
import {
  getOwn,
  isArray,
  isBuiltin,
  isFile,
  isFunction,
  isNamespace,
  isObject,
  isServer,
  toJson,
  toText,
  typeName,
  unwrap,
  type Value,
} from './values.ts';

/** `@name.field[0].method(args)`, from left to right. */
export async function readPathValue(context: Context, node: AccessExpression): Promise<Value> {
  const { path } = node;
  let value: Value;
  let index = 0;
  const meta = loopMeta(context, node);
  if (meta !== undefined) {
    value = meta.value;
    index = 1;
  } else value = await evaluate(context, node.object);
  for (; index < path.length; index++) {
    const accessor = path[index]!;
    const next = path[index + 1];
    if (accessor.kind === 'field' && next?.kind === 'call' && !isField(value, accessor.name)) {
      value = await callNamed(context, value, { accessor, args: next.args, root: node.object });
      index++;
    } else value = await readAccessor(context, value, { accessor, node });
    if (accessor.kind === 'each') return readEach(context, value, { ...node, path: path.slice(index + 1) });
  }
  return value;
}

/** `@item.mx` of a name that a loop bound: its index or key. */
function loopMeta(context: Context, node: AccessExpression): { value: Value } | undefined {
  const first = node.path[0]!;
  if (node.object.kind !== 'name' || first.kind !== 'field' || first.name !== 'mx') return undefined;
  const binding = lookup(context.scope, node.object.name)?.binding;
  if (binding?.mx === undefined) return undefined;
  const own = isFile(binding.value) ? binding.value.mx : {};
  return { value: { ...own, ...binding.mx } };
}

/** Whether the name is the value's own, so that `value.name(…)` calls what it holds. */
function isField(value: Value, name: string): boolean {
  if (isNamespace(value) || isServer(value)) return true;
  if (isBuiltin(value)) return value.variants.has(name);
  const plain = unwrap(value);
  return isObject(plain) && Object.hasOwn(plain, name);
}

interface NamedCall {
  readonly accessor: Extract<Accessor, { kind: 'field' }>;
  readonly args: Extract<Accessor, { kind: 'call' }>['args'];
  readonly root: Expression;
}

async function callNamed(
  context: Context,
  value: Value,
  { accessor, args, root }: NamedCall,
): Promise<Value> {
  const values = await evaluateArgs(context, args);
  const result = await callMethod(context, { value, name: accessor.name, args: values, node: accessor });
  if (result !== undefined) return result.value;
  const plain = unwrap(value);
  const near = nearest(
    accessor.name,
    isObject(plain) ? [...Object.keys(plain), ...methodNames] : methodNames,
  );
  const what = root.kind === 'name' ? `'@${root.name}' (${typeName(plain)})` : typeName(plain);
  throw errorAt(context, accessor, {
    code: 'UNKNOWN_METHOD',
    message: `${what} has no method '${accessor.name}'`,
    hint: near === undefined ? undefined : `Did you mean '.${near}()'?`,
  });
}

interface AccessParts {
  readonly accessor: Accessor;
  readonly node: AccessExpression;
}

async function readAccessor(context: Context, value: Value, { accessor, node }: AccessParts): Promise<Value> {
  switch (accessor.kind) {
    case 'field':
      return readField(context, value, accessor);
    case 'index':
      return readIndex(context, value, { accessor, index: unwrap(await evaluate(context, accessor.index)) });
    case 'slice':
      return readSlice(context, value, accessor);
    case 'call':
      return callValue(context, {
        callee: value,
        args: await evaluateArgs(context, accessor.args),
        node: { start: node.start, end: accessor.end },
      });
    case 'each':
      return value;
  }
}

type FieldNode = Extract<Accessor, { kind: 'field' }>;

async function readField(context: Context, value: Value, accessor: FieldNode): Promise<Value> {
  const { name } = accessor;
  if (isNamespace(value)) {
    if (name === '__meta__') return builtinField(value.module);
    return exportedValue({ ...context, module: value.module }, { name, node: accessor, from: context });
  }
  if (isServer(value)) return serverField(context, value.server, { name, node: accessor, own: true });
  if (isFile(value) && (name === 'mx' || name === 'keep')) return name === 'mx' ? value.mx : value;
  if (isBuiltin(value)) return value.variants.get(name) ?? noVariant(context, value.name, accessor);
  return fieldOf(unwrap(value), name);
}

function fieldOf(value: Value, name: string): Value {
  const isNumber = /^\d+$/.test(name);
  if (isArray(value)) return isNumber ? value[Number(name)] : name === 'length' ? value.length : undefined;
  if (typeof value === 'string') {
    if (name === 'length') return value.length;
    return isNumber ? value[Number(name)] : fromJson(value, name);
  }
  if (isObject(value)) return Object.hasOwn(value, name) ? value[name] : metaOf(value, name);
  return isFunction(value) && name === 'name' ? value.name : undefined;
}

/** What an object tells of itself where it has no such field: `.length`, `.mx.keys`, … */
function metaOf(object: { readonly [key: string]: Value }, name: string): Value {
  if (name === 'length') return Object.keys(object).length;
  return name === 'mx' ? objectMeta(object) : undefined;
}

/** A text that holds a JSON object is read as one when a field of it is asked for. */
function fromJson(text: string, name: string): Value {
  const trimmed = text.trim();
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return undefined;
  try {
    return getOwn(JSON.parse(trimmed), name);
  } catch {
    return undefined;
  }
}

function objectMeta(object: { readonly [key: string]: Value }): Value {
  return {
    type: 'object',
    text: toJson(object, 2),
    data: object,
    keys: Object.keys(object),
    values: Object.values(object),
    entries: Object.entries(object),
  };
}

function noVariant(context: Context, builtinName: string, accessor: FieldNode): never {
  throw errorAt(context, accessor, {
    code: 'UNKNOWN_NAME',
    message: `'@${builtinName}' has no variant '${accessor.name}'`,
  });
}

async function readIndex(
  context: Context,
  value: Value,
  { accessor, index }: { accessor: Accessor; index: Value },
): Promise<Value> {
  const plain = isNamespace(value) ? value : unwrap(value);
  if (isServer(plain))
    return serverField(context, plain.server, { name: toText(index), node: accessor, own: false });
  if (
    (isArray(plain) || typeof plain === 'string') &&
    (typeof index === 'number' || /^-?\d+$/.test(toText(index)))
  ) {
    return plain.at(Number(index));
  }
  if (isObject(plain)) return getOwn(plain, toText(index));
  if (isNamespace(plain)) {
    const name = toText(index);
    return exportNames(plain.module).includes(name)
      ? exportedValue({ ...context, module: plain.module }, { name, node: accessor, from: context })
      : undefined;
  }
  return undefined;
}

async function readSlice(
  context: Context,
  value: Value,
  { from, to }: Extract<Accessor, { kind: 'slice' }>,
): Promise<Value> {
  const plain = unwrap(value);
  const start = from === undefined ? undefined : Number(await evaluate(context, from));
  const end = to === undefined ? undefined : Number(await evaluate(context, to));
  return isArray(plain) || typeof plain === 'string' ? plain.slice(start, end) : undefined;
}

/** `@list[*].field`: the rest of the path for each item. */
async function readEach(context: Context, value: Value, node: AccessExpression): Promise<Value> {
  const list = unwrap(value);
  const items = isArray(list) ? list : isObject(list) ? Object.values(list) : [];
  const fields = node.path.findIndex(
    (accessor, index) => accessor.kind === 'field' && node.path[index + 1]?.kind === 'call',
  );
  const own = fields < 0 ? node.path : node.path.slice(0, fields);
  const results: Value[] = [];
  for (const item of items) {
    let at = item;
    for (const accessor of own) at = await readAccessor(context, at, { accessor, node });
    if (at !== undefined) results.push(at);
  }
  if (fields < 0) return results;
  const object: Expression = { kind: 'literal', value: null, start: node.start, end: node.end };
  return continuePath(context, results, { ...node, object, path: node.path.slice(fields) });
}

async function continuePath(context: Context, start: Value, node: AccessExpression): Promise<Value> {
  let value = start;
  for (let index = 0; index < node.path.length; index++) {
    const accessor = node.path[index]!;
    const next = node.path[index + 1];
    if (accessor.kind === 'field' && next?.kind === 'call') {
      value = await callNamed(context, value, { accessor, args: next.args, root: node.object });
      index++;
    } else value = await readAccessor(context, value, { accessor, node });
  }
  return value;
}
