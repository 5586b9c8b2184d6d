/**
 * Markdown of strangers as HTML: no raw HTML, links to an allow-list of schemes, no image from anywhere (a page asks nobody
 * else for anything), headings below the page's own.
 */
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { escapeText, safeUrl, slugOf, unescapeText } from './format.ts';
import { highlight } from './highlight.ts';

export interface MarkdownOptions {
  /** Added to the level of each heading; default 1. */
  readonly shift?: number;
  /** Ids of headings begin with it; without it they have none. */
  readonly idPrefix?: string;
  /** The page that a relative link means; undefined leaves the text alone. */
  readonly resolve?: (relative: string) => string | undefined;
}

/** Characters of one text that are rendered; what is longer is cut, and says so. */
export const markdownChars = 128 * 1024;

/** Renders to HTML that is safe to put into a page. Never throws, in time linear in the text. */
export function markdown(text: string, options: MarkdownOptions = {}): string {
  const whole = text.length <= markdownChars;
  const source = whole ? text : `${text.slice(0, markdownChars)}\n\n…`;
  const html = micromark(limitMarks(limitNesting(source)), {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
  });
  return tidy(html, options);
}

/** Marks of one paragraph that may open or close something: pairing them costs the parser the square of their number. */
const marksOfOneBlock = 500;
/** No line of a block is a fence, so that none closes this one. */
const longFence = '~~~';

/** Shows a paragraph that has too many of them as it was written. */
function limitMarks(text: string): string {
  let fence: string | undefined;
  let block: string[] = [];
  const out: string[] = [];
  const flush = () => {
    const marks = block.reduce((sum, line) => sum + (line.match(/[*_~[\]<&@]+|www\./g)?.length ?? 0), 0);
    if (marks > marksOfOneBlock) out.push(longFence, ...block, longFence);
    else out.push(...block);
    block = [];
  };
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined || mark !== undefined || line.trim() === '') {
      flush();
      out.push(line);
      if (fence === undefined) fence = mark;
      else if (line.trim().startsWith(fence)) fence = undefined;
    } else block.push(line);
  }
  flush();
  return out.join('\n');
}

/** Deep quotes and lists cost the parser a square of their depth; nobody reads beyond this. */
function limitNesting(text: string): string {
  return text
    .replace(/^([ \t]*(?:>[ \t]?){12})(?:[ \t]*>)+/gm, '$1')
    .replace(/^((?:[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]+){12})(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)+/gm, '$1')
    .replace(/(\[){33,}/g, '['.repeat(32));
}

/** The HTML comes from micromark: its tags are well-formed, its attributes quoted with `"`. */
function tidy(html: string, options: MarkdownOptions): string {
  const used = new Set<string>();
  return html
    .replace(
      /<h2 id="footnote-label" class="sr-only">[^<]*<\/h2>/g,
      '<p id="footnote-label" class="quiet">Footnotes</p>',
    )
    .replace(/<pre><code(?: class="language-([^"]*)")?>([\s\S]*?)<\/code><\/pre>/g, (_, language, code) =>
      block(language, code),
    )
    .replace(/<img src="([^"]*)" alt="([^"]*)"(?: title="[^"]*")?\s*\/?>/g, (_, src, alt) => image(src, alt))
    .replace(/<a href="([^"]*)"([^>]*)>/g, (_, href, rest) => anchor(href, rest, options))
    .replace(/<input type="checkbox"[^>]*?( checked="")?[^>]*>/g, (all) =>
      all.includes('checked') ? '☑' : '☐',
    )
    .replace(/<table>/g, '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table>')
    .replace(/<\/table>/g, '</table></div>')
    .replace(/<h([1-6])>([\s\S]*?)<\/h\1>/g, (_, level, inner) =>
      heading(Number(level), inner, { options, used }),
    );
}

function block(language: string | undefined, code: string): string {
  const plain = unescapeText(code);
  const coloured = /^(?:mlld|js|javascript|ts|typescript|json|sh|bash)/.test(language ?? '')
    ? highlight(plain, language)
    : code;
  return `<pre tabindex="0"><code>${coloured}</code></pre>`;
}

function image(src: string, alt: string): string {
  const url = safeUrl(unescapeText(src));
  const label = alt === '' ? 'image' : alt;
  return url === undefined
    ? `<span class="quiet">${label}</span>`
    : `<a href="${escapeText(url)}">${label}</a>`;
}

function anchor(href: string, rest: string, { resolve }: MarkdownOptions): string {
  const text = unescapeText(href);
  // Footnotes link within the text, and have the prefix of micromark in front of their ids.
  if (text.startsWith('#user-content-')) return `<a href="${escapeText(text)}"${rest}>`;
  const url = safeUrl(text);
  if (url !== undefined) return `<a href="${escapeText(url)}" rel="nofollow ugc noopener">`;
  const page = /^(?:[a-z][a-z0-9+.-]*:|\/\/|#)/i.test(text) ? undefined : resolve?.(text);
  return page === undefined ? '<a>' : `<a href="${escapeText(page)}">`;
}

function heading(
  level: number,
  inner: string,
  { options, used }: { options: MarkdownOptions; used: Set<string> },
): string {
  const { shift = 1, idPrefix } = options;
  const at = Math.min(6, level + shift);
  const slug = slugOf(unescapeText(inner.replace(/<[^>]*>/g, '')));
  const id = idPrefix === undefined || slug === '' ? undefined : `${idPrefix}${slug}`;
  if (id === undefined || used.has(id)) return `<h${at}>${inner}</h${at}>`;
  used.add(id);
  return `<h${at} id="${id}">${inner}</h${at}>`;
}
