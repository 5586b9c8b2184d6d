/** Servers taken over from other registries (docs/spec/mcp-api.md §5): below `mcp/` of a repository, unsigned, with their origin. */
import {
  type ImportedServer,
  isRegistryError,
  type JsonObject,
  layout,
  limits,
  type McpServerEntry,
  mcpMeta,
  parseImportedServer,
} from '@mlld/format';
import type { Tree } from '../repository/tree.ts';
import type { Claim } from './entry.ts';

/** Paths of all of them, sorted. */
export function importedFiles(tree: Tree): string[] {
  const files: string[] = [];
  const folders = (folder: string) => tree.list(folder).filter(({ kind }) => kind === 'folder');
  for (const { name: origin } of folders('mcp'))
    for (const { name: namespace } of folders(`mcp/${origin}`))
      for (const { name, kind } of tree.list(`mcp/${origin}/${namespace}`))
        if (kind === 'file' && name.endsWith('.json')) files.push(`mcp/${origin}/${namespace}/${name}`);
  return files.sort();
}

/** Undefined for a file that is gone or can't be read as one. */
export function importedClaim(tree: Tree, file: string): Claim | undefined {
  const imported = readImported(tree, file);
  if (imported === undefined) return undefined;
  const { name, origin, versions } = imported;
  const entries = versions.map((entry) => withOrigin(entry, origin));
  return { wanted: name, own: name, since: origin.importedAt, entries };
}

function readImported(tree: Tree, file: string): ImportedServer | undefined {
  try {
    const bytes = tree.read(file, limits.mcpImportPageBytes);
    if (bytes === undefined) return undefined;
    const imported = parseImportedServer(bytes, file);
    const [, host = ''] = file.split('/');
    return layout.mcpImported(host, imported.name) === file ? imported : undefined;
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

/** What the other registry says stays; that it is another's word, and nobody's here, is said beside it. */
function withOrigin(
  { server, _meta }: McpServerEntry,
  { registry, importedAt }: ImportedServer['origin'],
): McpServerEntry {
  const { [mcpMeta.module]: _module, [mcpMeta.origin]: said, ...rest } = _meta;
  const upstream = (said as JsonObject | undefined)?.registry;
  const origin: JsonObject = {
    registry,
    importedAt,
    verified: false,
    ...(typeof upstream === 'string' ? { upstream } : {}),
  };
  return { server, _meta: { ...rest, [mcpMeta.origin]: origin } as McpServerEntry['_meta'] };
}
