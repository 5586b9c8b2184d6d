import type { Expression } from '../ast-expressions.ts';
import { MlldError } from '../errors.ts';
import { readMetadata } from '../metadata.ts';
import type { Context } from './context.ts';
import { fileExists } from './files.ts';
import { parseLoose, parseStrict, parseWithin, tryJson } from './json.ts';
import type { Module } from './module.ts';
import { lookup } from './scope.ts';
import {
  type Builtin,
  builtin,
  isArray,
  isFile,
  isObject,
  setOwn,
  toJson,
  toText,
  typeName,
  unwrap,
  type Value,
} from './values.ts';

/** Functions that every program can call and pipe to. */
const functions = new Map<string, Builtin>(
  [
    builtin('upper', ([value]) => toText(value).toUpperCase()),
    builtin('lower', ([value]) => toText(value).toLowerCase()),
    builtin('trim', ([value]) => (isArray(unwrap(value)) ? unwrap(value) : toText(value).trim())),
    builtin('pretty', ([value]) => toJson(parsed(value), 2)),
    builtin('sort', ([value]) => sorted(unwrap(value))),
    builtin('csv', ([value]) => toCsv(parsed(value))),
    builtin('md', ([value]) => toText(value)),
    builtin('xml', ([value]) => toXml(parsed(value))),
    builtin('keep', ([value, keys]) => keep(unwrap(value), unwrap(keys))),
    builtin('keepStructured', ([value]) => value),
    builtin('typeof', ([value]) => typeName(value)),
    builtin('typeInfo', ([value]) => ({ type: typeName(value) })),
    builtin('isDefined', ([value]) => value !== undefined),
  ].map((item) => [item.name, item]),
);
const parseModes = new Map<string, Builtin>([
  ['strict', builtin('strict', ([value]) => parseStrict(toText(value)))],
  ['loose', builtin('loose', ([value]) => parseLoose(toText(value)))],
  ['llm', builtin('llm', ([value]) => parseWithin(toText(value)))],
  [
    'fromlist',
    builtin('fromlist', ([value]) =>
      toText(value)
        .split('\n')
        .filter((line) => line.trim() !== ''),
    ),
  ],
]);
for (const name of ['parse', 'json']) {
  functions.set(
    name,
    builtin(name, ([value]) => parseOrPrint(value), parseModes),
  );
}
for (const name of ['upper', 'lower', 'trim', 'json', 'csv', 'xml', 'md']) {
  functions.set(name.toUpperCase(), functions.get(name)!);
}

const values: ReadonlyMap<string, (context: Context) => Value | Promise<Value>> = new Map<
  string,
  (context: Context) => Value | Promise<Value>
>([
  ['now', ({ session }) => (session.host.now?.() ?? new Date()).toISOString()],
  ['root', ({ session }) => session.host.root ?? '.'],
  ['base', ({ session }) => session.host.root ?? '.'],
  ['mx', (context) => ({ ...context.mx, errors: lookup(context.scope, '$errors')?.binding.value ?? [] })],
  ['fm', (context) => frontmatterOf(context.module)],
  ['frontmatter', (context) => frontmatterOf(context.module)],
  ['p', ({ piped }) => piped?.state],
  ['pipeline', ({ piped }) => piped?.state],
  ['payload', ({ session }) => session.args],
  ['state', () => ({})],
  ['debug', ({ session }) => ({ steps: session.steps, modules: session.modules.size })],
  ['input', readInput],
  ['stdin', readInput],
]);

/** Names that are known everywhere; a program's own names hide them. */
export const builtinNames: ReadonlySet<string> = new Set([
  ...functions.keys(),
  ...values.keys(),
  'exists',
  'fileExists',
  '<>',
]);

export async function builtinValue(
  context: Context,
  node: Extract<Expression, { kind: 'name' }>,
): Promise<Value> {
  const { name } = node;
  if (name === 'exists' || name === 'fileExists') {
    return builtin(name, async ([value]) => {
      const plain = unwrap(value);
      if (name === 'exists' && (isFile(value) || typeof plain !== 'string')) {
        return isArray(plain) ? plain.length > 0 : plain !== null && plain !== undefined;
      }
      return fileExists(context, toText(plain), node);
    });
  }
  return functions.get(name) ?? values.get(name)?.(context);
}

/** What `@ns.__meta__` holds. */
export function builtinField(module: Module): Promise<Value> {
  return frontmatterOf(module);
}

function frontmatterOf(module: Module): Promise<Value> {
  const front = module.program.frontmatter;
  module.frontmatter ??=
    front === undefined
      ? Promise.resolve({})
      : readMetadata(front.text, { file: module.file, code: 'FRONTMATTER' }).then(
          (data) => ({ ...data }) as Value,
        );
  return module.frontmatter;
}

async function readInput({ session, module }: Context): Promise<Value> {
  if (module.origin !== null || session.host.stdin === undefined) return '';
  const text = await session.host.stdin();
  return tryJson(text) ?? text;
}

// ---- functions

function parsed(value: Value): Value {
  const plain = unwrap(value);
  return typeof plain === 'string' ? (tryJson(plain) ?? plain) : plain;
}

/** `@parse` of a text is what it holds; of anything else its JSON. */
function parseOrPrint(value: Value): Value {
  const plain = unwrap(value);
  return typeof plain === 'string' ? parseStrict(plain) : isFile(value) ? plain : toJson(plain);
}

function sorted(value: Value): Value {
  if (isArray(value)) return [...value].sort(byText);
  if (isObject(value)) {
    const object: Record<string, Value> = {};
    for (const key of Object.keys(value).sort()) setOwn(object, key, value[key]);
    return object;
  }
  return toText(value).split('\n').sort().join('\n');
}

function byText(a: Value, b: Value): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  const left = toText(a);
  const right = toText(b);
  return left < right ? -1 : left > right ? 1 : 0;
}

function keep(value: Value, keys: Value): Value {
  if (!isObject(value) || !isArray(keys)) return value;
  const object: Record<string, Value> = {};
  for (const key of keys.map(toText)) if (Object.hasOwn(value, key)) setOwn(object, key, value[key]);
  return object;
}

function toCsv(value: Value): string {
  const rows = isArray(value) ? value : [value];
  const first = rows[0];
  if (isArray(first))
    return rows.map((row) => (isArray(row) ? row : [row]).map(csvCell).join(',')).join('\n');
  if (!isObject(first)) return rows.map(csvCell).join('\n');
  const keys = Object.keys(first);
  const line = (row: Value): string =>
    keys.map((key) => csvCell(isObject(row) ? row[key] : undefined)).join(',');
  return [keys.map(csvCell).join(','), ...rows.map(line)].join('\n');
}

function csvCell(value: Value): string {
  const text = value === null || value === undefined ? '' : toText(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toXml(value: Value, depth = 0): string {
  if (depth > 100) throw new MlldError('MEMORY_LIMIT', 'the data is nested too deep for XML');
  const indent = '  '.repeat(depth);
  if (isArray(value))
    return value.map((item) => `${indent}<item>${xmlContent(item, depth)}</item>`).join('\n');
  if (!isObject(value)) return `<DOCUMENT>\n${escapeXml(toText(value))}\n</DOCUMENT>`;
  return Object.keys(value)
    .map((key) => {
      const name = key
        .replace(/[^\w.-]/g, '_')
        .replace(/^(?=[\d.-])/, '_')
        .toUpperCase();
      return `${indent}<${name}>${xmlContent(value[key], depth)}</${name}>`;
    })
    .join('\n');
}

function xmlContent(value: Value, depth: number): string {
  if (isArray(value) || isObject(value)) return `\n${toXml(value, depth + 1)}\n${'  '.repeat(depth)}`;
  return escapeXml(toText(value));
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
