/** Vim 8 and Neovim: one colour scheme for both, with colours for terminals of 256 colours beside the true ones. */
import { type Colour, xterm } from '../colour.ts';
import type { Style } from '../source/read.ts';
import type { Variant } from '../source/resolve.ts';
import { ansiNames, scopeNames, scopes } from '../source/scopes.ts';
import type { Target } from './target.ts';

export const vim: Target = {
  id: 'vim',
  title: 'Vim and Neovim',
  build: ({ variants }) =>
    variants.map((variant) => ({ path: `colors/${variant.slug}.vim`, content: colourScheme(variant) })),
};

interface Highlight {
  readonly fg?: Colour | undefined;
  readonly bg?: Colour | undefined;
  readonly styles?: readonly Style[];
}

function highlight(group: string, { fg, bg, styles = [] }: Highlight): string {
  const style = styles.length === 0 ? 'NONE' : styles.join(',');
  const part = (kind: 'fg' | 'bg', colour: Colour | undefined) =>
    colour === undefined
      ? `gui${kind}=NONE cterm${kind}=NONE`
      : `gui${kind}=${colour} cterm${kind}=${xterm(colour)}`;
  return `highlight ${group} ${part('fg', fg)} ${part('bg', bg)} gui=${style} cterm=${style}`;
}

function colourScheme(variant: Variant): string {
  const { slug, mode, looks, terminal } = variant;
  const groups = scopeNames.flatMap((scope) =>
    scopes[scope].vim.map(
      (group) => [group, highlight(group, { fg: looks[scope].colour, styles: looks[scope].styles })] as const,
    ),
  );
  const captures = groups.filter(([group]) => group.startsWith('@')).map(([, line]) => `  ${line}`);
  const ansi = ansiNames.map((name) => terminal[name]);
  return `" ${variant.name}: made by mlld; edit its source instead.
highlight clear
if exists('syntax_on')
  syntax reset
endif
set background=${mode}
let g:colors_name = '${slug}'
${uiGroups(variant).join('\n')}
${groups.flatMap(([group, line]) => (group.startsWith('@') ? [] : [line])).join('\n')}
let g:terminal_ansi_colors = [${ansi.map((colour) => `'${colour}'`).join(', ')}]
if has('nvim-0.8')
${captures.join('\n')}
endif
if has('nvim')
${ansi.map((colour, i) => `  let g:terminal_color_${i} = '${colour}'`).join('\n')}
endif
`;
}

function uiGroups({ ui, looks }: Variant): string[] {
  const { background, foreground, cursor, selection, line, gutter, border, accent } = ui;
  const rows: readonly (readonly [string, Highlight])[] = [
    ['Normal', { fg: foreground, bg: background }],
    ['Cursor', { fg: background, bg: cursor }],
    ['CursorLine', { bg: line }],
    ['CursorLineNr', { fg: foreground, bg: line }],
    ['LineNr', { fg: gutter }],
    ['SignColumn', { bg: background }],
    ['Visual', { bg: selection }],
    ['Search', { fg: background, bg: accent }],
    ['IncSearch', { fg: background, bg: accent, styles: ['bold'] }],
    ['StatusLine', { fg: foreground, bg: selection }],
    ['StatusLineNC', { fg: gutter, bg: line }],
    ['VertSplit', { fg: border }],
    ['Pmenu', { fg: foreground, bg: line }],
    ['PmenuSel', { fg: foreground, bg: selection }],
    ['MatchParen', { fg: accent, styles: ['bold', 'underline'] }],
    ['NonText', { fg: border }],
    ['Folded', { fg: gutter, bg: line }],
    ['Directory', { fg: looks.function.colour }],
    ['WarningMsg', { fg: looks.number.colour }],
  ];
  return rows.map(([group, look]) => highlight(group, look));
}
