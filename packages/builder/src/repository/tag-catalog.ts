/** The tags that the registry's maintainers keep. */
import { layout, limits } from '@mlld/format';
import { emptyTagCatalog, parseTagCatalog, type TagCatalog } from '@mlld/site';
import type { Tree } from './tree.ts';

/** An empty catalog where there is none, or one that can't be read: the check of the repository says why. */
export function tagCatalog({ tree }: { readonly tree: Tree }): TagCatalog {
  try {
    const bytes = tree.read(layout.tagCatalog, limits.configBytes);
    return bytes === undefined ? emptyTagCatalog : parseTagCatalog(bytes, layout.tagCatalog);
  } catch {
    return emptyTagCatalog;
  }
}
