/** The quality score that the registry's pages will show of a module (docs/spec/quality.md). */
import { kindFacts, mcpTools } from '@mlld/format';
import { type Quality, quality } from '@mlld/lang';
import type { Module } from '../module/read.ts';
import { nameOf, needsOf } from '../release.ts';

/** Undefined for a theme or template, which it does not measure; and without a name: what its examples import can't be told. As if this were its first version. */
export async function qualityOfModule(module: Module): Promise<Quality | undefined> {
  if (!kindFacts[module.kind].isCode) return undefined;
  const { manifest } = module;
  let name: string;
  try {
    name = nameOf(module);
  } catch {
    return undefined;
  }
  const texts = new Map(module.files.map(({ path, bytes }) => [path, Buffer.from(bytes).toString('utf8')]));
  return quality({
    name,
    version: manifest.version ?? '0.0.0',
    about: manifest.about ?? '',
    keywords: manifest.keywords,
    license: manifest.license ?? '',
    repo: manifest.repo,
    bugs: manifest.bugs,
    needs: needsOf(module).map((need) => need.name),
    entry: module.entry,
    texts,
    tools: module.kind === 'mcp-server' ? mcpTools(texts) : undefined,
    versions: 1,
  });
}
