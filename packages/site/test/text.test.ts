/** Markdown, code and lists of changes as HTML: bounded in time, nothing of it runs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { diffLines } from '../src/model/diff.ts';
import { canonicalTags, parseTagCatalog } from '../src/model/tags.ts';
import { bytes, day, escapeText, safeUrl, slugOf } from '../src/text/format.ts';
import { highlight, highlightLines } from '../src/text/highlight.ts';
import { markdown } from '../src/text/markdown.ts';

/** Tags that Markdown may become, with the attributes that each may have. */
const allowed =
  /^<\/?(?:p|h[2-6]|a|em|strong|del|code|pre|span|ul|ol|li|blockquote|hr|br|table|thead|tbody|tr|th|td|div|section|sup)(?:\s(?:id|class|href|rel|tabindex|role|aria-label|aria-describedby|align|start|data-footnotes|data-footnote-ref|data-footnote-backref)(?:="[^"<>]*")?)*\s?\/?>$/;

function expectSafe(html: string): void {
  for (const [tag] of html.matchAll(/<[^>]*>?/g)) expect(tag).toMatch(allowed);
  for (const [, href] of html.matchAll(/href="([^"]*)"/g))
    expect(href).toMatch(/^(?:https?:|mailto:|#user-content-|page\/)/);
}

test('whatever the Markdown, only harmless tags and links come out', () => {
  const pieces = fc.constantFrom(
    '<script>x()</script>',
    '<img src=x onerror=x()>',
    '[a](javascript:x())',
    '![a](https://b.c/d.png "t")',
    '# ',
    '\n',
    '\n\n',
    '```mlld\n',
    '~~~',
    '> ',
    '- [x] ',
    '|a|b|\n|-|-|\n',
    '[^1]',
    '[^1]: ',
    '`',
    '**',
    '_',
    '~~',
    '<a href="javascript:x()">',
    '&lt;',
    '"',
    "'",
    '\\',
    'https://a.b/<',
    'www.a.b',
    'a@b.c',
    '[r]: data:x',
    '[r]',
    '\u0000',
    '\u202e',
    '<!--',
    ']]>',
    '  ',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 40 }), (parts) => {
      expectSafe(markdown(parts.join(''), { idPrefix: 'd-', resolve: () => 'page/' }));
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['stars', 'a**b'.repeat(30_000)],
  ['brackets', 'a]('.repeat(20_000)],
  ['quoted brackets', `> ${'a]('.repeat(480)}\n`.repeat(80)],
  ['quotes', '> '.repeat(20_000)],
  ['lists', '- '.repeat(20_000)],
  ['footnotes', '[^a]'.repeat(20_000)],
  ['entities', 'a&#93;('.repeat(15_000)],
])(
  '%s without end are answered, and nothing is lost',
  (_, text) => {
    const html = markdown(text);
    expectSafe(html);
    expect(html).not.toBe('');
  },
  10_000,
);

test('a picture becomes a link, and a relative link leads where the caller says', () => {
  expect(markdown('![A tea](https://example.org/tea.png)')).toBe(
    '<p><a href="https://example.org/tea.png" rel="nofollow ugc noopener">A tea</a></p>',
  );
  expect(
    markdown('[file](lib.mld) [gone](x.md)', {
      resolve: (path) => (path === 'lib.mld' ? 'page/' : undefined),
    }),
  ).toBe('<p><a href="page/">file</a> <a>gone</a></p>');
});

test('coloured code is the text again, whatever it is', () => {
  const plain = (html: string): string => html.replace(/<\/?span[^>]*>/g, '');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.boolean(), (text, markdown) => {
      expect(plain(highlight(text))).toBe(escapeText(text));
      const wanted = escapeText(text.replace(/\r\n|\r/g, '\n'));
      const lines = plain(highlightLines(text, { markdown }).join('\n'));
      expect([wanted, wanted.replace(/\n$/, '')]).toContain(lines);
    }),
    { numRuns: 40 },
  );
});

test('mlld has its colours, and code of other languages', () => {
  const spans = highlight('import { @slug } from @alice/strings >> for links\nshow "a" 12').match(/t-[^<]*/g);
  expect(spans).toEqual([
    't-keyword">import',
    't-name">@slug',
    't-keyword">from',
    't-module">@alice/strings',
    't-comment">&gt;&gt; for links',
    't-keyword">show',
    't-string">&quot;a&quot;',
    't-number">12',
  ]);
  expect(highlight('const a = "x"', 'js')).toBe(
    '<span class="t-keyword">const</span> a = <span class="t-string">&quot;x&quot;</span>',
  );
});

test('a difference leads from one text to the other, and is the shortest', () => {
  const lines = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 });
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const all = diffLines([...before], [...after]) ?? [];
      const kept = all.filter(({ kind }) => kind !== 'skip');
      const removed = kept.filter(({ kind }) => kind === 'removed').length;
      const added = kept.filter(({ kind }) => kind === 'added').length;
      expect(removed - added).toBe(before.length - after.length);
      expect(removed + added).toBe(before.length + after.length - 2 * longestCommon(before, after));
    }),
  );
});

function longestCommon(a: readonly string[], b: readonly string[]): number {
  const rows = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  for (const [i, x] of a.entries())
    for (const [j, y] of b.entries())
      rows[i + 1]![j + 1] = x === y ? rows[i]![j]! + 1 : Math.max(rows[i]![j + 1]!, rows[i + 1]![j]!);
  return rows[a.length]![b.length]!;
}

test('keywords become tags in one spelling; the file of aliases is strict', () => {
  const catalog = parseTagCatalog(
    '{"v":1,"aliases":{"txt":"text"},"categories":[{"slug":"words","title":"Words","tags":["text"]}]}',
  );
  expect(canonicalTags(['TXT', 'Text', 'Data Format', '!!', 'Crème'], catalog)).toEqual([
    'creme',
    'data-format',
    'text',
  ]);
  for (const bad of [
    '{"v":2}',
    '{"v":1,"x":1}',
    '{"v":1,"aliases":{"a":"<b>"}}',
    '{"v":1,"categories":[{"slug":"../x","title":"","tags":[]}]}',
  ])
    expect(() => parseTagCatalog(bad)).toThrow(expect.objectContaining({ code: 'BAD_SHAPE' }));
});

test('numbers, days and URLs', () => {
  expect([bytes(999), bytes(1500), bytes(15_000_000)]).toEqual(['999 B', '1.5 KB', '15 MB']);
  expect([day('2026-03-01T23:59:00Z'), day('never')]).toEqual(['1 Mar 2026', 'never']);
  expect([safeUrl('https://a.b/c'), safeUrl('javascript:x()'), safeUrl('no'), safeUrl(undefined)]).toEqual([
    'https://a.b/c',
    undefined,
    undefined,
    undefined,
  ]);
  expect([slugOf(' Crème  Brûlée! '), slugOf('日本'), slugOf('../..')]).toEqual(['creme-brulee', '', '']);
});
