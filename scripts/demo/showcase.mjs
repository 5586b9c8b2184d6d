// The modules of showcase/: a folder an author, with a folder a module.
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib.mjs';

export const showcase = path.join(root, 'showcase');

export function showcaseAuthors() {
  return foldersIn(showcase).filter((author) => foldersIn(path.join(showcase, author)).length > 0);
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
