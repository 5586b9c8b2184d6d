/** Numbers, times and URLs for readers. No clock: a page says dates, and the browser adds how long ago that is. */
import { escapeHtml } from '@mlld/lang';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `22 Nov 2026`, in UTC. */
export function day(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime())
    ? at
    : `${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

/** `12.3 KB`, in units of 1000. */
export function bytes(count: number): string {
  if (count < 1000) return `${count} B`;
  const [value, unit] =
    count < 1e6 ? [count / 1e3, 'KB'] : count < 1e9 ? [count / 1e6, 'MB'] : [count / 1e9, 'GB'];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** Groups of three digits, with a thin space. */
export function number(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, '\u2009');
}

/**
 * What a module needs beyond computing. A theme and a template are not run; what a server may do, its permissions say.
 */
export function needsText({
  kind,
  needs,
}: {
  readonly kind: string;
  readonly needs: readonly string[];
}): string | undefined {
  const beyond = needs.filter((need) => need !== 'js');
  if (beyond.length > 0) return `needs ${beyond.join(', ')}`;
  return kind === 'module' ? 'only computes' : undefined;
}

/** The URL if a browser may follow it; undefined for any other scheme than these. */
export function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    const url = new URL(text);
    return ['https:', 'http:', 'mailto:'].includes(url.protocol) ? url.href : undefined;
  } catch {
    return undefined;
  }
}

/** What a URL is called where there is little room: `github.com/alice/strings`. */
export function shortUrl(text: string): string {
  const short = text.replace(/^(?:https?:\/\/|mailto:)/, '').replace(/\/$/, '');
  return short.length > 48 ? `${short.slice(0, 47)}…` : short;
}

/** Lower-case letters and digits between single hyphens, for ids and paths; empty where nothing of it is left. */
export function slugOf(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
    .replace(/-+$/, '');
}

/** Text as the content or a quoted attribute of HTML and XML; characters that XML has no way to write are left out. */
export function escapeText(text: string): string {
  return escapeHtml(cleanText(text));
}

/** Without the characters that no page may hold. */
export function cleanText(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').toWellFormed();
}

export function unescapeText(html: string): string {
  return html
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;|&#x27;/g, "'")
    .replace(/&amp;/g, '&');
}
