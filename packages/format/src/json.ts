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
  return readDocument(typeof input === 'string' ? input : decodeUtf8(input, where), where);
}

/** Parses newline-delimited JSON; an empty last line is allowed. @throws RegistryError BAD_JSON, TOO_LARGE */
export function parseNdjson(input: Uint8Array | string, options: JsonOptions = {}): Json[] {
  const { where = 'NDJSON', maxBytes = limits.indexBytes } = options;
  assertSize(input, where, maxBytes);
  const text = typeof input === 'string' ? input : decodeUtf8(input, where);
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line, i) => readDocument(line, `${where}, line ${i + 1}`));
}

/** @throws RegistryError BAD_JSON */
function readDocument(text: string, where: string): Json {
  return readPlain(text) ?? new Reader(text, where).document();
}

/**
 * What a program wrote in the shortest form, or as statements are written, with each value on a line of its own, is read by V8: a text
 * that comes back the same leaves open neither which of two members counts nor what a number is. All else, and what is refused, is
 * read below. Undefined for such, and for `null`.
 */
function readPlain(text: string): Json | undefined {
  const isLined = /^[[{]\n {2}\S/.test(text) && text.length <= limits.statementBytes;
  // Escapes by number may be halves of surrogate pairs.
  if ((!isLined && !/^[[{]\S/.test(text)) || text.includes('\\u')) return undefined;
  try {
    const value = JSON.parse(text) as Json;
    // Looked at first: lines of what is nested deep would be long.
    if (!isPlain(value, limits.jsonDepth)) return undefined;
    const again = JSON.stringify(value, null, isLined ? 2 : undefined);
    const isSame = again.length === text.length ? again === text : `${again}\n` === text;
    return isSame ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether no value is one that is refused, though it comes back the same. */
function isPlain(value: Json, depth: number): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0 || Object.hasOwn(value, '__proto__')) return false;
  for (const one of Object.values(value)) if (!isPlain(one, depth - 1)) return false;
  return true;
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
const hexDigits = /^[0-9a-fA-F]{4}$/;
const simpleEscapes = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));
const quote = 0x22;
const backslash = 0x5c;

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
    switch (this.text.charCodeAt(this.at)) {
      case 0x7b: // {
        return this.object();
      case 0x5b: // [
        return this.array();
      case quote:
        return this.string();
      case 0x74: // t
        return this.word('true', true);
      case 0x66: // f
        return this.word('false', false);
      case 0x6e: // n
        return this.word('null', null);
      default:
        return this.number();
    }
  }

  private enter(): void {
    if (++this.depth > limits.jsonDepth) throw this.bad(`nested deeper than ${limits.jsonDepth} levels`);
    this.at++;
    this.space();
  }

  private object(): JsonObject {
    const object: Record<string, Json> = {};
    this.enter();
    for (let more = !this.take(0x7d); more; ) {
      if (this.text.charCodeAt(this.at) !== quote) throw this.bad('wanted a member name in double quotes');
      const key = this.string();
      if (Object.hasOwn(object, key)) throw this.bad(`member '${printable(key)}' stands twice`);
      if (key === '__proto__') throw this.bad(`member '__proto__' is not allowed`);
      this.space();
      if (!this.take(0x3a)) throw this.bad(`wanted ':' after the member name`);
      object[key] = this.value();
      this.space();
      more = !this.take(0x7d);
      if (more && !this.take(0x2c)) throw this.bad(`wanted ',' or '}'`);
      if (more) this.space();
    }
    this.depth--;
    return object;
  }

  private array(): Json[] {
    const array: Json[] = [];
    this.enter();
    for (let more = !this.take(0x5d); more; ) {
      array.push(this.value());
      this.space();
      more = !this.take(0x5d);
      if (more && !this.take(0x2c)) throw this.bad(`wanted ',' or ']'`);
    }
    this.depth--;
    return array;
  }

  /** What escapes stand for is read by V8, once it is known that they are good ones. */
  private string(): string {
    const { text } = this;
    const start = ++this.at;
    let escaped = false;
    let beyondAscii = false;
    for (let code = text.charCodeAt(start); code !== quote; code = text.charCodeAt(this.at)) {
      if (code === backslash) {
        this.escape();
        escaped = true;
      } else if (code >= 0x20) {
        beyondAscii ||= code > 0x7f;
        this.at++;
      } else if (code < 0x20) throw this.bad('a control character in a string');
      else throw this.bad('a string does not end');
    }
    const raw = text.slice(start, this.at++);
    const value = escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
    if ((escaped || beyondAscii) && !value.isWellFormed())
      throw this.bad('half of a surrogate pair in a string');
    return value;
  }

  private escape(): void {
    const code = this.text.charCodeAt(this.at + 1);
    if (simpleEscapes.has(code)) this.at += 2;
    else if (code === 0x75 && hexDigits.test(this.text.slice(this.at + 2, this.at + 6))) this.at += 6;
    else throw this.badEscape();
  }

  private badEscape(): RegistryError {
    const char = this.text[this.at + 1] ?? '';
    return this.bad(
      char === 'u' ? 'wanted four hex digits after \\u' : `unknown escape '\\${printable(char)}'`,
    );
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

  private take(code: number): boolean {
    if (this.text.charCodeAt(this.at) !== code) return false;
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
