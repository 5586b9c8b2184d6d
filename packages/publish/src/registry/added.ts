/** A registry with what is about to be sent to it: what one of several releases says can be read when the next is checked. */
import path from 'node:path';
import type { NewFiles, RegistryTarget } from './target.ts';

export interface Growing {
  readonly target: RegistryTarget;
  add(files: NewFiles): void;
}

/** `target`, and over it the files that `add` was given. Nothing is sent. */
export function growing(target: RegistryTarget): Growing {
  const added = new Map<string, string>();
  let paths: Promise<readonly string[]> | undefined;
  const known = remembered((file) => target.read(file));
  return {
    target: {
      ...target,
      read: async (file) => added.get(file) ?? known(file),
      async list(folder) {
        const own = [...added.keys()].filter((file) => path.posix.dirname(file) === folder);
        const names = own.map((file) => path.posix.basename(file));
        return [...new Set([...(await target.list(folder)), ...names])];
      },
      async paths() {
        paths ??= target.paths();
        return [...new Set([...(await paths), ...added.keys()])];
      },
    },
    add(files) {
      for (const [file, text] of files) added.set(file, text);
    },
  };
}

/** What is read while nothing is sent never changes: each file is asked for once. */
export function remembered(
  read: (file: string) => Promise<string | undefined>,
): (file: string) => Promise<string | undefined> {
  const known = new Map<string, Promise<string | undefined>>();
  return (file) => {
    const asked = known.get(file) ?? read(file);
    known.set(file, asked);
    return asked;
  };
}
