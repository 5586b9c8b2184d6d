/**
 * What the documents name exists: files, links, npm scripts, `mlld` commands, clauses; what they show is what happens.
 * After a change of docs/spec/examples: `UPDATE_SPEC_EXAMPLES=1 npm test -- scripts/test/docs.test.ts`.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { aliases, commands } from '../../packages/cli/src/commands/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const spec = path.join(root, 'docs/spec');
const examples = path.join(spec, 'examples');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const below = (folder: string, pattern: RegExp) =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file) && !/(?:^|\/)(?:node_modules|dist|testdata)\//.test(file))
    .map((file) => `${folder}/${file.replaceAll(path.sep, '/')}`);
const top = readdirSync(root).filter((file) => file.endsWith('.md'));
const documents = [...top, ...below('docs', /\.md$/)].filter((file) => file !== 'CHANGELOG.md');

interface Fence {
  readonly info: string;
  readonly body: string;
}

/** Fenced blocks, without the indent of a list that they may stand in. */
function fences(text: string): Fence[] {
  return [...text.matchAll(/^( *)```(.*)\n((?:.*\n)*?)\1```$/gm)].map(([, indent, info, body]) => ({
    info: info!,
    body: body!.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** Words in code: spans, and the lines of shell blocks. */
function code(text: string): string[] {
  const shell = fences(text).filter(({ info }) => /^(?:sh|bash|console)\b/.test(info));
  const prose = text.replaceAll(/^( *)```.*\n(?:.*\n)*?\1```$/gm, '');
  return [
    ...[...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!),
    ...shell.flatMap(({ body }) => body.split('\n')).map((line) => line.replace(/(?:^|\s)#.*$/, '')),
  ];
}

describe.each(documents)('%s', (document) => {
  const text = read(document);

  it('links to files that exist', () => {
    const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!.split('#')[0]!);
    const missing = targets.filter(
      (target) =>
        target !== '' &&
        !/^[a-z]+:/.test(target) &&
        !existsSync(path.join(root, path.dirname(document), target)),
    );
    expect(missing).toEqual([]);
  });

  it('names files and folders of the project that exist', () => {
    const named = code(text).flatMap(
      (words) =>
        words.match(/(?<![\w./-])(?:packages|scripts|docs|testing|e2e|bench|examples|showcase)\/[\w./-]*/g) ??
        [],
    );
    const here = path.dirname(document);
    // `docs/export` and its like are ids of rules.
    const missing = named.filter(
      (file) =>
        !/^docs\/[\w-]+$/.test(file) &&
        !existsSync(path.join(root, file)) &&
        !existsSync(path.join(root, here, file)),
    );
    expect(missing).toEqual([]);
  });

  it('names npm scripts that exist', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = code(text).flatMap((words) =>
      [...words.matchAll(/\bnpm (?:run ([\w:-]+)|(test|start)\b)/g)].map((match) => match[1] ?? match[2]!),
    );
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  it('names commands of mlld that exist', () => {
    const named = code(text).flatMap((words) =>
      [...words.matchAll(/(?:^|[\s(;&])mlld ([a-z][a-z-]*(?: [a-z][a-z-]*){0,2})/g)].map((match) =>
        match[1]!.split(' '),
      ),
    );
    const missing = named.filter((words) => {
      const names = words.map((_, i) => words.slice(0, i + 1).join(' '));
      return !names.some((name) => commands.has(name) || aliases.has(name));
    });
    expect(missing.map((words) => words.join(' '))).toEqual([]);
  });
});

describe('clauses that code and documents cite', () => {
  const sources = ['packages', 'testing', 'scripts', 'e2e'].flatMap((folder) =>
    below(folder, /\.(?:ts|mjs)$/),
  );
  const cited = [...sources, ...documents].flatMap((file) =>
    [
      ...read(file).matchAll(/([a-z-]+\.md)(?:\)|`)? (§\d+(?:\.\d+)*(?:,? (?:and )?§\d+(?:\.\d+)*)*)/g),
    ].flatMap(([, name, clauses]) =>
      clauses!
        .match(/\d+(?:\.\d+)*/g)!
        .map((clause) => ({ file, cite: `${name} §${clause}`, name: name!, clause })),
    ),
  );

  it('exist', () => {
    expect(cited.length).toBeGreaterThan(50);
    const missing = cited.filter(({ name, clause }) => !hasClause(name, clause));
    expect(missing.map(({ file, cite }) => `${file}: ${cite}`)).toEqual([]);
  });

  it('stand in documents that exist', () => {
    const named = sources.flatMap((file) =>
      [...read(file).matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([document]) => ({ file, document })),
    );
    const missing = named.filter(({ document }) => !existsSync(path.join(root, document)));
    expect(missing.map(({ file, document }) => `${file}: ${document}`)).toEqual([]);
  });
});

/** Whether a document of docs/spec has `## §n`, in it the numbered item m, in that the item k. */
function hasClause(document: string, clause: string): boolean {
  const file = path.join(spec, document);
  if (!existsSync(file)) return false;
  const [section, item, inner] = clause.split('.');
  const sections = readFileSync(file, 'utf8').split(/^## §/m).slice(1);
  const found = sections.find((one) => one.split(/[ \n]/, 1)[0] === section);
  if (found === undefined || item === undefined) return found !== undefined;
  const items = found.split(/^(?=\d+\. )/m).filter((one) => one.startsWith(`${item}. `));
  return items.some((one) => inner === undefined || new RegExp(`^ +${inner}\\. `, 'm').test(one));
}

const withExamples = below('docs/spec', /\.md$/).filter((file) =>
  /^ *```(?:\w+ \S+|console)$/m.test(read(file)),
);

describe.each(withExamples)('the examples of %s', (document) => {
  const file = path.join(root, document);
  const blocks = fences(read(document));
  const shown = blocks.filter(({ info }) => /^\w+ \S+$/.test(info));
  const sessions = blocks.filter(({ info }) => info === 'console').map(({ body }) => body);

  if (process.env.UPDATE_SPEC_EXAMPLES === '1') fillIn(file);

  it.each(shown)('$info is the file', ({ info, body }) => {
    expect(body).toBe(readFileSync(path.join(examples, info.split(' ')[1]!), 'utf8'));
  });

  const runs = sessions.flatMap((session) =>
    session
      .split(/^\$ /m)
      .slice(1)
      .map((run) => {
        const [command, ...output] = run.split('\n');
        return { command: command!, output: output.join('\n') };
      }),
  );
  const noShell = spawnSync('bash', ['-c', 'command -v sha256sum ssh-keygen diff']).status !== 0;
  const why = noShell ? ' (skipped: wants bash, sha256sum, diff and ssh-keygen)' : '';
  it.skipIf(noShell).each(runs)(`$command${why}`, ({ command, output }) => {
    const { stdout, stderr } = spawnSync('bash', ['--noprofile', '--norc', '-c', command], {
      cwd: examples,
      encoding: 'utf8',
    });
    expect(stdout + stderr).toBe(output);
  });
});

/** Puts the files of docs/spec/examples into the blocks that name them. */
function fillIn(file: string): void {
  const filled = readFileSync(file, 'utf8').replaceAll(
    /^( *)```(\w+) (\S+)\n(?:.*\n)*?\1```$/gm,
    (_all, indent: string, language: string, name: string) => {
      const body = readFileSync(path.join(examples, name), 'utf8').replaceAll(/^(?=.)/gm, indent);
      return `${indent}\`\`\`${language} ${name}\n${body}${indent}\`\`\``;
    },
  );
  writeFileSync(file, filled);
}
