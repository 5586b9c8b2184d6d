/** Splits a zone file into entries of words (RFC 1035 §5.1). Characters are octets: the text is Latin-1. */
import { RegistryError } from '@mlld/format';

export interface ZoneWord {
  /** Escapes resolved; each character is one octet. */
  readonly text: string;
  /** As it is written, with quotes and escapes. */
  readonly raw: string;
}

export interface ZoneEntry {
  readonly line: number;
  /** The line starts with a blank: the owner is the one before. */
  readonly indented: boolean;
  readonly words: readonly ZoneWord[];
}

const word = /[^ \t\r\n;()"\\]+/y;
const quotedRun = /[^"\\\n]*/y;
const blank = /[ \t\r]+/y;
const comment = /;[^\n]*/y;

/** @throws RegistryError BAD_ZONE */
export function* scanEntries(text: string, where: string): Generator<ZoneEntry> {
  const scanner = new Scanner(text, where);
  while (!scanner.done()) {
    const entry = scanner.entry();
    if (entry.words.length > 0) yield entry;
  }
}

class Scanner {
  private readonly text: string;
  private readonly where: string;
  private at = 0;
  private line = 1;

  constructor(text: string, where: string) {
    this.text = text;
    this.where = where;
  }

  done(): boolean {
    return this.at >= this.text.length;
  }

  /** Reads to the end of a line that is not inside of parentheses. */
  entry(): ZoneEntry {
    const { line } = this;
    const indented = this.text[this.at] === ' ' || this.text[this.at] === '\t';
    const words: ZoneWord[] = [];
    let open = false;
    while (!this.done()) {
      if (this.skip(blank) || this.skip(comment)) continue;
      const char = this.text[this.at];
      if (char === '"') words.push(this.quoted());
      else if (char === '(' || char === ')') open = this.parenthesis(char, open);
      else if (char !== '\n') words.push(this.plain());
      else if (this.endOfLine() && !open) return { line, indented, words };
    }
    if (open) throw this.bad("'(' without its other half");
    return { line, indented, words };
  }

  private parenthesis(char: '(' | ')', open: boolean): boolean {
    if (open === (char === '(')) throw this.bad(`'${char}' without its other half`);
    this.at++;
    return char === '(';
  }

  private endOfLine(): true {
    this.at++;
    this.line++;
    return true;
  }

  private plain(): ZoneWord {
    const start = this.at;
    let text = '';
    for (;;) {
      text += this.run(word);
      if (this.text[this.at] !== '\\') break;
      text += this.escape();
    }
    if (this.text[this.at] === '"') throw this.bad('wanted a blank before the quote');
    return { text, raw: this.text.slice(start, this.at) };
  }

  private quoted(): ZoneWord {
    const start = this.at;
    let text = '';
    this.at++;
    for (;;) {
      text += this.run(quotedRun);
      const char = this.text[this.at];
      if (char === '"') break;
      if (char !== '\\') throw this.bad('a quoted string does not end on its line');
      text += this.escape();
    }
    this.at++;
    const next = this.text[this.at];
    if (next !== undefined && !/[ \t\r\n;()]/.test(next)) throw this.bad('wanted a blank after the quote');
    return { text, raw: this.text.slice(start, this.at) };
  }

  /** `\DDD` is an octet in decimal, `\X` is X. */
  private escape(): string {
    const digits = /^\d{3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (digits !== undefined) {
      this.at += 4;
      if (Number(digits) > 255) throw this.bad(`'\\${digits}' is no octet`);
      return String.fromCharCode(Number(digits));
    }
    const char = this.text[this.at + 1];
    if (char === undefined || char === '\n' || /\d/.test(char)) throw this.bad("a '\\' escapes nothing");
    this.at += 2;
    return char;
  }

  private run(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  private skip(pattern: RegExp): boolean {
    return this.run(pattern) !== '';
  }

  private bad(problem: string): RegistryError {
    return new RegistryError('BAD_ZONE', `${this.where}, line ${this.line}: ${problem}`);
  }
}
