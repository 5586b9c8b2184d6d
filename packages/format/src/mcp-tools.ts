import { parseJson } from './json.ts';
import { limits } from './limits.ts';
import { mcpFiles, parseMcpManifest } from './mcp-manifest.ts';

export interface McpTool {
  readonly name: string;
  /** It has a description. */
  readonly isDocumented: boolean;
  /** A case of `mcp.test.json` calls it. */
  readonly isTested: boolean;
}

/**
 * What the files of an MCP server's release say of its tools. Never throws: of files that can't be read, it has none.
 * @param texts of the files, by path
 */
export function mcpTools(texts: ReadonlyMap<string, string>): McpTool[] {
  const tested = new Set(testedTools(texts.get(mcpFiles.tests)));
  return listedTools(texts.get(mcpFiles.manifest)).map(({ name, definition: { description } }) => ({
    name,
    isDocumented: typeof description === 'string' && description.trim() !== '',
    isTested: tested.has(name),
  }));
}

function listedTools(manifest: string | undefined) {
  if (manifest === undefined) return [];
  try {
    return (parseMcpManifest(manifest).observed?.definitions ?? []).filter(({ kind }) => kind === 'tool');
  } catch {
    return [];
  }
}

function testedTools(tests: string | undefined): unknown[] {
  if (tests === undefined) return [];
  try {
    const value = parseJson(tests, { where: mcpFiles.tests, maxBytes: limits.mcpManifestBytes });
    const { cases } = value as { readonly cases?: unknown };
    return Array.isArray(cases) ? cases.map((one) => (one as { readonly tool?: unknown } | null)?.tool) : [];
  } catch {
    return [];
  }
}
