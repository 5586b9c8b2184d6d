import type { ExeStatement } from '../ast.ts';
import type { Expression } from '../ast-expressions.ts';
import type { McpServer } from './mcp-host.ts';
import type { Module } from './module.ts';
import type { Scope } from './scope.ts';

/** What a program computes with: JSON's values, `undefined`, functions, loaded files, and signals of control flow. */
export type Value =
  | null
  | undefined
  | boolean
  | number
  | string
  | readonly Value[]
  | ValueObject
  | Executable
  | Builtin
  | LoadedFile
  | Namespace
  | ServerValue
  | Flow;

export interface ValueObject {
  readonly [key: string]: Value;
}

const tag = Symbol('mlld value');

/** A function of a program, with the scope that it was defined in. */
export interface Executable {
  readonly [tag]: 'executable';
  readonly name: string;
  readonly parameters: ExeStatement['parameters'];
  readonly labels: readonly string[];
  readonly body: Expression;
  readonly module: Module;
  readonly scope: Scope;
}

/** A function that the language itself brings. `variants` are reached by `.name`, such as `@parse.strict`. */
export interface Builtin {
  readonly [tag]: 'builtin';
  readonly name: string;
  readonly call: (args: readonly Value[]) => Value | Promise<Value>;
  readonly variants: ReadonlyMap<string, Builtin>;
  /** What it does to the world, if it does anything: then no variable of an imported module may call it. */
  readonly acts: string | undefined;
}

/** A file: its data in expressions, its text in templates, and its metadata as `.mx`. */
export interface LoadedFile {
  readonly [tag]: 'file';
  readonly text: string;
  readonly data: Value;
  readonly mx: ValueObject;
}

/** All exports of a module, as `import … as @name` gives them. */
export interface Namespace {
  readonly [tag]: 'namespace';
  readonly module: Module;
}

/** An MCP server: its tools are its fields. */
export interface ServerValue {
  readonly [tag]: 'server';
  readonly server: McpServer;
}

/** `done`, `continue`, `retry`, `skip` or `break` on its way to the form that it is for. */
export interface Flow {
  readonly [tag]: 'flow';
  readonly flow: 'done' | 'continue' | 'retry' | 'skip' | 'break';
  readonly value: Value;
  readonly hasValue: boolean;
}

export function executable(parts: Omit<Executable, typeof tag>): Executable {
  return { [tag]: 'executable', ...parts };
}

export function builtin(
  name: string,
  call: Builtin['call'],
  variants: ReadonlyMap<string, Builtin> = new Map(),
  acts: string | undefined = undefined,
): Builtin {
  return { [tag]: 'builtin', name, call, variants, acts };
}

export function loadedFile(parts: Omit<LoadedFile, typeof tag>): LoadedFile {
  return { [tag]: 'file', ...parts };
}

export function namespace(module: Module): Namespace {
  return { [tag]: 'namespace', module };
}

export function serverValue(server: McpServer): ServerValue {
  return { [tag]: 'server', server };
}

export function flow(name: Flow['flow'], value: Value, hasValue: boolean): Flow {
  return { [tag]: 'flow', flow: name, value, hasValue };
}

function tagOf(value: Value): string | undefined {
  return typeof value === 'object' && value !== null ? (value as { [tag]?: string })[tag] : undefined;
}

export function isExecutable(value: Value): value is Executable {
  return tagOf(value) === 'executable';
}

export function isBuiltin(value: Value): value is Builtin {
  return tagOf(value) === 'builtin';
}

export function isFile(value: Value): value is LoadedFile {
  return tagOf(value) === 'file';
}

export function isNamespace(value: Value): value is Namespace {
  return tagOf(value) === 'namespace';
}

export function isServer(value: Value): value is ServerValue {
  return tagOf(value) === 'server';
}

export function isFunction(value: Value): value is Executable | Builtin {
  return isExecutable(value) || isBuiltin(value);
}

export function isFlow(value: Value): value is Flow {
  return tagOf(value) === 'flow';
}

export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A plain object: no array, function, file or signal. */
export function isObject(value: Value): value is ValueObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && tagOf(value) === undefined;
}

/** A file's data in its place: what operators and functions work on. */
export function unwrap(value: Value): Value {
  return isFile(value) ? value.data : value;
}

/** Reads an own property only, so that no name reaches a prototype. */
export function getOwn(object: ValueObject, key: string): Value {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property, `__proto__` included. */
export function setOwn(object: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
  } else object[key] = value;
}

/** False are: null, undefined, false, 0, NaN, "", "false", "0", "NaN", [] and {}. */
export function isTruthy(given: Value): boolean {
  const value = unwrap(given);
  if (value === null || value === undefined || value === false) return false;
  if (typeof value === 'number') return value !== 0 && !Number.isNaN(value);
  if (typeof value === 'string') return value !== '' && value !== 'false' && value !== '0' && value !== 'NaN';
  if (isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return true;
}

export function typeName(given: Value): string {
  const value = unwrap(given);
  if (value === null) return 'null';
  if (isArray(value)) return 'array';
  if (isFunction(value)) return 'executable';
  if (isNamespace(value) || isServer(value)) return 'object';
  return typeof value;
}

// ---- text

/** A value as text within templates: arrays as compact JSON, objects as JSON in lines. */
export function toTemplateText(value: Value): string {
  const plain = isFile(value) ? value.text : value;
  if (plain === undefined) return 'null';
  return isObject(plain) ? toDisplay(plain) : toText(plain);
}

/** A value as text within commands and joined texts: strings as they are, compact JSON for arrays and objects. */
export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (isFile(value)) return value.text;
  if (value === undefined) return '';
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (isFunction(value)) return `<function @${value.name}>`;
  if (isNamespace(value)) return `<module ${value.module.file}>`;
  if (isServer(value)) return `<server ${value.server.name}>`;
  if (isFlow(value)) return toText(value.value);
  return toJson(value);
}

/** A value as `show` prints it: JSON of arrays and objects in lines, unless it is short. */
export function toDisplay(value: Value): string {
  if (isFile(value)) return displayText(value.text);
  if (typeof value === 'string') return displayText(value);
  if (value === null) return '';
  if (isArray(value)) {
    const first = value[0];
    const short = value.length === 0 || (value.length === 1 && (first === null || typeof first !== 'object'));
    const compact = short ? toJson(value) : '';
    return short && compact.length <= shortJson ? compact : toJson(value, 2);
  }
  if (!isObject(value)) return toText(value);
  const keys = Object.keys(value);
  const only = keys.length === 1 ? value[keys[0]!] : undefined;
  if (keys.length === 1 && (only === null || typeof only !== 'object'))
    return `{${JSON.stringify(keys[0])}: ${toJson(only)}}`;
  return keys.length === 0 ? '{}' : toJson(value, 2);
}

/** Characters of JSON that still stand on one line. */
const shortJson = 60;

/** A text that is a JSON object or array is shown as one. */
function displayText(text: string): string {
  const trimmed = text.trim();
  if (!/^(?:\{[\s\S]*\}|\[[\s\S]*\])$/.test(trimmed)) return text;
  try {
    return toDisplay(JSON.parse(trimmed) as Value);
  } catch {
    return text;
  }
}

export function toJson(value: Value, indent?: number): string {
  return JSON.stringify(toPlain(value), null, indent) ?? 'null';
}

/** The JSON-like part of a value: files as their data, functions by name. */
export function toPlain(value: Value): unknown {
  if (isFile(value)) return toPlain(value.data);
  if (isArray(value)) return value.map((item) => toPlain(item) ?? null);
  if (isFunction(value) || isNamespace(value) || isServer(value)) return toText(value);
  if (isFlow(value)) return toPlain(value.value);
  if (!isObject(value)) return value;
  const object: Record<string, unknown> = {};
  for (const key of Object.keys(value))
    setOwn(object as Record<string, Value>, key, toPlain(value[key]) as Value);
  return object;
}

// ---- equality

/** `==`: numbers and booleans equal their text; arrays and objects by what they hold. */
export function looseEquals(a: Value, b: Value): boolean {
  const left = unwrap(a);
  const right = unwrap(b);
  if (left === right) return true;
  if ((left ?? null) === null || (right ?? null) === null) return (left ?? null) === (right ?? null);
  if (typeof left === typeof right) return typeof left === 'object' && deepEquals(left, right);
  if (typeof left === 'object' || typeof right === 'object') return false;
  if (typeof left === 'boolean' || typeof right === 'boolean') return String(left) === String(right);
  return String(left).trim() !== '' && String(right).trim() !== '' && Number(left) === Number(right);
}

export function deepEquals(a: Value, b: Value): boolean {
  if (isArray(a) && isArray(b))
    return a.length === b.length && a.every((item, index) => looseEquals(item, b[index]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && looseEquals(a[key], b[key]));
}

/** `~=`: also an array's only element, a part of an array in any order, and empty for null. */
export function tolerantEquals(a: Value, b: Value): boolean {
  const left = unwrap(a);
  const right = unwrap(b);
  if (looseEquals(left, right)) return true;
  if (isEmpty(right)) return isEmpty(left) || left === 'null' || left === 'undefined';
  if (isArray(right)) {
    const items = isArray(left) ? left : [left];
    return items.length > 0 && items.every((item) => right.some((other) => tolerantEquals(item, other)));
  }
  return isArray(left) && left.length === 1 && tolerantEquals(left[0], right);
}

function isEmpty(value: Value): boolean {
  return value === null || value === undefined || value === '' || (isArray(value) && value.length === 0);
}
