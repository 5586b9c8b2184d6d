/** Where files of a template come to stand (docs/spec/templates.md §5): what a path may be is what a module's file may be. */
import { parsePath, parsePaths, printable, RegistryError } from '@mlld/format';
import type { Answers } from '../manifest/condition.ts';
import { renderText } from './text.ts';

/**
 * `src/__name__.mld` becomes `src/tea.mld`, `__name.snake__` is put through a filter; `__init__` that is no variable stays. A segment
 * `dot_gitignore` becomes `.gitignore`, because a module has no hidden files. An answer fills one segment at most.
 * @throws RegistryError BAD_PATH, BAD_SHAPE
 */
export function renderPath(path: string, answers: Answers): string {
  const segments = path.split('/').map((segment) => {
    const rendered = segment.replace(
      /__([a-z][a-z0-9_]*?)(?:\.([a-z]+))?__/g,
      (found, name: string, filter?: string) =>
        answers.has(name)
          ? renderText(`{{${name}${filter === undefined ? '' : ` | ${filter}`}}}`, answers, path)
          : found,
    );
    if (/[/\\]/.test(rendered))
      throw new RegistryError(
        'BAD_PATH',
        `${printable(path)}: '${printable(rendered)}' is no name of one file`,
        {
          hint: 'Answer without slashes.',
        },
      );
    return rendered.startsWith('dot_') ? `.${rendered.slice('dot_'.length)}` : rendered;
  });
  const made = parsePath(segments.join('/'));
  // Where the command itself keeps what it knows of a project.
  if (/^\.mlld(?:\/|$)/i.test(made) || made.toLowerCase() === recordFile)
    throw new RegistryError('BAD_PATH', `${printable(path)}: '${made}' is written by mlld itself`);
  return made;
}

/** What a project remembers of its template; beside it, `.mlld/` is ours too. */
export const recordFile = 'mlld-template.json';

/** Two files that come to stand in one place, on any system, are refused. @throws RegistryError BAD_PATH */
export function assertPaths(paths: readonly string[]): void {
  parsePaths(paths);
}

/** Whether a path fits a pattern of a rule: `*` within a segment, `**` for any number of them. Linear but for few stars. */
export function matches(pattern: string, path: string): boolean {
  const source = pattern
    .split('/')
    .map((part) => (part === '**' ? '**' : part.replace(/[.+@-]/g, '\\$&').replace(/\*+/g, '[^/]*')))
    .join('/')
    .replace(/^\*\*$/, '.*')
    .replace(/^\*\*\//, '(?:.*/)?')
    .replace(/\/\*\*$/, '/.*')
    .replaceAll('/**/', '/(?:.*/)?');
  return new RegExp(`^${source}$`).test(path);
}
