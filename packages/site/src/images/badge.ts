/** Badges: two words in a small SVG, without fonts or scripts of their own. */
import { escapeText } from '../text/format.ts';

/** Widths of characters at 11 px, roughly those of Verdana, which badges are commonly set in. */
function width(text: string): number {
  let sum = 0;
  for (const char of text)
    sum += /[il.,:;|!']/.test(char) ? 4 : /[mwMW@]/.test(char) ? 10 : /[A-Z]/.test(char) ? 8 : 6.8;
  return Math.ceil(sum);
}

const colours = {
  version: '#17624a',
  good: '#17624a',
  fair: '#8a5300',
  poor: '#a3271f',
  unknown: '#5d655b',
} as const;

function colourOf(value: string, kind: 'version' | 'quality'): string {
  if (kind === 'version') return colours.version;
  const score = Number(value);
  if (!Number.isFinite(score)) return colours.unknown;
  return score >= 70 ? colours.good : score >= 40 ? colours.fair : colours.poor;
}

export function badge(label: string, value: string, kind: 'version' | 'quality'): string {
  const text = value.length > 40 ? `${value.slice(0, 39)}…` : value;
  const [left, right] = [width(label) + 12, width(text) + 12];
  const all = left + right;
  const at = (x: number, words: string) => `<text x="${x}" y="14">${escapeText(words)}</text>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${all}" height="20" role="img" aria-label="${escapeText(`${label}: ${text}`)}">` +
    `<title>${escapeText(`${label}: ${text}`)}</title>` +
    `<path fill="#33382f" d="M4 0h${left - 4}v20H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z"/>` +
    `<path fill="${colourOf(value, kind)}" d="M${left} 0h${right - 4}a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H${left}z"/>` +
    `<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">` +
    `${at(left / 2, label)}${at(left + right / 2, text)}</g></svg>\n`
  );
}
