/**
 * Where an editor looks at the source of a cached module. One that can ask for the text of documents gets a URI of ours; for
 * others the text is laid into a temporary folder, and can't be written there. The cache itself is never opened in an editor.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CachedModule } from './host.ts';
import { uriOf } from './uri.ts';

export const scheme = 'mlld-module';

export interface Sources {
  /** The client can ask for `workspace/textDocumentContent`. */
  virtual: boolean;
  readonly place: (module: CachedModule) => Promise<string>;
  readonly close: () => void;
}

export function openSources(): Sources {
  let folder: string | undefined;
  const placed = new Map<string, Promise<string>>();
  const lay = async ({ name, version, entry, text }: CachedModule): Promise<string> => {
    if (folder === undefined) {
      folder = mkdtempSync(path.join(tmpdir(), 'mlld-sources-'));
      process.once('exit', close);
    }
    // Names, versions and paths of a module have been parsed: none leaves the folder.
    const file = path.join(folder, `${name}@${version}`, entry);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { mode: 0o444 });
    return uriOf(file);
  };
  const close = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    folder = undefined;
    placed.clear();
  };
  const sources: Sources = {
    virtual: false,
    place: (module) => {
      const { name, version, entry } = module;
      if (sources.virtual) return Promise.resolve(`${scheme}:/${name}@${version}/${entry}`);
      const key = `${name}@${version}/${entry}`;
      const known = placed.get(key) ?? lay(module);
      placed.set(key, known);
      return known;
    },
    close,
  };
  return sources;
}
