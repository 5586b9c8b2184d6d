// Real text to make modules of: the documentation of the packages that the project is built with. Their versions are in
// the lock file, so that the text is the same wherever the benchmark runs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../process.mjs';

/** Sentences as lists of words, in a fixed order. @returns {string[][]} */
export function realSentences() {
  const sentences = [];
  for (const file of files()) {
    const text = readFileSync(file, 'utf8')
      .replace(/```[\s\S]*?(?:```|$)/g, ' ')
      .replace(/<[^>]*>|https?:\S+|\|/g, ' ')
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1');
    for (const sentence of text.split(/[.!?:;\n]\s|\n\n/)) {
      const words = sentence.toLowerCase().match(/[a-z][a-z'-]{1,18}[a-z]/g) ?? [];
      if (words.length >= 5 && words.length <= 40) sentences.push(words);
    }
  }
  return sentences;
}

function files() {
  const packages = path.join(root, 'node_modules');
  const names = readdirSync(packages).flatMap((name) =>
    name.startsWith('@') ? readdirSync(path.join(packages, name)).map((inner) => `${name}/${inner}`) : [name],
  );
  return names
    .filter((name) => !name.startsWith('@mlld/') && !/linux|darwin|win32|x64|arm64/.test(name))
    .sort()
    .flatMap((name) =>
      ['README.md', 'readme.md', 'CHANGELOG.md'].map((file) => path.join(packages, name, file)),
    )
    .filter((file) => existsSync(file));
}
