/** The answers of the registry API that a host of files can give (docs/spec/mcp-api.md §2). */
import { type Json, layout, limits, type McpServerEntry, mcpMeta } from '@mlld/format';
import type { OutputFile } from '../outputs/output.ts';
import { named } from './entry.ts';

/** What a version has to be called to have a file: others are answered by `mlld registry serve` alone. */
const fileVersion = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,100}$/;
const taken = new Set(['latest', 'index.json', 'index.html']);
/** Namespaces that would stand where a file does. */
const files = new Set(['index.json', 'index.html']);

export function isFileName(server: string): boolean {
  return !files.has(server.slice(0, server.indexOf('/')).toLowerCase());
}

/** All files about one server; `undefined` where one of another version was. */
export function serverFiles(
  name: string,
  entries: readonly McpServerEntry[],
  before: readonly string[] = [],
): OutputFile[] {
  if (!isFileName(name)) return [];
  const shown = entries.filter(isShown);
  const latest = latestOf(entries);
  const found: OutputFile[] = [
    ...document(layout.mcpVersions(name), {
      servers: shown.map((one) => named(one, name)),
      metadata: { count: shown.length },
    }),
    ...entries
      .filter(({ server }) => fileVersion.test(server.version) && !taken.has(server.version.toLowerCase()))
      .map((one): OutputFile => [layout.mcpVersion(name, one.server.version), json(named(one, name))]),
    [layout.mcpVersion(name, 'latest'), latest === undefined ? undefined : json(named(latest, name))],
  ];
  const there = new Set(found.map(([file]) => file));
  return [
    ...before.filter((file) => !there.has(file)).map((file): OutputFile => [file, undefined]),
    ...found,
  ];
}

/** What `serverFiles` writes, to be taken away. */
export function filesOf(name: string, entries: readonly McpServerEntry[]): string[] {
  return serverFiles(name, entries).map(([file]) => file);
}

function isShown({ _meta }: McpServerEntry): boolean {
  return _meta[mcpMeta.official].status !== 'deleted';
}

export function latestOf(entries: readonly McpServerEntry[]): McpServerEntry | undefined {
  const shown = entries.filter(isShown);
  return shown.find(({ _meta }) => _meta[mcpMeta.official].isLatest) ?? shown[0];
}

/** The list without parameters: the latest version of each server, as many as one file may hold. */
export function listFiles(latest: readonly Json[]): OutputFile[] {
  const servers = latest.slice(0, limits.mcpStaticServers);
  return document(layout.mcpServers, { servers, metadata: { count: servers.length } });
}

/** A folder's document under both names that hosts look for. What stands in it can't be taken for markup. */
function document(file: string, value: Json): OutputFile[] {
  const text = json(value);
  return [
    [`${file}.json`, text],
    [`${file}.html`, text],
  ];
}

function json(value: Json): string {
  return `${JSON.stringify(value).replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`;
}
