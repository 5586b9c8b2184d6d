// The modules of showcase/ as a signed registry repository, and the questions about them.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { analyse, readManifest } from '@mlld/lang';
import { stemsIn } from '@mlld/search';
import { root } from '../process.mjs';

/** Modules in the shape that `repositoryWriter` takes. */
export async function showcaseModules() {
  const modules = [];
  for (const author of ['alice', 'bob'])
    for (const name of readdirSync(path.join(root, 'showcase', author)).sort())
      modules.push(await moduleOf(author, name));
  // Folders of other kinds have no entry.
  return modules.filter((one) => one !== undefined);
}

async function moduleOf(author, name) {
  const folder = path.join(root, 'showcase', author, name);
  const files = readdirSync(folder)
    .filter((file) => /\.(?:md|mld|yml)$/.test(file) && !/\.test\.mld$/.test(file))
    .map((file) => ({ path: file, text: readFileSync(path.join(folder, file), 'utf8') }));
  const entry = [`${name}.mld.md`, `${name}.mld`, 'index.mld'].find((one) =>
    files.some((file) => file.path === one),
  );
  if (entry === undefined) return undefined;
  const text = (file) => files.find((one) => one.path === file)?.text;
  const analysis = await analyse(text(entry), { file: entry, readme: text('README.md') });
  const { data } = analysis.frontmatter ?? (await readManifest(text('module.yml')));
  return {
    ref: `@${author}/${name}`,
    author,
    name,
    about: data.about,
    keywords: data.keywords,
    directory: entry === 'index.mld',
    releases: [
      {
        version: String(data.version),
        entry,
        files,
        imports: [],
        exports: analysis.exports.map((one) => ({ name: one.name, kind: one.kind })),
        publishedAt: '2026-01-01T00:00:00.000Z',
      },
    ],
  };
}

/** @returns {{question: string, wanted: {module: string, label?: string}[]}[]} */
export function questions() {
  const lines = readFileSync(path.join(root, 'bench/lib/meaning/questions.txt'), 'utf8').split('\n');
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [question, wanted] = line.split(' => ');
      return {
        question,
        wanted: wanted.split(', ').map((one) => {
          const [module, label] = one.split(' ');
          return { module, label };
        }),
      };
    });
}

/** Questions that have a word of what they look for: they would measure nothing. */
export function tellTales(asked) {
  return asked.flatMap(({ question, wanted }) => {
    const words = new Set(stemsIn(question));
    const told = wanted.flatMap(({ module, label = '' }) =>
      stemsIn(`${module.split('/')[1]} ${label}`).filter((one) => words.has(one)),
    );
    return told.length === 0 ? [] : [`${question}: ${told.join(', ')}`];
  });
}
