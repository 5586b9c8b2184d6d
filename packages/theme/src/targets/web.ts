/** Web pages: a theme for Shiki, and style sheets for highlight.js. */

import type { ResolvedLook, Variant } from '../source/resolve.ts';
import { scopeNames, scopes } from '../source/scopes.ts';
import { json, type Target } from './target.ts';
import { vscodeTheme } from './vscode.ts';

export const shiki: Target = {
  id: 'shiki',
  title: 'Shiki',
  build: ({ variants }) =>
    variants.map((variant) => {
      const { $schema: _, ...theme } = vscodeTheme(variant);
      const { background: bg, foreground: fg } = variant.ui;
      return {
        path: `${variant.slug}.json`,
        content: json({ ...theme, name: variant.slug, displayName: variant.name, bg, fg }),
      };
    }),
};

export const highlightJs: Target = {
  id: 'highlight',
  title: 'highlight.js',
  build: ({ variants }) =>
    variants.map((variant) => ({ path: `${variant.slug}.css`, content: css(variant) })),
};

function declarations({ colour, styles }: ResolvedLook): string {
  const style: Readonly<Record<string, string>> = {
    italic: 'font-style: italic',
    bold: 'font-weight: bold',
    underline: 'text-decoration: underline',
  };
  return [`color: ${colour}`, ...styles.map((one) => style[one])].map((one) => `  ${one};\n`).join('');
}

function css({ name, ui, looks, mode }: Variant): string {
  const rules = scopeNames.map((scope) => {
    const selectors = scopes[scope].hljs.map((names) => `.hljs-${names}`);
    return `${selectors.join(',\n')} {\n${declarations(looks[scope])}}\n`;
  });
  return `/* ${name.replaceAll('*/', '')}: made by mlld */
.hljs {
  color-scheme: ${mode};
  background: ${ui.background};
  color: ${ui.foreground};
}
.hljs ::selection {
  background: ${ui.selection};
}
${rules.join('')}`;
}
