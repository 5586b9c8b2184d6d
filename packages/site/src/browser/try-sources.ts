/** The files of a module and of all that it needs, each checked by its hash before it runs. */
import { type Artifact, layout, type ModuleName, parseIndex } from '@mlld/format';
import { readFile } from './root.ts';
import { sha256Hex } from './verify/bytes.ts';

export interface SourceModule {
  readonly entry: string;
  readonly version: string;
  readonly texts: Readonly<Record<string, string>>;
}

/** By name: `@alice/strings`. */
export type Sources = ReadonlyMap<string, SourceModule>;

export async function readSources(name: string, version: string): Promise<Sources> {
  const path = layout.index(name as ModuleName);
  const bytes = await readFile(path);
  const line = bytes && parseIndex(bytes, path).versions.find((one) => one.version === version);
  if (line === undefined) throw new Error(`${path} does not name version ${version}`);
  const all = await Promise.all([line, ...line.closure].map(readModule));
  return new Map(all);
}

async function readModule({
  name,
  version,
  entry,
  files,
}: Artifact): Promise<readonly [string, SourceModule]> {
  const texts: [string, string][] = [];
  for (const { path, sha256 } of files) {
    if (sha256 === undefined || !/\.ml?d(?:\.md)?$/.test(path)) continue;
    const bytes = await readFile(layout.blob(sha256));
    if (bytes === undefined) throw new Error(`${name}: ${path} is not in this registry`);
    if ((await sha256Hex(bytes)) !== sha256)
      throw new Error(`${name}: ${path} has other bytes than its author signed`);
    texts.push([path, new TextDecoder().decode(bytes)]);
  }
  return [name, { entry, version, texts: Object.fromEntries(texts) }];
}
