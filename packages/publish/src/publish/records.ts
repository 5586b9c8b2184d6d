/** What a registry repository holds of a module, read through its target. */
import {
  decode,
  decodeVersionRecord,
  isVersion,
  layout,
  limits,
  locate,
  type ModuleName,
  parseJson,
  parseRelease,
  type Release,
  selectorAllows,
} from '@mlld/format';
import { analyse, type compareExports } from '@mlld/lang';
import type { Lookup, LookupModule } from '../check/imports.ts';
import { fetchBounded } from '../place/place.ts';
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

/** What is compared between two versions. */
export type Exports = Parameters<typeof compareExports>[0];

/**
 * What a version exports: as its release says, or, for the unsigned records of today's registry, as its entry file does.
 * Undefined where that can't be told.
 */
export async function exportsOfVersion(
  target: RegistryTarget,
  name: ModuleName,
  version: string,
): Promise<Exports | undefined> {
  const release = await readRelease(target, name, version);
  if (release === undefined) return exportsOfRecord(target, layout.release(name, version));
  return release.exports.map(({ name: exported, kind, params }) => ({
    name: exported,
    kind,
    parameters: (params ?? []).map((one) => ({ name: one.name, type: one.type, optional: false })),
  }));
}

async function exportsOfRecord(target: RegistryTarget, file: string): Promise<Exports | undefined> {
  try {
    const record = decodeVersionRecord(decode.object(parseJson((await target.read(file)) ?? ''), file), file);
    const { base, entry } = locate(record.source);
    const bytes = await fetchBounded(base + entry, limits.fileBytes);
    if (typeof bytes === 'string') return undefined;
    return (await analyse(Buffer.from(bytes).toString('utf8'), { file: entry })).exports;
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
