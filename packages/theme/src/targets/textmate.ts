/** TextMate, and what else reads its themes (`bat`, `delta`, Xcode's older editors): `.tmTheme`. */

import type { Variant } from '../source/resolve.ts';
import { scopeNames, scopes } from '../source/scopes.ts';
import { type Plist, plist } from './plist.ts';
import type { Target } from './target.ts';

export const textmate: Target = {
  id: 'textmate',
  title: 'TextMate',
  build: ({ variants, info }) =>
    variants.map((variant) => ({ path: `${variant.slug}.tmTheme`, content: plist(theme(variant, info)) })),
};

function theme(
  { name, slug, ui, looks, mode }: Variant,
  { author, name: module }: { readonly author: string; readonly name: string },
): Plist {
  return {
    name,
    author,
    uuid: uuidOf(`${author}/${module}/${slug}`),
    semanticClass: `theme.${mode}.${slug}`,
    settings: [
      {
        settings: {
          background: ui.background,
          foreground: ui.foreground,
          caret: ui.cursor,
          selection: ui.selection,
          lineHighlight: ui.line,
          gutterForeground: ui.gutter,
          invisibles: ui.border,
        },
      },
      ...scopeNames.map((scope) => ({
        name: scope,
        scope: scopes[scope].textmate.join(', '),
        settings: { foreground: looks[scope].colour, fontStyle: looks[scope].styles.join(' ') },
      })),
    ],
  };
}

/** The same for the same text, in the form of RFC 9562 (version 8): a name for editors, no secret. */
function uuidOf(text: string): string {
  const words = [0, 1, 2, 3].map((salt) => {
    let hash = 0x811c9dc5 ^ salt;
    for (const char of text) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
    return (Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0).toString(16).padStart(8, '0');
  });
  const hex = words.join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
