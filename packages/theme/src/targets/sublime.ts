/** Sublime Text 3.1 and newer: `.sublime-color-scheme`. */

import type { Variant } from '../source/resolve.ts';
import { scopeNames, scopes } from '../source/scopes.ts';
import { json, type Target } from './target.ts';

export const sublime: Target = {
  id: 'sublime',
  title: 'Sublime Text',
  build: ({ variants, info }) =>
    variants.map((variant) => ({
      path: `${variant.slug}.sublime-color-scheme`,
      content: json(scheme(variant, info.author)),
    })),
};

function scheme({ name, ui, looks }: Variant, author: string): Record<string, unknown> {
  return {
    name,
    author,
    variables: Object.fromEntries([
      ...Object.entries(ui),
      ...scopeNames.map((scope) => [`scope_${scope}`, looks[scope].colour]),
    ]),
    globals: {
      background: 'var(background)',
      foreground: 'var(foreground)',
      caret: 'var(cursor)',
      selection: 'var(selection)',
      line_highlight: 'var(line)',
      gutter_foreground: 'var(gutter)',
      guide: 'var(border)',
      active_guide: 'var(accent)',
      accent: 'var(accent)',
    },
    rules: scopeNames.map((scope) => {
      const { styles } = looks[scope];
      const style = styles.length === 0 ? {} : { font_style: styles.join(' ') };
      return {
        name: scope,
        scope: scopes[scope].textmate.join(', '),
        foreground: `var(scope_${scope})`,
        ...style,
      };
    }),
  };
}
