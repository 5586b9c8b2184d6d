/**
 * JSON as editors keep it, with comments and trailing commas: read with the places of its values, and changed in place, so that all
 * else in somebody's file stays as it was. Bounded, strict otherwise; a member that stands twice is refused.
 */
import { limits, RegistryError } from '@mlld/format';

export interface JsoncNode {
  readonly kind: 'object' | 'array' | 'value';
  /** Offsets of the text, the end behind it. */
  readonly start: number;
  readonly end: number;
  /** Of an object. */
  readonly members: ReadonlyMap<string, JsoncNode>;
  /** Of an array. */
  readonly items: readonly JsoncNode[];
  readonly value: unknown;
}

interface Reader {
  readonly text: string;
  at: number;
  readonly comments: boolean;
}

/** @throws RegistryError BAD_JSON, TOO_LARGE */
export function readJsonc(
  text: string,
  { where, comments }: { readonly where: string; readonly comments: boolean },
): JsoncNode {
  if (text.length > limits.mcpClientConfigBytes)
    throw new RegistryError('TOO_LARGE', `${where}: more than ${limits.mcpClientConfigBytes} characters`);
  const reader: Reader = { text, at: text.startsWith('\ufeff') ? 1 : 0, comments };
  try {
    skip(reader);
    const node = readValue(reader, 0);
    skip(reader);
    if (reader.at < text.length) throw wrong(reader, 'the end');
    return node;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    const line = text.slice(0, reader.at).split('\n').length;
    throw new RegistryError('BAD_JSON', `${where}:${line}: ${cause.message}`, {
      cause,
      hint: 'Mend the file first; nothing was written.',
    });
  }
}

function wrong({ text, at }: Reader, wanted: string): SyntaxError {
  return new SyntaxError(
    `wanted ${wanted}, found ${at < text.length ? JSON.stringify(text.slice(at, at + 10)) : 'the end'}`,
  );
}

function skip(reader: Reader): void {
  const blank = reader.comments ? /(?:[ \t\r\n]|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)*/y : /[ \t\r\n]*/y;
  blank.lastIndex = reader.at;
  reader.at += blank.exec(reader.text)?.[0].length ?? 0;
}

function readValue(reader: Reader, depth: number): JsoncNode {
  if (depth > limits.jsonDepth) throw wrong(reader, `at most ${limits.jsonDepth} levels`);
  const opening = reader.text[reader.at];
  if (opening === '{') return readObject(reader, depth);
  if (opening === '[') return readArray(reader, depth);
  const start = reader.at;
  const value = readScalar(reader);
  return { kind: 'value', start, end: reader.at, members: new Map(), items: [], value };
}

const scalar = /"(?:[^"\\\u0000-\u001f]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

function readScalar(reader: Reader): unknown {
  scalar.lastIndex = reader.at;
  const found = scalar.exec(reader.text)?.[0];
  if (found === undefined) throw wrong(reader, 'a value');
  const value: unknown = JSON.parse(found);
  reader.at += found.length;
  return value;
}

function readObject(reader: Reader, depth: number): JsoncNode {
  const start = reader.at++;
  const members = new Map<string, JsoncNode>();
  for (skip(reader); reader.text[reader.at] !== '}'; skip(reader)) {
    if (reader.text[reader.at] !== '"') throw wrong(reader, 'a member');
    const name = readScalar(reader) as string;
    if (members.has(name)) throw wrong(reader, `'${name}' once`);
    skip(reader);
    if (reader.text[reader.at++] !== ':') throw wrong(reader, "':'");
    skip(reader);
    members.set(name, readValue(reader, depth + 1));
    comma(reader, '}');
  }
  reader.at++;
  const value = Object.fromEntries([...members].map(([name, node]) => [name, node.value]));
  return { kind: 'object', start, end: reader.at, members, items: [], value };
}

function readArray(reader: Reader, depth: number): JsoncNode {
  const start = reader.at++;
  const items: JsoncNode[] = [];
  for (skip(reader); reader.text[reader.at] !== ']'; skip(reader)) {
    items.push(readValue(reader, depth + 1));
    comma(reader, ']');
  }
  reader.at++;
  return {
    kind: 'array',
    start,
    end: reader.at,
    members: new Map(),
    items,
    value: items.map(({ value }) => value),
  };
}

/** Behind a value: a comma, or what closes. A comma before what closes is one of a file with comments. */
function comma(reader: Reader, closing: string): void {
  skip(reader);
  if (reader.text[reader.at] === closing) return;
  if (reader.text[reader.at] !== ',') throw wrong(reader, `',' or '${closing}'`);
  reader.at++;
  skip(reader);
  if (reader.text[reader.at] === closing && !reader.comments)
    throw wrong(reader, 'another one behind the comma');
}

/** Puts a value at a path of members into an object's text. Objects on the way are made. @throws RegistryError BAD_SHAPE */
export function setMember(
  text: string,
  at: readonly string[],
  { value, where, comments }: { readonly value: unknown; readonly where: string; readonly comments: boolean },
): string {
  let node = readJsonc(text, { where, comments });
  for (const [depth, name] of at.entries()) {
    if (node.kind !== 'object')
      throw new RegistryError(
        'BAD_SHAPE',
        `${where}: wanted an object at '${at.slice(0, depth).join('.') || '$'}'`,
      );
    const next = node.members.get(name);
    const rest = at.slice(depth + 1);
    if (next === undefined) {
      const made = rest.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
      return insert(text, node, {
        prefix: `${JSON.stringify(name)}: `,
        value: made,
        depth: depth + 1,
        last: [...node.members.values()].at(-1),
      });
    }
    node = next;
  }
  return text.slice(0, node.start) + printed(value, at.length) + text.slice(node.end);
}

/** Puts a value behind the last one of the array that is a member of the whole. @throws RegistryError BAD_SHAPE */
export function appendItem(
  text: string,
  member: string,
  { value, where, comments }: { readonly value: unknown; readonly where: string; readonly comments: boolean },
): string {
  const list = readJsonc(text, { where, comments }).members.get(member);
  if (list === undefined) return setMember(text, [member], { value: [value], where, comments });
  if (list.kind !== 'array') throw new RegistryError('BAD_SHAPE', `${where}: wanted a list at '${member}'`);
  return insert(text, list, { prefix: '', value, depth: 2, last: list.items.at(-1) });
}

interface Insertion {
  readonly prefix: string;
  readonly value: unknown;
  readonly depth: number;
  readonly last: JsoncNode | undefined;
}

function insert(text: string, node: JsoncNode, { prefix, value, depth, last }: Insertion): string {
  const line = `\n${'  '.repeat(depth)}${prefix}${printed(value, depth)}`;
  if (last !== undefined) return `${text.slice(0, last.end)},${line}${withoutComma(text.slice(last.end))}`;
  const open = text.slice(0, node.start + 1);
  return `${open}${line}\n${'  '.repeat(depth - 1)}${text.slice(node.start + 1).replace(/^[ \t\r\n]+(?=[}\]])/, '')}`;
}

/** A comma that stood behind the last value now stands before the new one. */
function withoutComma(rest: string): string {
  const found = /^(?:[ \t\r\n]|\/\/[^\n]*|\/\*(?:[^*]|\*(?!\/))*\*\/)*/.exec(rest)?.[0] ?? '';
  return rest[found.length] === ',' ? found + rest.slice(found.length + 1) : rest;
}

function printed(value: unknown, depth: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${'  '.repeat(depth)}`);
}
