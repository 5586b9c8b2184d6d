import { describe, expect, it } from 'vitest';
import type { Statement } from '../src/ast.ts';
import { analyse, limits, parse } from '../src/index.ts';

function kinds(text: string, file = 'a.mld'): string[] {
  return parse(text, { file }).program.body.map(({ kind }) => kind);
}

/** The tree without its places, so that two ways to write the same can be compared. */
function shape(body: readonly Statement[]): unknown {
  return JSON.parse(
    JSON.stringify(body, (key, value) =>
      /^(?:start|end|raw|nameStart|refStart|refEnd|bare)$/.test(key) ? undefined : value,
    ),
  );
}

describe('dialects (docs/spec/language.md §1)', () => {
  it.each([
    ['import { format } from @alice/strings', '@import { format } from @alice/strings'],
    ['var @x = 1', '@var x = 1'],
    ['show @x', '@show x'],
    ['exe @f(a) = `@a`', '@exe f(a) = `@a`'],
    ['export { @f }', '@export { f }'],
    ['when @x => show "y"', '@when @x => show "y"'],
    ['for @a in @b => show @a', '@for @a in @b => show @a'],
  ])('reads %s the same in three forms', (bare, at) => {
    const expected = shape(parse(bare).program.body);
    expect(parse(bare).diagnostics).toEqual([]);
    expect(shape(parse(at).program.body)).toEqual(expected);
    const slashed = parse(`/${bare}`, { dialect: 'strict' });
    expect(shape(slashed.program.body)).toEqual(expected);
    const markdown = parse(`/${bare}\n`, { file: 'a.mld.md' });
    expect(shape(markdown.program.body)).toEqual(expected);
  });

  it('keeps values that are called as directives are', () => {
    expect(kinds('@show | @f\n@run = 1\n@log(1)')).toEqual(['expression', 'assign', 'expression']);
  });

  it('takes a .mld file with slashes only as Markdown', () => {
    expect(parse('# Title\n/show 1\n').program.dialect).toBe('markdown');
    expect(parse('# Title\n/show 1\nshow 2\n').program.dialect).toBe('strict');
  });

  it('runs only mlld-run fences and directive lines of Markdown', () => {
    const text =
      '# T\n```mlld\n/import { x } from @a/b\n```\n```mlld-run\nvar @x = 1\n```\n~~~js\n/show 1\n~~~\n/show @x\n';
    expect(kinds(text, 'a.md')).toEqual(['text', 'var', 'text', 'show']);
    expect(parse(text, { file: 'a.md' }).program.fences.map(({ info }) => info)).toEqual(['mlld', 'js']);
  });

  it('goes on after a mistake at the next directive', () => {
    const { program, diagnostics } = parse('var @a = [1, 2\nvar @b = 2\nexe @f( = 1\nexport { @b }\n');
    expect(diagnostics.map(({ place }) => place.line)).toEqual([2, 3]);
    expect(program.body.map(({ kind }) => kind)).toEqual(['var', 'export']);
  });

  it('passes over a heading in a strict source with a warning', () => {
    const { diagnostics } = parse('# Heading\nshow 1\n', { dialect: 'strict' });
    expect(diagnostics).toMatchObject([{ code: 'PROSE_IN_STRICT', severity: 'warning' }]);
  });
});

describe('code blocks (docs/spec/language.md §6)', () => {
  it.each([
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code of a template literal.
    ['js', 'return "}" + \'{\' + `${ {a: `}`}.a }`; // }\n /* } */ const r = /[}"]/.test(x) ? 1 / 2 : 3;'],
    ['js', 'return a / b / c; }'.slice(0, -2)],
    ['sh', 'case "$x" in *"}"*) echo "it\'s";; esac # }\ncat <<EOF\ndon\'t } close\nEOF\n'],
    ['py', 'x = "}" # }\ny = """\n}\n"""\nprint({"a": 1})'],
    ['cmd', 'echo "}" \'{\' \\} {a}'],
    ['cmd', "echo don't"],
  ])('finds the end of %s', (language, code) => {
    const { program, diagnostics } = parse(`exe @f(x) = ${language} {${code}\n}\nshow 1\n`);
    expect(diagnostics).toEqual([]);
    expect(program.body.map(({ kind }) => kind)).toEqual(['exe', 'show']);
  });
});

describe('limits (docs/spec/language.md §1.8)', () => {
  it.each(['(', '[', '{ a: ', '!', '@f(', 'when @x => ', 'for @x in ', '1 ? ', '@x[', '`@f(`', '- '])(
    'refuses deep nesting of %s without a stack overflow',
    (piece) => {
      const { diagnostics } = parse(`show ${piece.repeat(100_000)}`);
      expect(diagnostics.length).toBeGreaterThan(0);
    },
  );

  it('refuses an expression of too many operators', () => {
    expect(parse(`show 1${' + 1'.repeat(limits.operators)}`).diagnostics).toEqual([]);
    expect(parse(`show 1${' + 1'.repeat(limits.operators + 1)}`).diagnostics).toMatchObject([
      { code: 'SYNTAX' },
    ]);
  });

  it('stops after so many mistakes', () => {
    const { diagnostics } = parse('var @a\n'.repeat(500));
    expect(diagnostics.length).toBe(limits.diagnostics + 1);
    expect(diagnostics.at(-1)?.code).toBe('TOO_MANY_ERRORS');
  });

  it('refuses too long a source', () => {
    expect(parse('x'.repeat(limits.sourceLength + 1)).diagnostics).toMatchObject([
      { code: 'SOURCE_TOO_LONG' },
    ]);
  });
});

describe('needs', () => {
  it.each([
    ['needs { sh }', [{ name: 'sh', list: [] }]],
    ['needs {}', []],
    [
      'needs {\n  js: []\n  node: [pg, "x@^1"]\n}',
      [
        { name: 'js', list: [] },
        { name: 'node', list: ['pg', 'x@^1'] },
      ],
    ],
    [
      '/needs { network, cmd: [git] }',
      [
        { name: 'network', list: [] },
        { name: 'cmd', list: ['git'] },
      ],
    ],
  ])('reads %s', async (text, needs) => {
    expect((await analyse(text, { dialect: 'strict' })).needs).toEqual(needs);
  });
});
