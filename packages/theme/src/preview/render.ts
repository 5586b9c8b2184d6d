/** A theme on code: as a page, as a picture, and for a terminal. */

import { summarise } from '../check.ts';
import { type Colour, components } from '../colour.ts';
import type { Style } from '../source/read.ts';
import type { ResolvedLook, Variant } from '../source/resolve.ts';
import { xml } from '../targets/plist.ts';
import { linesOf, type PreviewToken, tokensOf } from './tokens.ts';

const css: Readonly<Record<Style, string>> = {
  italic: 'font-style:italic',
  bold: 'font-weight:bold',
  underline: 'text-decoration:underline',
};

function lookOf({ looks, ui }: Variant, { scope }: PreviewToken): ResolvedLook {
  return scope === undefined ? { colour: ui.foreground, styles: [] } : looks[scope];
}

/** One page that needs nothing else: each variant with the code, its palette, and its contrast. */
export function previewHtml(variants: readonly Variant[], code: string): string {
  const sections = variants.map((variant, i) => {
    const { least, level } = summarise(variant);
    return `<section class="v${i}">
<h2>${xml(variant.name)}</h2>
<p>${variant.mode}, ${level}: the least contrast of any text is ${least}</p>
<pre><code>${linesOf(tokensOf(code)).map(htmlLine).join('\n')}</code></pre>
<p class="ansi">${Object.keys(variant.terminal)
      .map((name) => `<i class="a-${name}" title="${name}"></i>`)
      .join('')}</p>
</section>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${xml(variants[0]?.name ?? 'Theme')}</title>
<style>
body{margin:0;font:16px/1.5 system-ui,sans-serif}
section{padding:2rem;overflow-x:auto}
pre{font:14px/1.55 ui-monospace,Menlo,Consolas,monospace;tab-size:2}
.ansi i{display:inline-block;width:1.5rem;height:1.5rem}
${variants.map((variant, i) => variantCss(variant, `.v${i}`)).join('\n')}
</style>
${sections.join('\n')}
</html>
`;
}

/** The colours of a variant as rules below a selector: what a page with a strict policy links to as a file. */
export function variantCss(variant: Variant, below: string): string {
  const { ui, looks, terminal, mode } = variant;
  return [
    `${below}{background:${ui.background};color:${ui.foreground};color-scheme:${mode}}`,
    `${below} ::selection{background:${ui.selection};color:${ui.foreground}}`,
    ...Object.entries(looks).map(
      ([scope, { colour, styles }]) =>
        `${below} .s-${scope}{color:${colour}${styles.map((one) => `;${css[one]}`).join('')}}`,
    ),
    ...Object.entries(terminal).map(([name, colour]) => `${below} .a-${name}{background:${colour}}`),
  ].join('\n');
}

function htmlLine(line: readonly PreviewToken[]): string {
  return line
    .map(({ text, scope }) =>
      scope === undefined ? xml(text) : `<span class="s-${scope}">${xml(text)}</span>`,
    )
    .join('');
}

const cell = { width: 8.4, height: 21, pad: 20 } as const;

/** A picture of one variant. */
export function previewSvg(variant: Variant, code: string): string {
  const lines = linesOf(tokensOf(code));
  const columns = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + text.length, 0)), 20);
  const width = Math.ceil(columns * cell.width + 2 * cell.pad);
  const height = Math.ceil(lines.length * cell.height + 2 * cell.pad);
  const rows = lines.map((line, i) => {
    const y = cell.pad + (i + 0.72) * cell.height;
    return `<text x="${cell.pad}" y="${y.toFixed(1)}" xml:space="preserve">${line.map((token) => svgToken(token, variant)).join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${xml(variant.name)}" font-family="ui-monospace,Menlo,Consolas,monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="${variant.ui.background}"/>
${rows.join('\n')}
</svg>
`;
}

function svgToken(token: PreviewToken, variant: Variant): string {
  const { colour, styles } = lookOf(variant, token);
  const own: Readonly<Record<Style, string>> = {
    italic: ' font-style="italic"',
    bold: ' font-weight="bold"',
    underline: ' text-decoration="underline"',
  };
  return `<tspan fill="${colour}"${styles.map((one) => own[one]).join('')}>${xml(token.text)}</tspan>`;
}

const sgr: Readonly<Record<Style, number>> = { bold: 1, italic: 3, underline: 4 };

/** For terminals with 24 bits of colour: on the theme's own background, each line filled to `columns`. */
export function previewTerminal(variant: Variant, code: string, columns = 80): string {
  const { ui } = variant;
  const ground = `48;2;${octets(ui.background)}`;
  return linesOf(tokensOf(code))
    .map((line) => {
      const used = line.reduce((sum, { text }) => sum + text.length, 0);
      const parts = line.map((token) => {
        const { colour, styles } = lookOf(variant, token);
        return `\u001b[${[ground, `38;2;${octets(colour)}`, ...styles.map((one) => sgr[one])].join(';')}m${token.text}\u001b[0m`;
      });
      return `${parts.join('')}\u001b[${ground}m${' '.repeat(Math.max(0, columns - used))}\u001b[0m`;
    })
    .join('\n');
}

function octets(colour: Colour): string {
  return components(colour)
    .map((part) => Math.round(part * 255))
    .join(';');
}
