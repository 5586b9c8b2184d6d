import { MlldError } from '../errors.ts';
import { setOwn, type Value } from './values.ts';

/** @throws MlldError `WRONG_TYPE` */
export function parseStrict(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (cause) {
    throw new MlldError('WRONG_TYPE', `this is not JSON: ${shorten(text)}`, {
      cause,
      hint: "'@parse.loose' reads relaxed JSON, '@parse.llm' finds JSON within other text.",
    });
  }
}

/** The value of a JSON text, or undefined. */
export function tryJson(text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch {
    return undefined;
  }
}

/** Data that a text holds if it looks like a JSON object or array. */
export function jsonLike(text: string): Value {
  const trimmed = text.trim();
  const first = trimmed[0];
  const last = trimmed.at(-1);
  if (!((first === '{' && last === '}') || (first === '[' && last === ']'))) return undefined;
  return tryJson(trimmed);
}

/** JSON within other text: in a fence, or the first object or array that stands there. Null if there is none. */
export function parseWithin(text: string): Value {
  const whole = tryJson(text.trim());
  if (whole !== undefined) return whole;
  for (const match of text.matchAll(/```(?:json)?[ \t]*\r?\n([\s\S]*?)```/g)) {
    const value = tryJson(match[1]!.trim());
    if (value !== undefined) return value;
  }
  for (let at = text.search(/[[{]/), tries = 0; at >= 0 && tries < 100; tries++) {
    const end = closingBracket(text, at);
    const value = end < 0 ? undefined : tryJson(text.slice(at, end));
    if (value !== undefined) return value;
    const next = text.slice(at + 1).search(/[[{]/);
    at = next < 0 ? -1 : at + 1 + next;
  }
  return null;
}

function closingBracket(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      at++;
      while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
    } else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return -1;
}

function shorten(text: string): string {
  const line = text.trim().replace(/\s+/g, ' ');
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

// ---- relaxed JSON

interface Reader {
  readonly text: string;
  at: number;
  depth: number;
}

/** JSON with single quotes, bare keys, trailing commas and comments. @throws MlldError `WRONG_TYPE` */
export function parseLoose(text: string): Value {
  const strict = tryJson(text);
  if (strict !== undefined) return strict;
  const reader: Reader = { text, at: 0, depth: 0 };
  const value = readValue(reader);
  skip(reader);
  if (reader.at < text.length) wrong(reader);
  return value;
}

function wrong(reader: Reader): never {
  throw new MlldError(
    'WRONG_TYPE',
    `this is not relaxed JSON: ${shorten(reader.text.slice(reader.at)) || 'it ends too early'}`,
  );
}

function skip(reader: Reader): void {
  const blank = /(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
  blank.lastIndex = reader.at;
  reader.at += blank.exec(reader.text)?.[0].length ?? 0;
}

function readValue(reader: Reader): Value {
  skip(reader);
  const char = reader.text[reader.at];
  if (char === '{' || char === '[') {
    if (++reader.depth > 200) wrong(reader);
    const value = char === '{' ? readObject(reader) : readList(reader);
    reader.depth--;
    return value;
  }
  if (char === '"' || char === "'") return readString(reader);
  const word = /[\w.+-]+/y;
  word.lastIndex = reader.at;
  const found = word.exec(reader.text)?.[0] ?? wrong(reader);
  reader.at += found.length;
  const value = tryJson(found);
  return value === undefined ? found : value;
}

function readList(reader: Reader): Value {
  const items: Value[] = [];
  reader.at++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === ']') break;
    items.push(readValue(reader));
    skip(reader);
    if (reader.text[reader.at] === ',') reader.at++;
    else if (reader.text[reader.at] !== ']') wrong(reader);
  }
  reader.at++;
  return items;
}

function readObject(reader: Reader): Value {
  const object: Record<string, Value> = {};
  reader.at++;
  for (;;) {
    skip(reader);
    if (reader.text[reader.at] === '}') break;
    const key = readValue(reader);
    skip(reader);
    if (reader.text[reader.at] !== ':') wrong(reader);
    reader.at++;
    setOwn(object, String(key), readValue(reader));
    skip(reader);
    if (reader.text[reader.at] === ',') reader.at++;
    else if (reader.text[reader.at] !== '}') wrong(reader);
  }
  reader.at++;
  return object;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function readString(reader: Reader): string {
  const quote = reader.text[reader.at++];
  let value = '';
  for (;;) {
    const char = reader.text[reader.at++] ?? wrong(reader);
    if (char === quote) return value;
    if (char !== '\\') {
      value += char;
      continue;
    }
    const next = reader.text[reader.at++] ?? wrong(reader);
    if (next === 'u') {
      value += String.fromCharCode(Number.parseInt(reader.text.slice(reader.at, reader.at + 4), 16));
      reader.at += 4;
    } else value += escapes[next] ?? next;
  }
}
