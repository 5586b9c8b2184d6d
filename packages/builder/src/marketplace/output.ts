/** `.claude-plugin/marketplace.json`: the modules that Claude Code can use, as it wants to read them (docs/spec/mcp-api.md §9). */
import { type Json, layout } from '@mlld/format';
import type { Changed, LateFacts, Output, OutputFile } from '../outputs/output.ts';
import { marketplaceName, pluginOf } from './plugin.ts';

export const marketplace: Output = {
  name: 'marketplace',
  version: 1,
  owns: ['.claude-plugin/'],
  late: (facts, changed) => filesFrom(facts, changed),
};

/** Rows: a plugin by the name of its module. */
async function* filesFrom(facts: LateFacts, changed: Changed): AsyncGenerator<OutputFile> {
  const { rows, info } = facts;
  let differs = changed.all;
  const names = changed.all ? facts.ofKind('mcp-server') : changed.modules;
  for (const name of names) {
    const known = rows.get(name);
    if (facts.record(name)?.kind !== 'mcp-server' && known === undefined) continue;
    const module = await facts.module(name);
    const plugin = module && pluginOf(module, facts);
    const text = plugin === undefined ? undefined : JSON.stringify(plugin);
    if (text === known) continue;
    differs = true;
    if (text === undefined) rows.delete(name);
    else rows.set(name, text);
  }
  if (!differs) return;
  const plugins = [...rows.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => JSON.parse(text) as Json);
  if (plugins.length === 0) {
    yield [layout.marketplace, undefined];
    return;
  }
  const document = {
    name: marketplaceName(info),
    owner: { name: info.title },
    metadata: { description: `MCP servers of ${info.title}, verified and run in a sandbox by mlld` },
    plugins,
  };
  yield [layout.marketplace, `${JSON.stringify(document, null, 1)}\n`];
}
