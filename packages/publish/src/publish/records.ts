/** What a registry repository holds of a module, read through its target. */
import { isVersion, layout, type ModuleName, parseRelease, type Release, selectorAllows } from '@mlld/format';
import type { Lookup, LookupModule } from '../check/imports.ts';
import type { RegistryTarget } from '../registry/target.ts';
import { newest } from '../version.ts';

/** Versions that the registry has of a module. */
export async function publishedVersions(target: RegistryTarget, name: ModuleName): Promise<string[]> {
  const files = await target.list(layout.module(name));
  return files
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .filter(isVersion);
}

/** The release statement of a version; undefined for the unsigned records of today's registry. */
export async function readRelease(
  target: RegistryTarget,
  name: ModuleName,
  version: string,
): Promise<Release | undefined> {
  const text = await target.read(layout.release(name, version));
  try {
    return text === undefined ? undefined : parseRelease(text);
  } catch {
    return undefined;
  }
}

/** Looks imports up in the repository that is published to. */
export function lookupIn(target: RegistryTarget): LookupModule {
  return async (ref): Promise<Lookup> => {
    const versions = await publishedVersions(target, ref.name);
    if (versions.length === 0)
      return { found: false, message: `there is no module ${ref.name} in ${target.info.name}` };
    const { selector } = ref;
    const fitting =
      selector.kind === 'hash' || selector.kind === 'tag'
        ? versions
        : versions.filter((one) => selectorAllows(selector, one));
    const version = newest(fitting);
    if (version === undefined) {
      return {
        found: false,
        message: `no version of ${ref.name} fits`,
        hint: `There are ${versions.join(', ')}.`,
      };
    }
    const release = await readRelease(target, ref.name, version);
    return { found: true, version, exports: release?.exports.map((one) => one.name) };
  };
}
