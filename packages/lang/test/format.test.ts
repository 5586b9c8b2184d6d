import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { print, says } from '../src/format/format.ts';
import { format } from '../src/index.ts';
import { parse } from '../src/parse/document.ts';
import type { Mark } from '../src/parse/state.ts';

/** Lays a source out without the last look that `format` takes, so that a layout that says something else is seen. */
function laidOut(text: string, file: string): string {
  const marks: Mark[] = [];
  const { program } = parse(text, { file, marks });
  return print(text, program, marks);
}

/** The same tree, the same comments, and nothing more to do. */
function expectGood(text: string, file: string): void {
  const before = parse(text, { file });
  const printed = laidOut(text, file);
  const after = parse(printed, { file, dialect: before.program.dialect });
  expect(after.diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  expect(says(before, after)).toBe(true);
  expect(laidOut(printed, file)).toBe(printed);
  expect(format(text, { file })).toBe(printed);
}

// ---- generated programs

/** `·` is a place for spaces, `_` for at least one, `¶` within brackets for a line end or a comment, too. */
const spaces = fc.constantFrom('', ' ', '   ');
const gaps = fc.array(fc.tuple(spaces, fc.constantFrom('', '\n', '\n\n\n', '\r\n', ' >> note\n  ')), {
  minLength: 40,
  maxLength: 40,
});

function filled(shape: string, values: readonly (readonly [string, string])[]): string {
  let next = 0;
  return shape.replace(/[·_¶]/g, (place) => {
    const [space, line] = values[next++ % values.length]!;
    if (place === '·') return space;
    return place === '_' ? ` ${space}` : space + line;
  });
}

const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(
      '@a',
      '@b.c',
      '@a[0]',
      '@list[1:3]',
      '12',
      '-3',
      'true',
      'null',
      '"x @a  y"',
      "'it  is'",
      '`t  @a\n  {{x}}`',
      '::c  `d`::',
      '<a  b.md  # S>',
      '/a  b/g',
      'js {\n return  1\n}',
      'cmd {echo  @a | sort}',
      '@x?',
    ),
    fc
      .tuple(
        tie('expression'),
        fc.constantFrom('·+·', '_-_', '·*·', '·==·', '·&&·', '·??·', '·>=·', '_<_', '·|·@'),
        tie('expression'),
      )
      .map(([a, operator, b]) =>
        operator.endsWith('@') ? `(·${a}·)·|·@f(·${b}·)` : `(·${a}·)${operator}(·${b}·)`,
      ),
    fc
      .array(tie('expression'), { maxLength: 3 })
      .map((items) => `[¶${items.map((item) => `(${item})`).join('·,¶')}¶]`),
    fc
      .array(tie('expression'), { maxLength: 3 })
      .map(
        (items) =>
          `{¶${items.map((item, index) => `${index === 1 ? '"k y"' : `key${index}`}:·${item}`).join('·,¶')}¶}`,
      ),
    fc.array(tie('expression'), { maxLength: 2 }).map((items) => `@f(¶${items.join('·,¶')}¶)`),
    tie('expression').map((value) => `(·@a·?·(${value})·:·2·)`),
    tie('expression').map((value) => `when_[¶@a_=>·${value}¶;¶*·=>·1¶]`),
    tie('expression').map((value) => `for_@i_in_[1,·2]·=>·${value}`),
  ),
}));

const statement = fc.oneof(
  expression.map((value) => `var_@v·=·${value}`),
  expression.map((value) => `exe_net:r_@f(·a:·string·,·b·=·1·)·=·${value}`),
  expression.map(
    (value) => `exe_@g(a)·=·[¶let_@n·=·${value}¶;¶@n·+=·1¶;¶if_@n·>·2_[·show_@n·]_else_[·show_1·]¶;¶=>·@n¶]`,
  ),
  expression.map((value) => `show_${value}`),
  fc.constantFrom(
    'needs·{·sh·,·node:·[·pg·]·}',
    'import_{·@a·,·b_as_c·}_from_@alice/x@^1_(5m)',
    'export·{·@f·,·@g_as_h·}',
    'exe_js·=·{·f·,·g·}',
    'import_mcp_x_from_@a/b',
    '/show_@a',
    '@show_@a',
    'log_@a·,·@b',
    'output_@a_to_"f.txt"_as_json',
    '>> a  comment',
  ),
);

it('lays out generated programs: the same tree, once and for all', () => {
  const programs = fc.tuple(
    fc.array(statement, { minLength: 1, maxLength: 5 }),
    gaps,
    fc.constantFrom('\n', '\n\n\n', '\n   '),
  );
  let read = 0;
  fc.assert(
    fc.property(programs, ([statements, values, between]) => {
      const text = statements.map((shape) => filled(shape, values)).join(between);
      fc.pre(parse(text, { file: 'a.mld', dialect: 'strict' }).diagnostics.length === 0);
      fc.pre(parse(text, { file: 'a.mld' }).program.dialect === 'strict');
      read++;
      expectGood(text, 'a.mld');
    }),
    { numRuns: 150, maxSkipsPerRun: 200 },
  );
  expect(read).toBeGreaterThan(100);
});

const root = path.join(import.meta.dirname, '../../..');

/** Files of templates are filled in first: they are no sources yet. */
function sourcesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => path.join(folder, String(name)))
    .filter((name) => /\.mld(?:\.md)?$/.test(name) && !/[\\/]templates[\\/]/.test(name));
}

it.each([
  ['the showcase', path.join(root, 'showcase')],
  ['the examples', path.join(root, 'examples')],
  ['the programs of tests', path.join(root, 'packages/lang/testdata/run')],
])('lays out %s: the same tree, once and for all', (_, folder) => {
  const files = sourcesIn(folder);
  expect(files.length).toBeGreaterThan(0);
  for (const file of files) expectGood(readFileSync(file, 'utf8'), file);
});

const real = sourcesIn(process.env.MLLD_REAL_MODULES ?? '/nowhere');

// Skipped without a folder of published modules: they belong to their authors, and a clone has none.
it.skipIf(real.length === 0)('lays out published modules (MLLD_REAL_MODULES)', () => {
  for (const file of real) {
    const text = readFileSync(file, 'utf8');
    if (parse(text, { file }).diagnostics.every(({ severity }) => severity !== 'error'))
      expectGood(text, file);
  }
});

// What it should look like: each file is a case, what it becomes stands beside it.
const cases = path.join(root, 'packages/lang/testdata/format');

it.each(readdirSync(cases).filter((name) => /\.mld(?:\.md)?$/.test(name)))(
  'makes of %s what stands beside it',
  (name) => {
    const file = path.join(cases, name);
    const printed = format(readFileSync(file, 'utf8'), { file });
    if (process.env.MLLD_UPDATE !== undefined) writeFileSync(`${file}.out`, printed);
    expect(printed).toBe(readFileSync(`${file}.out`, 'utf8'));
  },
);

it('keeps the line ends of the file, and those within texts', () => {
  expect(format('var @a=1\r\n\r\n\r\n\r\nshow `x\r\n  y`')).toBe('var @a = 1\r\n\r\nshow `x\r\n  y`\r\n');
});

it('leaves a source of 2025 as it is', () => {
  const text = '@text who = "World"\n@add   [[Hi {{who}}!]]\n';
  expect(format(text)).toBe(text);
});

it('refuses a source with mistakes, and names the place', () => {
  expect(() => format('show 1\nvar @a = [1', { file: 'a.mld' })).toThrowError(
    expect.objectContaining({ code: 'SYNTAX', position: expect.objectContaining({ line: 2 }) }),
  );
});
