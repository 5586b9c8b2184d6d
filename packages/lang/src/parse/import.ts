import type { ImportedName, ImportKind, ImportStatement } from '../ast.ts';
import { importTypes } from '../import-types.ts';
import { readObject } from './brackets.ts';
import {
  Ch,
  code,
  expected,
  fail,
  lineEnd,
  type Parser,
  peekWord,
  readName,
  readWord,
  skipBlank,
  skipSpaces,
  take,
  takeWord,
} from './state.ts';

const types: ReadonlySet<string> = new Set(importTypes);

const builtinRefs = new Set(['input', 'stdin', 'payload', 'state', 'env', 'time', 'debug', 'keychain']);
const localPrefixes = new Set(['root', 'base', 'local', 'project']);

interface Draft {
  type: string | undefined;
  ttl: string | undefined;
  names: ImportedName[];
  namespace: string | undefined;
  namespaceParameters: string[] | undefined;
  trust: ImportStatement['trust'];
  /** The names stand in braces. */
  inBraces: boolean;
}

/** `import { @a as @b } from ref`, `import ref as @ns`, with a type before and a time to live and trust behind. */
export function readImport(p: Parser, start: number): ImportStatement {
  const draft: Draft = {
    type: undefined,
    ttl: undefined,
    names: [],
    namespace: undefined,
    namespaceParameters: undefined,
    trust: undefined,
    inBraces: false,
  };
  readType(p, draft);
  const hasNames = readNames(p, draft);
  skipBlank(p);
  if (takeWord(p, 'from')) skipBlank(p);
  else if (hasNames) expected(p, "'from' and the module", 'Write: import { @name } from @author/module');
  const ref = readRef(p);
  markRef(p, ref);
  readTail(p, draft);
  if (!hasNames && draft.namespace === undefined && ref.kind === 'registry')
    draft.namespace = namespaceOf(ref.ref);
  if (draft.type === 'mcp') {
    ref.kind = 'mcp';
    nameServer(draft, ref.ref);
  }
  return {
    kind: 'import',
    ...statementOf(draft),
    ref: ref.ref,
    importKind: ref.kind,
    refStart: ref.start,
    refEnd: ref.end,
    start,
    end: p.pos,
  };
}

function statementOf({ inBraces, ...parts }: Draft): Omit<Draft, 'inBraces'> {
  return parts;
}

/** `import mcp github from ref` names the server, as `as @github` does. */
function nameServer(draft: Draft, ref: string): void {
  const only = draft.names[0];
  if (draft.namespace !== undefined || draft.names.length > 1 || only?.name === '*') return;
  if (only === undefined) draft.namespace = namespaceOf(ref);
  else if (!draft.inBraces) {
    draft.namespace = only.name;
    draft.names = [];
  }
}

/** `import @alice/strings` alone makes `@strings`. */
function namespaceOf(ref: string): string {
  const name = /^@[^/]+\/([^@]+)/.exec(ref)?.[1] ?? 'module';
  return name.replaceAll('-', '_');
}

function readType(p: Parser, draft: Draft): void {
  const word = peekWord(p);
  if (!types.has(word)) return;
  readWord(p);
  draft.type = word;
  draft.ttl = readTtl(p);
  skipBlank(p);
}

function readTtl(p: Parser): string | undefined {
  const match = /^[ \t]*\([ \t]*(\d+(?:ms|s|m|h|d|w)?|live|static)[ \t]*\)/.exec(
    p.text.slice(p.pos, p.pos + 64),
  );
  if (match === null) return undefined;
  p.pos += match[0].length;
  return match[1];
}

function readNames(p: Parser, draft: Draft): boolean {
  if (code(p) === Ch.openBrace) {
    draft.names = readImported(p);
    draft.inBraces = true;
    const all = draft.names.length === 1 ? draft.names[0] : undefined;
    if (all?.name === '*' && all.alias !== undefined) {
      draft.namespace = all.alias;
      draft.names = [];
    }
    return true;
  }
  if (code(p) === Ch.star) return readStar(p, draft);
  const isName = /^@[A-Za-z_][\w-]*\s+from\b/.test(p.text.slice(p.pos, p.pos + 120));
  if (isName) p.pos++;
  const word = peekWord(p);
  if (word === '' || word === 'from' || word === 'node') return word === 'from';
  const start = p.pos;
  readWord(p);
  draft.names = [{ name: word, alias: undefined, start, end: p.pos }];
  return true;
}

function readStar(p: Parser, draft: Draft): boolean {
  const start = p.pos++;
  skipBlank(p);
  if (takeWord(p, 'as')) {
    skipSpaces(p);
    draft.namespace = readName(p, 'a name after as').name;
  } else draft.names = [{ name: '*', alias: undefined, start, end: start + 1 }];
  return true;
}

/** Reads `{ @a, b as @c, * }` with the cursor at `{`. */
export function readImported(p: Parser): ImportedName[] {
  const open = p.pos++;
  const names: ImportedName[] = [];
  for (;;) {
    skipBlank(p);
    if (take(p, '}')) return names;
    if (p.pos >= p.end)
      fail(p, "these names are never closed: expected '}'", { code: 'UNCLOSED', start: open });
    names.push(readImportedName(p));
    skipBlank(p);
    if (!take(p, ',') && code(p) !== Ch.closeBrace) expected(p, "',' or '}' after the name");
  }
}

function readImportedName(p: Parser): ImportedName {
  const start = p.pos;
  const name = take(p, '*') ? '*' : readName(p, 'a name').name;
  const end = p.pos;
  skipBlank(p);
  if (!takeWord(p, 'as')) return { name, alias: undefined, start, end };
  skipBlank(p);
  return { name, alias: readName(p, 'a name after as').name, start, end };
}

/** What stands in quotes is marked as such, and a reference without them as one. */
function markRef(p: Parser, { start, end }: Ref): void {
  if (p.marks === undefined) return;
  const word = /^(?:mcp|node)[ \t]+/.exec(p.text.slice(start, end))?.[0].length ?? 0;
  const quoted = /["'<[]/.test(p.text[start + word] ?? '');
  p.marks.push({ kind: quoted ? 'quoted' : 'ref', start: start + word, end });
}

interface Ref {
  kind: ImportKind;
  readonly ref: string;
  readonly start: number;
  readonly end: number;
}

function readRef(p: Parser): Ref {
  const start = p.pos;
  const char = code(p);
  if (char === Ch.at) return readAtRef(p);
  if (char === Ch.doubleQuote || char === Ch.quote)
    return pathRef(start, readUntil(p, p.text[p.pos]!), p.pos);
  if (char === Ch.less) return pathRef(start, readUntil(p, '>'), p.pos);
  if (char === Ch.openBracket) return pathRef(start, readUntil(p, ']'), p.pos);
  if (takeWord(p, 'mcp')) {
    skipSpaces(p);
    const ref = code(p) === Ch.at ? readAtRef(p).ref : readUntil(p, p.text[p.pos] ?? '');
    return { kind: 'mcp', ref, start, end: p.pos };
  }
  if (takeWord(p, 'node')) {
    skipSpaces(p);
    take(p, '@');
    return { kind: 'node', ref: readToken(p), start, end: p.pos };
  }
  return expected(p, 'a module', 'Modules are written @author/name, "./path.mld" or <https://…>.');
}

function pathRef(start: number, ref: string, end: number): Ref {
  if (/^https?:\/\//.test(ref)) return { kind: 'url', ref, start, end };
  if (/^@[\w-]+\/[\w-]+(?:@[^/]*)?$/.test(ref) && !localPrefixes.has(ref.slice(1, ref.indexOf('/')))) {
    return { kind: 'registry', ref, start, end };
  }
  // Forms of 2025: [mlld://alice/x], [@stdin].
  const old = /^mlld:\/\/([\w-]+\/[\w-]+)$/.exec(ref)?.[1];
  if (old !== undefined) return { kind: 'registry', ref: `@${old}`, start, end };
  if (ref.startsWith('@') && builtinRefs.has(ref.slice(1)))
    return { kind: 'builtin', ref: ref.slice(1), start, end };
  return { kind: 'local', ref, start, end };
}

/** Text between the mark at the cursor and `close`, on one line. */
function readUntil(p: Parser, close: string): string {
  const start = p.pos;
  const stop = lineEnd(p, start);
  const found = close === '' ? -1 : p.text.indexOf(close, start + 1);
  if (found < 0 || found >= stop)
    fail(p, `this is never closed: expected '${close}'`, { code: 'UNCLOSED', start });
  p.pos = found + 1;
  const text = p.text.slice(start + 1, found).trim();
  if (text === '') fail(p, 'the name of the module is empty', { start, end: p.pos });
  return text;
}

function readToken(p: Parser): string {
  const start = p.pos;
  while (p.pos < p.end && !/[\s(;,}\]]/.test(p.text[p.pos]!)) p.pos++;
  if (p.pos === start) expected(p, 'the name of a module');
  return p.text.slice(start, p.pos);
}

function readAtRef(p: Parser): Ref {
  const start = p.pos;
  const ref = readToken(p);
  const end = p.pos;
  const first = ref.slice(1).split(/[/@]/)[0]!;
  if (!ref.includes('/')) {
    if (builtinRefs.has(first)) return { kind: 'builtin', ref: first, start, end };
    return { kind: 'local', ref, start, end };
  }
  return { kind: localPrefixes.has(first) ? 'local' : 'registry', ref, start, end };
}

/** `as @ns(a, b)`, `(7d)`, `<trust verify>`, `trust verify`, `with { … }` in any order. */
function readTail(p: Parser, draft: Draft): void {
  for (;;) {
    const before = p.pos;
    skipSpaces(p);
    if (!readTailPart(p, draft)) {
      p.pos = before;
      return;
    }
  }
}

function readTailPart(p: Parser, draft: Draft): boolean {
  if (takeWord(p, 'as')) {
    skipSpaces(p);
    draft.namespace = readName(p, 'a name after as').name;
    if (code(p) === Ch.open) draft.namespaceParameters = readParameterNames(p);
    return true;
  }
  if (code(p) === Ch.open) {
    const ttl = readTtl(p);
    if (ttl === undefined)
      expected(p, 'a time to live', 'Write (30s), (5m), (1h), (7d), (2w), (live) or (static).');
    draft.ttl = ttl;
    return true;
  }
  if (code(p) === Ch.less || peekWord(p) === 'trust') {
    readTrust(p, draft);
    return true;
  }
  if (takeWord(p, 'with')) {
    skipBlank(p);
    if (code(p) !== Ch.openBrace) expected(p, "'{' after with");
    readObject(p);
    return true;
  }
  return false;
}

function readTrust(p: Parser, draft: Draft): void {
  const angled = take(p, '<');
  if (angled) skipSpaces(p);
  if (!takeWord(p, 'trust')) expected(p, 'trust', 'Write <trust always>, <trust verify> or <trust never>.');
  skipSpaces(p);
  draft.trust = readTrustLevel(p);
  if (angled) {
    skipSpaces(p);
    if (!take(p, '>')) expected(p, "'>'");
  }
}

function readTrustLevel(p: Parser): NonNullable<ImportStatement['trust']> {
  const level = peekWord(p);
  if (level !== 'always' && level !== 'verify' && level !== 'never') {
    return expected(p, 'always, verify or never after trust');
  }
  readWord(p);
  return level;
}

function readParameterNames(p: Parser): string[] {
  const names: string[] = [];
  p.pos++;
  for (;;) {
    skipBlank(p);
    if (take(p, ')')) return names;
    names.push(readName(p, "a parameter's name or ')'").name);
    skipBlank(p);
    if (!take(p, ',') && code(p) !== Ch.close) expected(p, "',' or ')'");
  }
}
