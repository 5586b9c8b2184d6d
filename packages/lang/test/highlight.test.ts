import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ansiThemes, highlightAnsi, highlightHtml, tokens } from '../src/index.ts';

function kinds(text: string, file = 'a.mld'): string[] {
  return tokens(text, { file })
    .filter(({ kind }) => kind !== 'text' && kind !== 'operator')
    .map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);
}

it('gives the whole text, whatever it is', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '@a',
      '`',
      '"',
      "'",
      '\\',
      '{',
      '}',
      '[',
      '/*',
      '\n',
      '\n```mlld-run\n',
      'js {',
      'show ',
      '---\n',
      '>>',
      '<a.md>',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 14 }).map((parts) => parts.join(''));
  const file = fc.constantFrom('a.mld', 'a.mld.md');
  const language = fc.constantFrom('mlld', 'js', 'sh', 'py', 'other');
  fc.assert(
    fc.property(text, file, language, (source, name, spoken) => {
      const found = tokens(source, { file: name, language: spoken });
      expect(found.map(({ start, end }) => source.slice(start, end)).join('')).toBe(source);
      expect(
        found.every(({ start, end }, index) => start === (found[index - 1]?.end ?? 0) && end > start),
      ).toBe(true);
    }),
    { numRuns: 60 },
  );
});

it.each(["\\'", '"\\', '/*', '`', '"""', '<<A\n', "'", '{', '@a '])('reads many of %j', (part) => {
  const text = part.repeat(100_000 / part.length);
  for (const language of ['mlld', 'js', 'py', 'sh'])
    expect(tokens(text, { language }).at(-1)?.end).toBe(text.length);
});

it('knows the words of the language by where they stand', () => {
  expect(kinds('exe llm @f(first: string, in) = when first [ none => @in.from ]')).toEqual([
    'keyword exe',
    'type llm',
    'function @f',
    'property first',
    'type string',
    'name in',
    'keyword when',
    'keyword first',
    'keyword none',
    'name @in',
    'property from',
  ]);
  expect(kinds('var @x = { for: 1, js: [], "to": true } >> done')).toEqual([
    'keyword var',
    'name @x',
    'property for',
    'number 1',
    'property js',
    'string "to"',
    'constant true',
    'comment >> done',
  ]);
  expect(kinds('show ::a @b.c(1) `x`::')).toEqual([
    'keyword show',
    'string ::a ',
    'name @b',
    'function c',
    'number 1',
    'string  `x`::',
  ]);
});

it('reads Markdown: prose, headings, code that runs and code that is shown', () => {
  const text =
    '---\nname: x\n---\n# Title\nshow nothing\n```mlld\nshow "doc"\n```\n```mlld-run\nshow "run" >> note\n```\n/show @x\n';
  expect(kinds(text, 'a.mld.md')).toEqual([
    'fence ---\n',
    'property name',
    'fence ---\n',
    'heading # Title\n',
    'fence ```mlld\n',
    'keyword show',
    'string "doc"',
    'fence ```\n',
    'fence ```mlld-run\n',
    'keyword show',
    'string "run"',
    'comment >> note',
    'fence ```\n',
    'keyword /show',
    'name @x',
  ]);
});

it('prints HTML and colours of terminals, and steers nothing', () => {
  expect(highlightHtml('show "<b>"')).toBe(
    '<span class="t-keyword">show</span> <span class="t-string">&quot;&lt;b&gt;&quot;</span>',
  );
  expect(highlightAnsi('show "a\u001b[31m"', { theme: ansiThemes.mono })).toBe(
    '\u001b[1mshow\u001b[0m \u001b[3m"a\u241b[31m"\u001b[0m',
  );
});
