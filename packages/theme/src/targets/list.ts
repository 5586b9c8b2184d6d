/** Every target, and the building of a theme for some of them. */
import { printable, RegistryError } from '@mlld/format';
import type { ThemeSource } from '../source/read.ts';
import { variantsOf } from '../source/resolve.ts';
import { sublime } from './sublime.ts';
import type { Target, TargetFile, ThemeInfo } from './target.ts';
import { terminal } from './terminal.ts';
import { textmate } from './textmate.ts';
import { vim } from './vim.ts';
import { vscode } from './vscode.ts';
import { highlightJs, shiki } from './web.ts';

export const targets: readonly Target[] = [vscode, sublime, textmate, vim, shiki, highlightJs, terminal];

/** Those that are named; without names, those that the theme is made for. @throws RegistryError USAGE */
export function chooseTargets(theme: ThemeSource, names: readonly string[] = []): readonly Target[] {
  const wanted = names.length > 0 ? names : (theme.editors ?? targets.map(({ id }) => id));
  return wanted.map((name) => {
    const found = targets.find(({ id }) => id === (name === 'nvim' || name === 'neovim' ? 'vim' : name));
    if (found !== undefined) return found;
    throw new RegistryError('USAGE', `'${printable(name)}' is nothing that a theme is compiled to`, {
      hint: `One of: ${targets.map(({ id }) => id).join(', ')}.`,
    });
  });
}

/** Files of a target stand in a folder of its name. */
export function buildTheme(theme: ThemeSource, info: ThemeInfo, names?: readonly string[]): TargetFile[] {
  const compiled = { theme, variants: variantsOf(theme), info };
  return chooseTargets(theme, names).flatMap((target) =>
    target.build(compiled).map(({ path, content }) => ({ path: `${target.id}/${path}`, content })),
  );
}
