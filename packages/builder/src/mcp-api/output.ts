/**
 * The registry API of MCP as files (docs/spec/mcp-api.md §2): for hosts of files, and in shards for programs. One more server writes
 * its own files, one shard, and what leads to the shards.
 */
import { encodeMcpList, type Json, layout, limits, type McpServerEntry } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { Changed, LateFacts, Output, OutputFile, Rows } from '../outputs/output.ts';
import { type Claim, claimOf, named } from './entry.ts';
import { filesOf, latestOf, listFiles, serverFiles } from './files.ts';
import { importedClaim, importedFiles } from './imported.ts';

export const mcpApi: Output = {
  name: 'mcp-api',
  version: 1,
  owns: ['v0.1/'],
  reads: ['mcp'],
  late: (facts, changed) => filesFrom(facts, changed),
};

/**
 * Rows: `@author/name` and `mcp/…` claims, in lines: wanted, own, since, entries; `=server` who has the name, and in the second line
 * its files; `#prefix` the hash of a shard; `depth`.
 */
async function* filesFrom(facts: LateFacts, changed: Changed): AsyncGenerator<OutputFile> {
  const { rows } = facts;
  const touched = await readClaims(facts, changed);
  if (touched.size === 0 && !changed.all) return;
  const holders = holdersIn(rows);
  const differing = new Set<string>();
  for (const [server, key] of holders)
    if (touched.has(key) || holderOf(rows, server)?.key !== key) differing.add(server);
  for (const [row] of rows.entries())
    if (row.startsWith('=') && !holders.has(row.slice(1))) differing.add(row.slice(1));
  if (differing.size === 0 && !changed.all) return;
  for (const server of [...differing].sort()) yield* filesAbout(rows, server, holders.get(server));
  yield* shardFiles(rows, holders, differing);
}

/** Keys of the claims that are new, other than before, or gone. */
async function readClaims(facts: LateFacts, changed: Changed): Promise<Set<string>> {
  const { rows, repository } = facts;
  const touched = new Set<string>();
  const note = (key: string, claim: Claim | undefined) => {
    const text = claim === undefined ? undefined : encodeClaim(claim);
    if (rows.get(key) === text) return;
    touched.add(key);
    if (text === undefined) rows.delete(key);
    else rows.set(key, text);
  };
  const names = changed.all ? facts.ofKind('mcp-server') : changed.modules;
  for (const name of names) {
    const record = facts.record(name);
    const isServer = record?.kind === 'mcp-server' || rows.get(name) !== undefined;
    if (!isServer) continue;
    const module = await facts.module(name);
    note(name, module && claimOf(module, facts));
  }
  const paths = changed.all
    ? importedFiles(repository.tree)
    : [...changed.paths].filter((file) => file.startsWith('mcp/'));
  for (const file of paths) note(file, importedClaim(repository.tree, file));
  return touched;
}

function encodeClaim({ wanted = '', own, since, entries }: Claim): string {
  return `${wanted}\n${own}\n${since}\n${JSON.stringify(entries)}`;
}

function entriesIn(rows: Rows, key: string): readonly McpServerEntry[] {
  const text = rows.get(key);
  return text === undefined ? [] : (JSON.parse(text.split('\n', 4)[3] ?? '[]') as McpServerEntry[]);
}

/** Who has which name: a module whose namespace is proven before what was taken over, the first one before later ones. */
function holdersIn(rows: Rows): ReadonlyMap<string, string> {
  const claims: { key: string; wanted: string; own: string; order: string }[] = [];
  for (const [key, text] of rows.entries()) {
    if (!/^(?:@|mcp\/)/.test(key)) continue;
    const [wanted = '', own = '', since = ''] = text.slice(0, 1000).split('\n', 3);
    claims.push({ key, wanted, own, order: `${key.startsWith('@') ? 0 : 1} ${since} ${key}` });
  }
  claims.sort((a, b) => (a.order < b.order ? -1 : 1));
  const holders = new Map<string, string>();
  for (const { key, wanted, own } of claims) {
    const isFree = wanted !== '' && !holders.has(wanted);
    // What was taken over has no other name: it stands back.
    if (isFree) holders.set(wanted, key);
    else if (key.startsWith('@')) holders.set(own, key);
  }
  return holders;
}

function holderOf(
  rows: Rows,
  server: string,
): { readonly key: string; readonly files: readonly string[] } | undefined {
  const text = rows.get(`=${server}`);
  if (text === undefined) return undefined;
  const [key = '', files = '[]'] = text.split('\n', 2);
  return { key, files: JSON.parse(files) as string[] };
}

function* filesAbout(rows: Rows, server: string, key: string | undefined): Generator<OutputFile> {
  const before = holderOf(rows, server)?.files ?? [];
  if (key === undefined) {
    for (const file of before) yield [file, undefined];
    rows.delete(`=${server}`);
    return;
  }
  const entries = entriesIn(rows, key);
  rows.set(`=${server}`, `${key}\n${JSON.stringify(filesOf(server, entries))}`);
  yield* serverFiles(server, entries, before);
}

function depthFor(servers: number): number {
  let depth = 0;
  while (depth < 4 && servers > limits.mcpShardServers * 16 ** depth) depth++;
  return depth;
}

function* shardFiles(
  rows: Rows,
  holders: ReadonlyMap<string, string>,
  differing: ReadonlySet<string>,
): Generator<OutputFile> {
  const depth = depthFor(holders.size);
  const before = rows.get('depth');
  const isNew = before !== String(depth);
  if (isNew)
    for (const [row] of [...rows.entries()])
      if (row.startsWith('#')) {
        yield [layout.mcpShard(row.slice(1)), undefined];
        rows.delete(row);
      }
  rows.set('depth', String(depth));
  const prefixOf = (server: string) => sha256(server).slice(0, depth);
  const wanted = new Map<string, string[]>();
  const changedPrefixes = new Set([...differing].map(prefixOf));
  for (const server of [...holders.keys()].sort()) {
    const prefix = prefixOf(server);
    if (isNew || changedPrefixes.has(prefix)) wanted.set(prefix, [...(wanted.get(prefix) ?? []), server]);
  }
  for (const prefix of changedPrefixes) if (!wanted.has(prefix)) wanted.set(prefix, []);
  for (const [prefix, servers] of [...wanted].sort()) {
    const text = servers
      .flatMap((server) =>
        entriesIn(rows, holders.get(server) ?? '').map((one) => `${JSON.stringify(named(one, server))}\n`),
      )
      .join('');
    if (text === '') rows.delete(`#${prefix}`);
    else rows.set(`#${prefix}`, `${sha256(text)} ${text.split('\n').length - 1}`);
    yield [layout.mcpShard(prefix), text === '' ? undefined : text];
  }
  yield* leadingFiles(rows, holders, depth);
}

function* leadingFiles(
  rows: Rows,
  holders: ReadonlyMap<string, string>,
  depth: number,
): Generator<OutputFile> {
  const shards = [...rows.entries()]
    .filter(([row]) => row.startsWith('#'))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const state = sha256(shards.map(([row, text]) => `${row} ${text}\n`).join(''));
  const versions = shards.reduce((sum, [, text]) => sum + Number(text.split(' ')[1]), 0);
  const none = holders.size === 0;
  yield [
    layout.mcpList,
    none ? undefined : encodeMcpList({ v: 1, depth, servers: holders.size, versions, state }),
  ];
  const first: Json[] = [];
  for (const server of [...holders.keys()].sort()) {
    if (first.length >= limits.mcpStaticServers) break;
    const latest = latestOf(entriesIn(rows, holders.get(server) ?? ''));
    if (latest !== undefined) first.push(named(latest, server));
  }
  for (const [file, content] of listFiles(first)) yield [file, none ? undefined : content];
}
