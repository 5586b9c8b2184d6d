import type { OutputTarget } from '../ast.ts';
import type { Expression } from '../ast-expressions.ts';
import { readFile } from './file.ts';
import { readPostfix } from './primary.ts';
import { Ch, code, expected, type Parser, readWord, skipSpaces, takeWord } from './state.ts';

/** Reads what follows `to`: `stdout`, `stderr`, a path; then optionally `as json`. */
export function readTarget(p: Parser): { target: OutputTarget; format: string | undefined } {
  const target = readPlace(p);
  const before = p.pos;
  skipSpaces(p);
  if (!takeWord(p, 'as')) {
    p.pos = before;
    return { target, format: undefined };
  }
  skipSpaces(p);
  return { target, format: readWord(p) ?? expected(p, 'a format such as json') };
}

function readPlace(p: Parser): OutputTarget {
  if (takeWord(p, 'stdout')) return { kind: 'stdout' };
  if (takeWord(p, 'stderr')) return { kind: 'stderr' };
  const char = code(p);
  if (char === Ch.less) {
    const file = readFile(p);
    const path: Expression = file.kind === 'file' ? file.path : file;
    return { kind: 'file', path };
  }
  if (char === Ch.doubleQuote || char === Ch.quote || char === Ch.backtick || char === Ch.at) {
    return { kind: 'file', path: readPostfix(p) };
  }
  return expected(p, 'where the output goes', 'Write to "path", to stdout or to stderr.');
}
