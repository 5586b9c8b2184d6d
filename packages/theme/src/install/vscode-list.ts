/**
 * `extensions.json` in Visual Studio Code's folder of extensions: a folder that the list leaves out is not loaded.
 * Written only where it is there: without it the editor reads the folders themselves.
 */
import path from 'node:path';
import { parseJson, RegistryError } from '@mlld/format';

const mostBytes = 4 * 1024 * 1024;

interface Listed {
  readonly identifier?: { readonly id?: unknown };
}

/** The list without any version of this extension. @throws RegistryError BAD_JSON, BAD_SHAPE */
export function withoutExtension(text: string, id: string): readonly Listed[] {
  const list = parseJson(text, { where: 'extensions.json', maxBytes: mostBytes }) as unknown;
  if (!Array.isArray(list))
    throw new RegistryError('BAD_SHAPE', 'extensions.json of Visual Studio Code: wanted a list', {
      hint: 'Install the .vsix instead: mlld theme build, then code --install-extension <file>.',
    });
  return (list as Listed[]).filter((one) => one.identifier?.id !== id);
}

/** The list with this extension in it, instead of any other version of it. @throws RegistryError BAD_JSON, BAD_SHAPE */
export function withExtension(
  text: string,
  {
    id,
    version,
    folder,
    home,
  }: { readonly id: string; readonly version: string; readonly folder: string; readonly home: string },
): string {
  const others = withoutExtension(text, id);
  const location = { $mid: 1, path: path.join(home, folder).replaceAll('\\', '/'), scheme: 'file' };
  return JSON.stringify([...others, { identifier: { id }, version, location, relativeLocation: folder }]);
}
