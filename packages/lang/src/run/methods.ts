import { MlldError } from '../errors.ts';
import type { Context } from './context.ts';
import { callSandboxed } from './sandboxed.ts';
import {
  getOwn,
  isArray,
  isObject,
  looseEquals,
  toText,
  typeName,
  unwrap,
  type Value,
  type ValueObject,
} from './values.ts';

export interface MethodCall {
  readonly value: Value;
  readonly name: string;
  readonly args: readonly Value[];
  readonly node: { readonly start: number; readonly end: number };
}

type TextMethod = (text: string, args: readonly Value[], context: Context) => Value | Promise<Value>;
type ListMethod = (list: readonly Value[], args: readonly Value[], context: Context) => Value;

const textMethods = new Map<string, TextMethod>([
  ['length', (text) => text.length],
  ['includes', (text, [part]) => text.includes(toText(part))],
  ['indexOf', (text, [part, from]) => text.indexOf(toText(part), numberOr(from, 0))],
  ['lastIndexOf', (text, [part]) => text.lastIndexOf(toText(part))],
  ['startsWith', (text, [part]) => text.startsWith(toText(part))],
  ['endsWith', (text, [part]) => text.endsWith(toText(part))],
  ['toLowerCase', (text) => text.toLowerCase()],
  ['toUpperCase', (text) => text.toUpperCase()],
  ['trim', (text) => text.trim()],
  ['trimStart', (text) => text.trimStart()],
  ['trimEnd', (text) => text.trimEnd()],
  [
    'split',
    (text, [by, most], context) =>
      isRegex(by) ? regexMethod(context, text, 'split', [by]) : split(text, by, most),
  ],
  ['slice', (text, [from, to]) => text.slice(optional(from), optional(to))],
  ['substring', (text, [from, to]) => text.substring(numberOr(from, 0), optional(to))],
  ['charAt', (text, [at]) => text.charAt(numberOr(at, 0))],
  ['at', (text, [at]) => text.at(numberOr(at, 0))],
  ['replace', (text, [search, by], context) => replace(context, text, { search, by, all: false })],
  ['replaceAll', (text, [search, by], context) => replace(context, text, { search, by, all: true })],
  [
    'match',
    (text, [pattern], context) =>
      regexMethod(context, text, 'match', [
        isRegex(pattern) ? pattern : { $regex: toText(pattern), flags: '' },
      ]),
  ],
  ['padStart', (text, [length, by], context) => padded(context, text, { length, by, atStart: true })],
  ['padEnd', (text, [length, by], context) => padded(context, text, { length, by, atStart: false })],
  [
    'repeat',
    (text, [count], context) =>
      bounded(context, text.length * Math.max(0, numberOr(count, 0))) ??
      text.repeat(Math.max(0, Math.floor(numberOr(count, 0)))),
  ],
  ['concat', (text, args) => text + args.map(toText).join('')],
]);

const listMethods = new Map<string, ListMethod>([
  ['length', (list) => list.length],
  ['includes', (list, [item]) => list.some((other) => same(other, item))],
  ['indexOf', (list, [item]) => list.findIndex((other) => same(other, item))],
  ['join', (list, [by]) => list.map(toText).join(by === undefined ? ',' : toText(by))],
  ['slice', (list, [from, to]) => list.slice(optional(from), optional(to))],
  ['concat', (list, args) => list.concat(...args.map((item) => unwrap(item)))],
  ['reverse', (list) => [...list].reverse()],
  ['sort', (list) => [...list].sort(byText)],
  ['flat', (list, [depth]) => flatten(list, Math.min(numberOr(depth, 1), 100))],
  ['at', (list, [at]) => list.at(numberOr(at, 0))],
  ['push', (list, args) => [...list, ...args]],
]);

const objectMethods = new Map<string, (object: ValueObject, args: readonly Value[]) => Value>([
  ['keys', (object) => Object.keys(object)],
  ['values', (object) => Object.values(object)],
  ['entries', (object) => Object.entries(object)],
  ['has', (object, [key]) => Object.hasOwn(object, toText(key))],
  ['get', (object, [key]) => getOwn(object, toText(key))],
]);

const typeChecks = new Map<string, (value: Value) => boolean>([
  ['isArray', isArray],
  ['isObject', isObject],
  ['isString', (value) => typeof value === 'string'],
  ['isNumber', (value) => typeof value === 'number'],
  ['isBoolean', (value) => typeof value === 'boolean'],
  ['isNull', (value) => value === null],
  ['isDefined', (value) => value !== null && value !== undefined],
]);

export const methodNames: readonly string[] = [
  ...new Set([
    ...textMethods.keys(),
    ...listMethods.keys(),
    ...objectMethods.keys(),
    ...typeChecks.keys(),
    'toString',
  ]),
];

/** The result of a built-in method; undefined if values of this kind have none of that name. */
export async function callMethod(context: Context, call: MethodCall): Promise<{ value: Value } | undefined> {
  const value = unwrap(call.value);
  const { name, args } = call;
  const check = typeChecks.get(name);
  if (check !== undefined) return { value: check(value) };
  if (name === 'toString' && value !== null && value !== undefined) return { value: toText(value) };
  if (isArray(value)) {
    const method = listMethods.get(name);
    return method === undefined ? undefined : { value: method(value, args, context) };
  }
  if (isObject(value)) {
    const method = objectMethods.get(name);
    return method === undefined ? undefined : { value: method(value, args) };
  }
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') return undefined;
  if (typeof value === 'number' && name === 'toFixed')
    return { value: value.toFixed(Math.min(numberOr(args[0], 0), 100)) };
  const method = textMethods.get(name);
  return method === undefined ? undefined : { value: await method(String(value), args, context) };
}

function numberOr(value: Value, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  const number = Number(unwrap(value));
  if (Number.isNaN(number)) throw new MlldError('WRONG_TYPE', `expected a number, found ${typeName(value)}`);
  return number;
}

function optional(value: Value): number | undefined {
  return value === undefined || value === null ? undefined : numberOr(value, 0);
}

function same(a: Value, b: Value): boolean {
  const left = unwrap(a);
  const right = unwrap(b);
  return typeof left === typeof right && looseEquals(left, right);
}

function flatten(list: readonly Value[], depth: number): Value[] {
  return list.flatMap((item) => (isArray(item) && depth > 0 ? flatten(item, depth - 1) : [item]));
}

function byText(a: Value, b: Value): number {
  const left = toText(a);
  const right = toText(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function split(text: string, by: Value, most: Value): Value {
  return by === undefined ? [text] : text.split(toText(by), optional(most));
}

function bounded(context: Context, length: number): undefined {
  if (length > context.session.limits.stringLength)
    throw new MlldError('MEMORY_LIMIT', 'this gives too long a text');
  return undefined;
}

interface Padding {
  readonly length: Value;
  readonly by: Value;
  readonly atStart: boolean;
}

function padded(context: Context, text: string, { length, by, atStart }: Padding): string {
  const width = numberOr(length, 0);
  bounded(context, width);
  const filler = by === undefined ? ' ' : toText(by);
  return atStart ? text.padStart(width, filler) : text.padEnd(width, filler);
}

// ---- replacing

interface Replacement {
  readonly search: Value;
  readonly by: Value;
  readonly all: boolean;
}

async function replace(context: Context, text: string, { search, by, all }: Replacement): Promise<Value> {
  if (isRegex(search))
    return regexMethod(context, text, all ? 'replaceAll' : 'replace', [search, toText(by)]);
  if (isObject(search)) {
    return Object.keys(search).reduce(
      (result, key) => replaceText(context, result, [key, toText(search[key])]),
      text,
    );
  }
  const pair: [string, string] = [toText(search), toText(by)];
  return all ? replaceText(context, text, pair) : text.replace(pair[0], () => pair[1]);
}

function replaceText(context: Context, text: string, [search, by]: readonly [string, string]): string {
  const parts = text.split(search);
  bounded(context, text.length + parts.length * by.length);
  return parts.join(by);
}

/** A regular expression is data until a method uses it. */
function isRegex(value: Value): value is ValueObject & { readonly $regex: string; readonly flags: string } {
  return isObject(value) && typeof getOwn(value, '$regex') === 'string';
}

/** Regular expressions run in the sandbox: some take for ever, and there a call has its time. */
async function regexMethod(
  context: Context,
  text: string,
  method: string,
  args: readonly Value[],
): Promise<Value> {
  const [pattern, ...rest] = args;
  const { $regex, flags } = pattern as ValueObject;
  const used = method === 'replaceAll' && !toText(flags).includes('g') ? `${toText(flags)}g` : toText(flags);
  const fn = {
    parameters: ['text', 'pattern', 'flags', 'rest'],
    text: `const found = text[${JSON.stringify(method)}](new RegExp(pattern, flags), ...rest); return found === null ? null : Array.isArray(found) ? [...found] : found;`,
  };
  return callSandboxed(context, fn, [text, $regex, used, rest]);
}
