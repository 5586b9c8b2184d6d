/** A template and answers → the files of a project. Pure: nothing is read or written. */
import { printable, RegistryError } from '@mlld/format';
import { type Answers, holds } from '../manifest/condition.ts';
import { type TemplateManifest, templateLimits } from '../manifest/read.ts';
import { assertPaths, matches, renderPath } from './paths.ts';
import { renderFile, renderText } from './text.ts';

/** Path → contents. */
export type ProjectFiles = ReadonlyMap<string, Uint8Array>;

export interface Rendered {
  /** Sorted by path. */
  readonly files: ProjectFiles;
  /** Lines to show at the end. */
  readonly next: readonly string[];
}

/**
 * @param files of the module, by path
 * @throws RegistryError BAD_SHAPE, BAD_PATH, TOO_LARGE
 */
export function renderTemplate(manifest: TemplateManifest, files: ProjectFiles, answers: Answers): Rendered {
  const prefix = `${manifest.folder}/`;
  const made = new Map<string, Uint8Array>();
  const paths: string[] = [];
  for (const [file, bytes] of files) {
    if (!file.startsWith(prefix)) continue;
    const inner = file.slice(prefix.length);
    const rules = manifest.rules.filter(({ match }) => matches(match, inner));
    if (rules.some(({ when }) => when !== undefined && !holds(when, answers))) continue;
    const path = renderPath(inner, answers);
    paths.push(path);
    made.set(path, rules.some(({ verbatim }) => verbatim) ? bytes : renderBytes(bytes, answers, inner));
  }
  if (paths.length === 0)
    throw new RegistryError(
      'BAD_SHAPE',
      `the template has no files in '${printable(manifest.folder)}' for these answers`,
    );
  assertPaths(paths);
  const size = [...made.values()].reduce((sum, { length }) => sum + length, 0);
  if (size > templateLimits.bytes)
    throw new RegistryError(
      'TOO_LARGE',
      `wanted at most ${templateLimits.bytes} bytes of a template, found ${size}`,
    );
  return {
    files: new Map([...made].sort(([a], [b]) => (a < b ? -1 : 1))),
    next: manifest.next.map((line) => renderText(line, answers, 'next')).filter((line) => line.trim() !== ''),
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What is no text is taken as it is. */
function renderBytes(bytes: Uint8Array, answers: Answers, file: string): Uint8Array {
  if (bytes.includes(0)) return bytes;
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch {
    return bytes;
  }
  return text.includes('{{') ? new TextEncoder().encode(renderFile(text, answers, file)) : bytes;
}

/** The files as a tree, a line each. */
export function treeOf(paths: Iterable<string>, noteOf: (path: string) => string = () => ''): string[] {
  interface Folder extends Map<string, Folder | string> {}
  const root: Folder = new Map();
  for (const path of paths) {
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    let at = root;
    for (const part of parts) {
      const next = at.get(part);
      const folder: Folder = next instanceof Map ? next : new Map();
      at.set(part, folder);
      at = folder;
    }
    at.set(name, path);
  }
  const lines = (folder: Folder, indent: string): string[] => {
    const entries = [...folder].sort(([a], [b]) => (a < b ? -1 : 1));
    return entries.flatMap(([name, inner], i) => {
      const isLast = i === entries.length - 1;
      const branch = `${indent}${isLast ? '└─' : '├─'} ${name}`;
      if (!(inner instanceof Map)) return [`${branch}${noteOf(inner)}`];
      return [`${branch}/`, ...lines(inner, `${indent}${isLast ? '   ' : '│  '}`)];
    });
  };
  return lines(root, '');
}
