import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { analyse, MlldError, parse, run } from '../src/index.ts';
import { memoryHost } from './memory-host.ts';

const root = path.join(import.meta.dirname, '../testdata');
const sources = ['run', 'errors'].flatMap((folder) =>
  readdirSync(path.join(root, folder))
    .filter((name) => /\.mld(?:\.md)?$/.test(name))
    .map((name) => readFileSync(path.join(root, folder, name), 'utf8')),
);
const pieces = [
  '`',
  '"',
  "'",
  '::',
  ':::',
  '[[',
  ']]',
  '{{',
  '}}',
  '[',
  ']',
  '{',
  '}',
  '(',
  ')',
  '<',
  '>',
  '@',
  '/',
  '\\',
  '\n',
  '\r\n',
  '|',
  '||',
  '=>',
  '=',
  '+=',
  '?',
  '??',
  ':',
  '*',
  '#',
  '>>',
  '<<',
  '```',
  '```mlld-run\n',
  '---\n',
  'js {',
  'cmd {',
  'sh {',
  '@text x = ',
  '@run [(',
  ')]',
  'when ',
  'for @x in ',
  'exe @f(',
  'import { ',
  '/for @x in @y\n',
  '/end',
  '\u0000',
  '\ufeff',
  '😀',
  '__proto__',
];

/** A fixture with pieces put in, cut out or doubled at random places. */
const mutated = fc
  .tuple(
    fc.constantFrom(...sources),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...pieces), fc.nat(20), fc.boolean()), { maxLength: 6 }),
  )
  .map(([source, edits]) =>
    edits.reduce((text, [at, piece, length, double]) => {
      const place = text.length === 0 ? 0 : at % text.length;
      const rest = double ? text.slice(place) : text.slice(place + length);
      return text.slice(0, place) + piece + rest;
    }, source),
  );
const anything = fc.oneof(
  mutated,
  fc.array(fc.constantFrom(...pieces, 'a', ' ', '1'), { maxLength: 40 }).map((parts) => parts.join('')),
  fc.string(),
);

it('parses and analyses anything without throwing, with places within the source', async () => {
  await fc.assert(
    fc.asyncProperty(anything, fc.constantFrom('a.mld', 'a.mld.md'), async (text, file) => {
      const { program, diagnostics } = parse(text, { file });
      for (const { start, end } of program.body) {
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBeLessThanOrEqual(text.length);
      }
      for (const { place, message } of diagnostics) {
        expect(place.offset).toBeLessThanOrEqual(text.length);
        expect(message).not.toBe('');
      }
      await analyse(text, { file });
    }),
    { numRuns: 3000 },
  );
});

it('runs anything without throwing other than its own errors', async () => {
  const limits = {
    steps: 20_000,
    programTime: 2000,
    jsTime: 200,
    callDepth: 50,
    loopTurns: 50,
    stringLength: 100_000,
  };
  await fc.assert(
    fc.asyncProperty(mutated, async (text) => {
      const host = memoryHost({}, false, {
        limits,
        spawn: async () => ({ exitCode: 0, stdout: 'x', stderr: '', stopped: undefined }),
        readFile: async () => null,
        glob: async () => [],
        writeFile: async () => {},
      });
      try {
        await run(text, { file: 'a.mld', host });
      } catch (error) {
        if (!(error instanceof MlldError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});

it.each([
  ['lone quotes', 'show "'],
  ['lone templates', 'show `'],
  ['open code', 'exe @a() = js {'],
  ['open comments in code', 'exe @a() = js { /* }\n'],
  ['heredocs', 'exe @a() = sh { cat <<A }\n'],
  ['open objects', 'var @x = {\n'],
  ['calls in a text', 'show `@a(`\n'],
  ['one long line', 'show <a/b> '],
  ['open fences', '```\n'],
  ['angles in a template', '<a.b '],
  ['regular expressions', 'show @x.match(/[/'],
  ['comments', '>> x\n'],
  ['headings', '# `a(b)`\ntext\n'],
])('reads a megabyte of %s in one pass', async (_, piece) => {
  // No time is measured: a reader that takes the square of the length would run into the timeout of the test.
  const text = piece.repeat(Math.ceil(1_000_000 / piece.length));
  await analyse(text, { file: 'a.mld' });
  await analyse(text, { file: 'a.mld.md' });
  await analyse(`var @t = \`${text}\``, { file: 'a.mld' });
});
