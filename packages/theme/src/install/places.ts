/** Where editors and terminals look for themes (docs/spec/themes.md §6). */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { sublime } from '../targets/sublime.ts';
import type { CompiledTheme } from '../targets/target.ts';
import { terminal } from '../targets/terminal.ts';
import { textmate } from '../targets/textmate.ts';
import { vim } from '../targets/vim.ts';
import { extensionFiles } from '../targets/vscode.ts';

export interface Machine {
  /** Absolute. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Place {
  readonly id: string;
  readonly title: string;
  /** The folder whose presence says that the program is here, and below which files are put. Absolute. */
  readonly home: (machine: Machine) => string | undefined;
  /** Paths relative to `home`. */
  readonly files: (
    compiled: CompiledTheme,
  ) => readonly { readonly path: string; readonly content: string | Uint8Array }[];
  /** What is left to the person, once it is there. */
  readonly next: (compiled: CompiledTheme) => string;
}

const config = ({ home, env }: Machine): string =>
  env.XDG_CONFIG_HOME !== undefined && path.isAbsolute(env.XDG_CONFIG_HOME)
    ? env.XDG_CONFIG_HOME
    : path.join(home, '.config');

const firstName = ({ variants }: CompiledTheme): string => variants[0]?.name ?? '';
const firstSlug = ({ variants }: CompiledTheme): string => variants[0]?.slug ?? '';

export function extensionFolder({ info }: CompiledTheme): string {
  return `${info.author}.${info.name}-${info.version.replace(/-.*$/, '')}`;
}

const below = (folder: string, compiled: CompiledTheme) =>
  terminal
    .build(compiled)
    .filter((file) => file.path.startsWith(`${folder}/`))
    .map((file) => ({ ...file, path: file.path.replace(folder, 'themes') }));

export const places: readonly Place[] = [
  {
    id: 'vscode',
    title: 'Visual Studio Code',
    home: ({ home }) => path.join(home, '.vscode/extensions'),
    files: (compiled) =>
      extensionFiles(compiled).map((file) => ({
        ...file,
        path: `${extensionFolder(compiled)}/${file.path}`,
      })),
    next: (compiled) => `reload the window, then choose the colour theme «${firstName(compiled)}»`,
  },
  {
    id: 'sublime',
    title: 'Sublime Text',
    home: (machine) =>
      machine.platform === 'darwin'
        ? path.join(machine.home, 'Library/Application Support/Sublime Text/Packages/User')
        : machine.platform === 'win32'
          ? machine.env.APPDATA && path.join(machine.env.APPDATA, 'Sublime Text/Packages/User')
          : path.join(config(machine), 'sublime-text/Packages/User'),
    files: sublime.build,
    next: (compiled) =>
      `choose the colour scheme «${firstSlug(compiled)}» (Preferences, Select Color Scheme)`,
  },
  {
    id: 'textmate',
    title: 'TextMate',
    home: ({ home, platform }) =>
      platform === 'darwin' ? path.join(home, 'Library/Application Support/TextMate/Themes') : undefined,
    files: textmate.build,
    next: (compiled) => `choose the theme «${firstName(compiled)}» (View, Theme)`,
  },
  {
    id: 'bat',
    title: 'bat',
    home: (machine) => path.join(config(machine), 'bat'),
    files: (compiled) => textmate.build(compiled).map((file) => ({ ...file, path: `themes/${file.path}` })),
    next: (compiled) => `bat cache --build, then bat --theme ${JSON.stringify(firstSlug(compiled))}`,
  },
  {
    id: 'vim',
    title: 'Vim',
    home: ({ home, platform }) => path.join(home, platform === 'win32' ? 'vimfiles' : '.vim'),
    files: vim.build,
    next: (compiled) => `:colorscheme ${firstSlug(compiled)}`,
  },
  {
    id: 'nvim',
    title: 'Neovim',
    home: (machine) =>
      machine.platform === 'win32'
        ? machine.env.LOCALAPPDATA && path.join(machine.env.LOCALAPPDATA, 'nvim')
        : path.join(config(machine), 'nvim'),
    files: vim.build,
    next: (compiled) => `:colorscheme ${firstSlug(compiled)}`,
  },
  {
    id: 'kitty',
    title: 'kitty',
    home: (machine) => path.join(config(machine), 'kitty'),
    files: (compiled) => below('kitty', compiled),
    next: (compiled) => `include themes/${firstSlug(compiled)}.conf in kitty.conf`,
  },
  {
    id: 'alacritty',
    title: 'Alacritty',
    home: (machine) => path.join(config(machine), 'alacritty'),
    files: (compiled) => below('alacritty', compiled),
    next: (compiled) => `import themes/${firstSlug(compiled)}.toml in alacritty.toml`,
  },
];

/** Programs that are here, by their folders; or those that are named, here or not. @throws RegistryError USAGE */
export function choosePlaces(machine: Machine, names: readonly string[] = []): readonly Place[] {
  if (names.length === 0)
    return places.filter((place) => {
      const home = place.home(machine);
      return home !== undefined && existsSync(home);
    });
  return names.map((name) => {
    const found = places.find(({ id }) => id === name);
    if (found === undefined)
      throw new RegistryError('USAGE', `'${printable(name)}' is no program that a theme is installed for`, {
        hint: `One of: ${places.map(({ id }) => id).join(', ')}. 'mlld theme build' writes the files of others.`,
      });
    if (found.home(machine) === undefined)
      throw new RegistryError('USAGE', `${found.title} is not known to run on this system`);
    return found;
  });
}
