/** Colours of terminals: kitty, Alacritty, Windows Terminal, iTerm2. */
import { type Colour, components } from '../colour.ts';
import type { Variant } from '../source/resolve.ts';
import { type AnsiName, ansiNames } from '../source/scopes.ts';
import { type Plist, plist } from './plist.ts';
import { json, type Target } from './target.ts';

export const terminal: Target = {
  id: 'terminal',
  title: 'Terminals',
  build: ({ variants }) =>
    variants.flatMap((variant) => [
      { path: `kitty/${variant.slug}.conf`, content: kitty(variant) },
      { path: `alacritty/${variant.slug}.toml`, content: alacritty(variant) },
      { path: `windows-terminal/${variant.slug}.json`, content: json(windowsTerminal(variant)) },
      { path: `iterm2/${variant.slug}.itermcolors`, content: plist(iterm(variant)) },
    ]),
};

function kitty({ name, ui, terminal: colours }: Variant): string {
  const rows = [
    ['background', ui.background],
    ['foreground', ui.foreground],
    ['cursor', ui.cursor],
    ['selection_background', ui.selection],
    ['selection_foreground', ui.foreground],
    ...ansiNames.map((ansi, i) => [`color${i}`, colours[ansi]]),
  ];
  return `# ${name}: made by mlld\n${rows.map(([key, colour]) => `${key} ${colour}\n`).join('')}`;
}

const groupOf = (bright: boolean): readonly AnsiName[] =>
  bright ? ansiNames.slice(8) : ansiNames.slice(0, 8);

function alacritty({ name, ui, terminal: colours }: Variant): string {
  const group = (bright: boolean) =>
    groupOf(bright)
      .map((ansi, i) => `${ansiNames[i]} = "${colours[ansi]}"\n`)
      .join('');
  return `# ${name}: made by mlld
[colors.primary]
background = "${ui.background}"
foreground = "${ui.foreground}"

[colors.cursor]
text = "${ui.background}"
cursor = "${ui.cursor}"

[colors.selection]
text = "${ui.foreground}"
background = "${ui.selection}"

[colors.normal]
${group(false)}
[colors.bright]
${group(true)}`;
}

function windowsTerminal({ name, ui, terminal: colours }: Variant): Record<string, string> {
  const own: Partial<Record<AnsiName, string>> = { magenta: 'purple', brightMagenta: 'brightPurple' };
  return {
    name,
    background: ui.background,
    foreground: ui.foreground,
    cursorColor: ui.cursor,
    selectionBackground: ui.selection,
    ...Object.fromEntries(ansiNames.map((ansi) => [own[ansi] ?? ansi, colours[ansi]])),
  };
}

function iterm({ ui, terminal: colours }: Variant): Plist {
  const colour = (of: Colour): Plist => {
    const [red, green, blue] = components(of);
    return {
      'Alpha Component': 1,
      'Blue Component': blue,
      'Color Space': 'sRGB',
      'Green Component': green,
      'Red Component': red,
    };
  };
  return Object.fromEntries([
    ...ansiNames.map((ansi, i) => [`Ansi ${i} Color`, colour(colours[ansi])]),
    ['Background Color', colour(ui.background)],
    ['Bold Color', colour(ui.foreground)],
    ['Cursor Color', colour(ui.cursor)],
    ['Cursor Text Color', colour(ui.background)],
    ['Foreground Color', colour(ui.foreground)],
    ['Selected Text Color', colour(ui.foreground)],
    ['Selection Color', colour(ui.selection)],
  ]);
}
