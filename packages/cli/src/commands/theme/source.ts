/** The theme that a command is about: a module of the registry, a folder, or a file of a source. */
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { parseTheme, type ThemeInfo, type ThemeSource } from '@mlld/theme';
import type { Context, clientFlags, Flags } from '../../command.ts';
import { isReference, take } from '../../take.ts';

export interface OpenedTheme {
  readonly theme: ThemeSource;
  readonly info: ThemeInfo;
}

/** @throws RegistryError FILE_NOT_FOUND, BAD_JSON, BAD_SHAPE, and what fetching a module throws */
export async function openTheme<F extends Flags>(
  context: Context<F & typeof clientFlags>,
): Promise<OpenedTheme> {
  const what = context.args[0] ?? '.';
  const file = path.resolve(context.cwd, what);
  if (!isReference(what) && statSync(file, { throwIfNoEntry: false })?.isFile() === true) {
    const theme = parseTheme(readFileSync(file), what);
    const name = path
      .basename(file)
      .replace(/\.[^.]*$/, '')
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-');
    return { theme, info: { author: 'you', name, version: '0.0.0', about: theme.name, license: 'CC0' } };
  }
  const { name, version, entry, files, manifest } = await take(context, what, 'theme');
  const bytes = files.get(entry);
  if (bytes === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `${name}: its entry ${entry} is not there`);
  const [author = '', short = ''] = name.slice(1).split('/');
  const about = manifest.about ?? '';
  const { repo, license = '' } = manifest;
  return { theme: parseTheme(bytes, entry), info: { author, name: short, version, about, license, repo } };
}
