import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applied,
  nameAt,
  occurrences,
  parse,
  type Renaming,
  readNames,
  rename,
  visibleAt,
} from '../src/index.ts';

/** A source in which `«»` encloses the name that is meant; its place and the text without the marks. */
function marked(text: string) {
  const offset = text.indexOf('«');
  const source = text.replaceAll(/[«»]/g, '');
  const parsed = parse(source, { file: 'a.mld' });
  expect(parsed.diagnostics).toEqual([]);
  return { offset, parsed, source, names: readNames(parsed) };
}

function renamed(text: string, to: string): string {
  const { offset, parsed, source, names } = marked(text);
  const symbol = nameAt(names, offset)?.symbol;
  expect(symbol).toBeDefined();
  const result: Renaming = rename({
    source: parsed.source,
    dialect: parsed.program.dialect,
    names,
    symbol: symbol!,
    to,
  });
  return result.refusal ?? applied(source, result.edits);
}

describe('rename', () => {
  const cases: Record<string, [string, string]> = {
    'a variable, in code and in every kind of template': [
      'var @«who» = "A"\nshow `Hi @who and @who.name`\nshow "@who?`x @who`"\nshow :::{{who}}:::\nrun cmd { echo "@who" }\nshow @who | @upper',
      'var @you = "A"\nshow `Hi @you and @you.name`\nshow "@you?`x @you`"\nshow :::{{you}}:::\nrun cmd { echo "@you" }\nshow @you | @upper',
    ],
    'a parameter, not the variable that it hides': [
      'var @a = 1\nexe @f(«a», b) = [\n  let @c = @a\n  => `@a @b`\n]\nshow @a',
      'var @a = 1\nexe @f(you, b) = [\n  let @c = @you\n  => `@you @b`\n]\nshow @a',
    ],
    'the outer variable, up to where an inner one begins': [
      'var @«a» = 1\nexe @f() = [\n  let @b = @a\n  let @a = @a + 1\n  => @a\n]\nshow @a',
      'var @you = 1\nexe @f() = [\n  let @b = @you\n  let @a = @you + 1\n  => @a\n]\nshow @you',
    ],
    'a let that is changed': [
      'exe @f() = [\n  let @«n» = 1\n  @n += 2\n  let @n = @n * 2\n  => @n\n]',
      'exe @f() = [\n  let @you = 1\n  @you += 2\n  let @you = @you * 2\n  => @you\n]',
    ],
    'the name of a for': [
      'var @x = [1]\nvar @y = for @«x» in @x => `@x`\nshow @x',
      'var @x = [1]\nvar @y = for @you in @x => `@you`\nshow @x',
    ],
    'the name of a loop in a template': [
      'var @xs = [1]\nvar @t = `\n/for @«x» in @xs\n- @x\n/end\n`\n',
      'var @xs = [1]\nvar @t = `\n/for @you in @xs\n- @you\n/end\n`\n',
    ],
    'what goes through a pipeline of code': [
      'var @«v» = "b"\nvar @w = @v | cmd { tr @v c } | @upper | log',
      'var @you = "b"\nvar @w = @you | cmd { tr @you c } | @upper | log',
    ],
    'a function, exported under its old name': [
      'exe @«f»(a) = `x@a`\nexe @g(a) = @f(@a)\nexport { @f, @g }',
      'exe @you(a) = `x@a`\nexe @g(a) = @you(@a)\nexport { @you as @f, @g }',
    ],
    'a function that code sees': [
      'exe @«f»(a) = js { return a }\nexe js = { f }\nshow @f(1)',
      'exe @you(a) = js { return a }\nexe js = { f: you }\nshow @you(1)',
    ],
    'an imported name': [
      'import { @«a», @b as @c } from "./x.mld"\nshow @a(@c)',
      'import { @a as @you, @b as @c } from "./x.mld"\nshow @you(@c)',
    ],
    'the alias of an import': [
      'import { @a, @b as @«c» } from "./x.mld"\nshow @a(@c)',
      'import { @a, @b as @you } from "./x.mld"\nshow @a(@you)',
    ],
    'a namespace': [
      'import "./x.mld" as @«x»\nshow `@x.a() @x`',
      'import "./x.mld" as @you\nshow `@you.a() @you`',
    ],
    'in brackets, arrays, objects, ternaries and when': [
      'var @«v» = 1\nvar @o = { "a": @v, b: [(@v), @v ? @v : 2] }\nvar @w = when [ @v > 1 => @v; * => @o.v ]',
      'var @you = 1\nvar @o = { "a": @you, b: [(@you), @you ? @you : 2] }\nvar @w = when [ @you > 1 => @you; * => @o.v ]',
    ],
  };
  for (const [title, [before, after]] of Object.entries(cases)) {
    test(title, () => expect(renamed(before, 'you')).toBe(after));
  }

  const refused: Record<string, [string, string]> = {
    'code that lists a name': ['var @«a» = 1\nvar @w = js (@a) { return a }', 'you'],
    'code that uses a parameter by name': ['exe @f(«a») = js { return a }', 'you'],
    'code that would see the new name': [
      'exe @f(«a») = [\n  let @b = @a\n  => js { return JSON }\n]',
      'JSON',
    ],
    'a name that would be hidden': ['var @«a» = 1\nexe @f(b) = `@a @b`', 'b'],
    'a name that would hide another': ['var @b = 1\nexe @f(«a») = `@a @b`', 'b'],
    'a name of the same scope': ['var @b = 1\nvar @«a» = 1', 'b'],
    'a word of the language': ['var @«a» = 1', 'show'],
    'no name': ['var @«a» = 1', 'a b'],
    'the key that for makes': ['var @o = {}\nvar @r = for @«v» in @o => `@v_key`', 'you'],
    'a namespace without a name of its own': ['import @alice/strings\nshow @«strings»', 'you'],
    'a directive that is not read in full': [
      'var @«a» = 1\nguard @g before op = when [ @a => allow ]',
      'you',
    ],
  };
  for (const [title, [before, to]] of Object.entries(refused)) {
    test(`refuses ${title}`, () => expect(renamed(before, to)).toMatch(/'/));
  }

  test('of any name of the showcase and back gives the same source', () => {
    const root = path.resolve(import.meta.dirname, '../../../showcase');
    const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.mld(\.md)?$/.test(file),
    );
    let renamings = 0;
    for (const file of files) {
      const text = readFileSync(path.join(root, file), 'utf8');
      const parsed = parse(text, { file });
      const names = readNames(parsed);
      for (const symbol of names.symbols.slice(0, 12)) {
        const options = {
          source: parsed.source,
          dialect: parsed.program.dialect,
          names,
          symbol,
          to: 'zz_other',
        };
        const result = rename(options);
        if (result.refusal !== undefined || symbol.imported !== undefined) continue;
        if (names.uses.some((use) => use.symbol === symbol && use.shorthand !== undefined)) continue;
        renamings++;
        const changed = applied(text, result.edits);
        expect(changed.replaceAll('zz_other', symbol.name)).toBe(text);
      }
    }
    expect(renamings).toBeGreaterThan(50);
  });
});

describe('names', () => {
  test('finds uses in order, with the fields behind them', () => {
    const { names, source } = marked('var @o = {}\nshow `@o.a.b @@o` \nshow @o["x"] + @«gone»');
    expect(names.uses.map(({ name, start, end }) => [name, source.slice(start, end)])).toEqual([
      ['o', 'o'],
      ['o', 'o'],
      ['gone', 'gone'],
    ]);
    expect(names.uses[0]?.fields.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(names.uses[0]?.inTemplate).toBe(true);
    expect(names.uses.at(-1)?.symbol).toBeUndefined();
  });

  test('says what is visible where', () => {
    const { names, offset } = marked(
      'var @a = 1\nexe @f(b) = [\n  let @c = 1\n  show @«c»\n  let @d = 2\n]\nexe @g(e) = @e',
    );
    const visible = visibleAt(names, offset).map(({ name }) => name);
    expect(visible.sort()).toEqual(['a', 'b', 'c', 'f', 'g']);
  });

  test('counts a symbol that is defined twice as one', () => {
    const { names, offset } = marked('var @a = 1\nvar @«a» = @a\nshow @a');
    expect(occurrences(names, nameAt(names, offset)!.symbol!)).toHaveLength(4);
  });

  test('reads any text without failing, and every name stands where it says', () => {
    const words = [
      'var @a = ',
      'exe @f(a) = ',
      '[',
      ']',
      '`@a`',
      '@a',
      '(',
      ')',
      ' => ',
      'for @a in ',
      'let @b = ',
      '\n',
      '{',
      '}',
      '"',
      'when ',
      'import { a as b } from "x"',
      '😀',
      'js { a }',
    ];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...words), { maxLength: 25 }), (parts) => {
        const text = parts.join('');
        const names = readNames(parse(text, { dialect: 'strict' }));
        for (const { name, start, end } of names.uses) expect(text.slice(start, end)).toBe(name);
        for (const { name, declarations } of names.symbols)
          for (const { start, end } of declarations) expect(text.slice(start, end)).toBe(name);
      }),
      { numRuns: 300 },
    );
  });
});
