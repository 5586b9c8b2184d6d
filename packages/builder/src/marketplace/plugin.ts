/** A module as a plugin of Claude Code (docs/spec/mcp-api.md §9): an MCP server that is started through mlld. */
import {
  authorOf,
  isRegistryError,
  type Json,
  type JsonObject,
  type McpServerJson,
  mcpFiles,
  parseServerJson,
  type RegistryInfo,
  shortName,
} from '@mlld/format';
import type { LateFacts, ModuleFacts } from '../outputs/output.ts';

/** Names that Claude Code keeps for marketplaces of its own, and what imitates them. */
const reserved =
  /^(?:claude-code-(?:marketplace|plugins)|claude-plugins-official|anthropic-.*|agent-skills|life-sciences|.*(?:official|anthropic).*)$/;

/** `registry-example-org`; kebab-case, as Claude Code wants it. */
export function marketplaceName({ name }: RegistryInfo): string {
  const kebab = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return reserved.test(kebab) ? `mlld-${kebab.replace(/official|anthropic/g, 'x')}` : kebab;
}

/** Undefined for other kinds, for what was withdrawn, and for what no pinned commit of a repository holds. */
export function pluginOf(
  { header, versions, read, record }: ModuleFacts,
  facts: LateFacts,
): JsonObject | undefined {
  const line = versions.find(({ version }) => version === record.version);
  const release = read.releases.find(({ version }) => version === record.version);
  if (line?.kind !== 'mcp-server' || release?.kind !== 'signed' || header.yanked.has(line.version))
    return undefined;
  const source = sourceOf(release.release.source.repository);
  const hash = line.files.find(({ path }) => path === mcpFiles.server)?.sha256;
  const bytes = hash === undefined ? undefined : facts.bytes(hash);
  const server = bytes === undefined ? undefined : serverIn(bytes);
  if (source === undefined || server === undefined) return undefined;
  const env = environmentOf(server);
  const repository = release.release.repo ?? release.release.source.repository?.url;
  return {
    name: `${authorOf(header.name)}-${shortName(header.name)}`,
    source,
    description: header.about,
    version: line.version,
    author: { name: authorOf(header.name) },
    ...(repository === undefined ? {} : { repository }),
    ...(release.release.homepage === undefined ? {} : { homepage: release.release.homepage }),
    license: line.license,
    keywords: [...release.release.keywords],
    category: 'mcp',
    // There is no plugin.json in the repository: this entry says it all.
    strict: false,
    mcpServers: {
      [shortName(header.name)]: {
        command: 'mlld',
        args: ['mcp', 'serve', `${header.name}@${line.version}`],
        ...(Object.keys(env).length > 0 ? { env } : {}),
      },
    },
  };
}

function serverIn(bytes: Uint8Array): McpServerJson | undefined {
  try {
    return parseServerJson(bytes);
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

/** Secrets and what must be given come from the environment: nothing of them stands here. */
function environmentOf({ packages = [] }: McpServerJson): Record<string, string> {
  const inputs = packages
    .flatMap(({ environmentVariables = [] }) => environmentVariables)
    .filter(
      ({ value, isRequired, isSecret }) => value === undefined && (isRequired === true || isSecret === true),
    );
  return Object.fromEntries(inputs.map(({ name }) => [name, `\${${name}}`]));
}

interface RepositoryPlace {
  readonly url: string;
  readonly commit?: string;
  readonly path?: string;
}

function sourceOf(repository: RepositoryPlace | undefined): Json | undefined {
  const { url, commit, path } = repository ?? {};
  if (url === undefined || commit === undefined || !/^[0-9a-f]{40}$/.test(commit)) return undefined;
  if (path !== undefined && path !== '' && path !== '.')
    return { source: 'git-subdir', url, path, sha: commit };
  const [, repo] = /^https:\/\/github\.com\/([A-Za-z0-9-]+\/[A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(url) ?? [];
  return repo === undefined ? { source: 'url', url, sha: commit } : { source: 'github', repo, sha: commit };
}
