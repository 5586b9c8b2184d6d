/**
 * Strict JSON (docs/spec/statements.md §2). What is signed is bytes; two parsers that read the same bytes differently
 * would let an attacker show one thing to a reviewer and another to a client. So all that JSON (RFC 8259) leaves open
 * is refused here: duplicate members, numbers that lose precision, lone surrogates, a byte order mark, deep nesting.
 */
import { printable, RegistryError } from './errors.ts';
import { limits } from './limits.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export interface JsonOptions {
  /** What the bytes are, for the message: a file's path or URL. */
  readonly where?: string;
  readonly maxBytes?: number;
}

/** Parses UTF-8 bytes or text. @throws RegistryError BAD_JSON, TOO_LARGE */
export function parseJson(input: Uint8Array | string, options: JsonOptions = {}): Json {
  const { where = 'JSON', maxBytes = limits.statementBytes } = options;
  assertSize(input, where, maxBytes);
  return new Reader(typeof input === 'string' ? input : decodeUtf8(input, where), where).document();
}

/** Parses newline-delimited JSON; an empty last line is allowed. @throws RegistryError BAD_JSON, TOO_LARGE */
export function parseNdjson(input: Uint8Array | string, options: JsonOptions = {}): Json[] {
  const { where = 'NDJSON', maxBytes = limits.indexBytes } = options;
  assertSize(input, where, maxBytes);
  const text = typeof input === 'string' ? input : decodeUtf8(input, where);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => new Reader(line, `${where}, line ${i + 1}`).document());
}

/** Refuses bytes, or a text's UTF-8, above a limit. @throws RegistryError TOO_LARGE */
export function assertSize(input: Uint8Array | string, where: string, maxBytes: number): void {
  const size = typeof input === 'string' && input.length * 3 > maxBytes ? utf8Length(input) : input.length;
  if (size > maxBytes)
    throw new RegistryError('TOO_LARGE', `${where}: wanted at most ${maxBytes} bytes, found ${size}`);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** @throws RegistryError BAD_JSON for bytes that are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return decoder.decode(bytes);
  } catch (cause) {
    throw new RegistryError('BAD_JSON', `${where}: the bytes are not UTF-8`, { cause });
  }
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const plain = /[^"\\\u0000-\u001f]*/y;
const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Whether no other reader of `text` finds another number: no unsafe integer, no infinity, no `-0`, no underflow. */
function isExact(text: string, value: number): boolean {
  if (value === 0) return !text.startsWith('-') && !/[1-9]/.test(text.split(/[eE]/)[0]!);
  return Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** A recursive-descent reader; the depth limit bounds its stack. */
class Reader {
  private readonly text: string;
  private readonly where: string;
  private at = 0;
  private depth = 0;

  constructor(text: string, where: string) {
    this.text = text;
    this.where = where;
  }

  document(): Json {
    const value = this.value();
    this.space();
    if (this.at < this.text.length) throw this.bad('wanted the end after the value');
    return value;
  }

  private value(): Json {
    this.space();
    switch (this.text[this.at]) {
      case '{':
        return this.nested(() => this.object());
      case '[':
        return this.nested(() => this.array());
      case '"':
        return this.string();
      case 't':
        return this.word('true', true);
      case 'f':
        return this.word('false', false);
      case 'n':
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > limits.jsonDepth) throw this.bad(`nested deeper than ${limits.jsonDepth} levels`);
    this.at++;
    const value = read();
    this.depth--;
    return value;
  }

  private object(): JsonObject {
    const object: Record<string, Json> = {};
    const seen = new Set<string>();
    this.space();
    if (this.take('}')) return object;
    for (;;) {
      this.space();
      if (this.text[this.at] !== '"') throw this.bad('wanted a member name in double quotes');
      const key = this.string();
      if (seen.has(key)) throw this.bad(`member '${printable(key)}' stands twice`);
      if (key === '__proto__') throw this.bad(`member '__proto__' is not allowed`);
      seen.add(key);
      this.space();
      if (!this.take(':')) throw this.bad(`wanted ':' after the member name`);
      object[key] = this.value();
      this.space();
      if (this.take('}')) return object;
      if (!this.take(',')) throw this.bad(`wanted ',' or '}'`);
    }
  }

  private array(): Json[] {
    const array: Json[] = [];
    this.space();
    if (this.take(']')) return array;
    for (;;) {
      array.push(this.value());
      this.space();
      if (this.take(']')) return array;
      if (!this.take(',')) throw this.bad(`wanted ',' or ']'`);
    }
  }

  private string(): string {
    this.at++;
    let value = '';
    for (;;) {
      plain.lastIndex = this.at;
      const run = plain.exec(this.text)?.[0] ?? '';
      value += run;
      this.at += run.length;
      const char = this.text[this.at];
      if (char === '"') break;
      if (char !== '\\')
        throw this.bad(char === undefined ? 'a string does not end' : 'a control character in a string');
      value += this.escape();
    }
    this.at++;
    if (!value.isWellFormed()) throw this.bad('half of a surrogate pair in a string');
    return value;
  }

  private escape(): string {
    const char = this.text[this.at + 1] ?? '';
    if (char === 'u') {
      const hex = this.text.slice(this.at + 2, this.at + 6);
      if (!/^[0-9a-fA-F]{4}$/.test(hex)) throw this.bad('wanted four hex digits after \\u');
      this.at += 6;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    const value = Object.hasOwn(escapes, char) ? escapes[char] : undefined;
    if (value === undefined) throw this.bad(`unknown escape '\\${printable(char)}'`);
    this.at += 2;
    return value;
  }

  private number(): number {
    number.lastIndex = this.at;
    const text = number.exec(this.text)?.[0];
    if (text === undefined) throw this.bad('wanted a value');
    const value = Number(text);
    if (!isExact(text, value)) throw this.bad(`number ${printable(text, 40)} can't be held exactly`);
    this.at += text.length;
    return value;
  }

  private word<T extends Json>(word: string, value: T): T {
    if (!this.text.startsWith(word, this.at)) throw this.bad('wanted a value');
    this.at += word.length;
    return value;
  }

  private take(char: string): boolean {
    if (this.text[this.at] !== char) return false;
    this.at++;
    return true;
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.at++;
    }
  }

  private bad(problem: string): RegistryError {
    const before = this.text.slice(0, this.at).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    return new RegistryError('BAD_JSON', `${this.where}: ${problem} (${place})`);
  }
}
