/** Which modules, authors and other statements changed files belong to. */
import { isModuleName, type ModuleName } from '@mlld/format';
import type { Differing } from './folders.ts';

export interface Changed {
  readonly modules: ReadonlySet<ModuleName>;
  readonly authors: ReadonlySet<string>;
  /** Paths of other statements. */
  readonly others: ReadonlySet<string>;
}

export function changedIn(paths: readonly string[], differing?: Differing): Changed {
  const modules = new Set<ModuleName>(differing?.modules);
  const authors = new Set<string>(differing?.authors);
  const others = new Set<string>();
  for (const file of paths) {
    const [top, author = '', name = ''] = file.split('/');
    if (top === 'authors' && isModuleName(`@${author}/any`)) authors.add(author);
    if (top === 'modules' && isModuleName(`@${author}/${name}`))
      modules.add(`@${author}/${name}` as ModuleName);
    if (top !== 'authors' && top !== 'modules') others.add(file.replace(/\.sig$/, ''));
  }
  return { modules, authors, others };
}

export const authorFolder = (author: string) => `authors/${author}`;
