/** What a new version can do beyond the one before it (docs/spec/scan.md §3), from the published bytes of that one. */
import { limits, type ModuleName } from '@mlld/format';
import { capabilities, diffCapabilities, type ScanSource } from '@mlld/lang';
import { sha256 } from '@mlld/trust';
import { isTest, type Module, textOf } from '../module/read.ts';
import { fetchBounded } from '../place/place.ts';
import type { RegistryTarget } from '../registry/target.ts';
import { readRelease } from './records.ts';

/** Each as `kind name`. */
export interface CapabilityNews {
  /** The version before; absent for a first one, and where its bytes can't be had. */
  readonly since?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Shown to the author before anything becomes public; users are asked about the same when they update. */
export async function capabilityNews(
  {
    target,
    name,
    module,
  }: { readonly target: RegistryTarget; readonly name: ModuleName; readonly module: Module },
  before: string | undefined,
): Promise<CapabilityNews> {
  const now = capabilities(sourcesOf(module));
  const old = before === undefined ? undefined : await publishedSources(target, name, before);
  const { added, removed } = diffCapabilities(capabilities(old ?? []), now);
  const names = (list: typeof added) => list.map(({ kind, name: what }) => `${kind} ${what}`);
  return {
    ...(old === undefined || before === undefined ? {} : { since: before }),
    added: names(added),
    removed: names(removed),
  };
}

function sourcesOf(module: Module): ScanSource[] {
  return [...module.sources.keys()]
    .filter((file) => !isTest(file))
    .map((file) => ({ file, text: textOf(module, file) }));
}

/** The files of a version as its release names them, by hash; undefined where one can't be had. */
async function publishedSources(
  target: RegistryTarget,
  name: ModuleName,
  version: string,
): Promise<ScanSource[] | undefined> {
  const release = await readRelease(target, name, version);
  if (release === undefined) return undefined;
  for (const base of release.sources) {
    const files = await Promise.all(
      release.files.map(async ({ path, sha256: wanted, size }): Promise<ScanSource | undefined> => {
        const bytes = await fetchBounded(base + path, Math.min(size, limits.fileBytes)).catch(
          () => undefined,
        );
        if (!(bytes instanceof Uint8Array) || sha256(bytes) !== wanted) return undefined;
        return { file: path, text: new TextDecoder().decode(bytes) };
      }),
    );
    const found = files.filter((one) => one !== undefined);
    if (found.length === files.length) return found.filter(({ file }) => !isTest(file));
  }
  return undefined;
}
