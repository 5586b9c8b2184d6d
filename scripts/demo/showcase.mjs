// The modules of showcase/, in an order in which each comes after those that it imports.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../lib.mjs';

export const showcase = path.join(root, 'showcase');

/** `[{ name: '@alice/strings', author: 'alice', folder, imports: ['@bob/lists'] }, …]` */
export function showcaseModules() {
  const modules = new Map();
  for (const author of foldersIn(showcase)) {
    for (const short of foldersIn(path.join(showcase, author))) {
      const folder = path.join(showcase, author, short);
      const name = `@${author}/${short}`;
      modules.set(name, {
        name,
        author,
        folder,
        imports: importsOf(folder).filter((other) => other !== name),
      });
    }
  }
  const ordered = new Set();
  const add = (module) => {
    for (const name of module.imports) if (modules.has(name)) add(modules.get(name));
    ordered.add(module);
  };
  for (const module of modules.values()) add(module);
  return [...ordered];
}

/** What the code of a module imports; the code of a Markdown module stands in its mlld-run fences. */
function importsOf(folder) {
  const files = readdirSync(folder).filter((file) => /\.mld(\.md)?$/.test(file) && !/\.test\./.test(file));
  return files.flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const code = file.endsWith('.md')
      ? [...text.matchAll(/^```mlld-run\n([\s\S]*?)^```/gm)].map(([, inner]) => inner).join('\n')
      : text;
    return [...code.matchAll(/\bfrom\s+"?(@[a-z0-9-]+\/[a-z0-9-]+)/g)].map(([, name]) => name);
  });
}

function foldersIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
