/** What a check looks at: everything, or what a submission changes. */
import type { Author, ModuleName } from '@mlld/format';
import { isModuleName } from '@mlld/format';
import type { ReadModule } from '../repository/model.ts';
import type { Repository } from '../repository/read.ts';
import type { FileChange } from './changes.ts';

export interface Submission {
  /** The registry as it was. */
  readonly before: Repository;
  readonly changes: readonly FileChange[];
  /** GitHub login of who submits. */
  readonly actor?: string | undefined;
  /** Numeric GitHub id of who submits. */
  readonly actorId?: number | undefined;
}

export interface Scope {
  readonly after: Repository;
  readonly submission?: Submission | undefined;
  readonly modules: readonly ModuleName[];
  readonly authors: readonly Author[];
  /** A module as it is now, read once. */
  readonly module: (name: ModuleName) => ReadModule;
  /** Whether a file was added by the submission; everything is, where there is none. */
  readonly isNew: (file: string) => boolean;
}

export function openScope(after: Repository, submission?: Submission): Scope {
  const read = new Map<ModuleName, ReadModule>();
  const module = (name: ModuleName): ReadModule => {
    const known = read.get(name) ?? after.module(name);
    read.set(name, known);
    return known;
  };
  if (submission === undefined)
    return { after, modules: after.names(), authors: after.authors(), module, isNew: () => true };
  const added = new Set(submission.changes.filter(({ kind }) => kind === 'added').map(({ file }) => file));
  const touched = submission.changes.map(({ file }) => file.split('/'));
  const modules = new Set<ModuleName>();
  const authors = new Set<string>();
  for (const [top, author = '', name = ''] of touched) {
    if (top === 'authors') authors.add(author);
    if (top === 'modules' && isModuleName(`@${author}/${name}`))
      modules.add(`@${author}/${name}` as ModuleName);
  }
  return {
    after,
    submission,
    modules: after.names().filter((name) => modules.has(name)),
    authors: after.authors().filter((author) => authors.has(author)),
    module,
    isNew: (file) => added.has(file),
  };
}
