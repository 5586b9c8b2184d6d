/** The files about all modules, from the tables of the state. */
import { authorOf, encodeRegistryInfo, layout, limits, type RegistryInfo } from '@mlld/format';
import { snapshotDigits } from '@mlld/trust/log';
import { type ZoneOptions, zoneOfLines } from '../zone/zone-file.ts';
import { newestOf, releasedModules, type State } from './state.ts';

export interface Aggregates {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Time of the newest statement, or the epoch for a registry without any. */
  readonly newest: string;
}

export function aggregates(
  state: State,
  info: RegistryInfo,
  { zone, logged }: { readonly zone: Partial<ZoneOptions>; readonly logged: boolean },
): Aggregates {
  const newest = newestOf(state);
  const names = releasedModules(state);
  // What a repository says of the depth is nothing: the builder knows.
  const { snapshotDepth: _said, ...described } = info;
  const shown = logged ? { ...described, snapshotDepth: snapshotDigits(names.length) } : described;
  const files = new Map<string, string | Uint8Array>([[layout.registry, encodeRegistryInfo(shown)]]);
  for (const [file, text] of nameLists(names)) files.set(file, text);
  const entries = state.legacy.joined(',');
  files.set(
    layout.legacyModules,
    Buffer.concat([
      Buffer.from(`{"version":"2.0","generated":${JSON.stringify(newest)},"modules":{`),
      entries.subarray(0, Math.max(0, entries.length - 1)),
      Buffer.from('}}\n'),
    ]),
  );
  if (info.zone !== undefined) {
    const lines = Buffer.from(state.zone.joined('\n')).toString('latin1').replaceAll('\r', '\n');
    files.set(
      layout.zone,
      zoneOfLines({
        zone: info.zone,
        ...(info.url === undefined ? {} : { url: info.url }),
        lines,
        newest,
        ...zone,
      }),
    );
  }
  return { files, newest };
}

/** All names in one list, or, above a size, one list for each first character of the author's name. */
export function nameLists(names: readonly string[]): Map<string, string> {
  const all = names.map((name) => `${name}\n`).join('');
  if (all.length <= limits.namesBytes) return new Map([[layout.names, all]]);
  const shards = new Map<string, string[]>();
  for (const name of names) {
    const shard = layout.namesShard(authorOf(name as Parameters<typeof authorOf>[0]));
    const list = shards.get(shard) ?? [];
    list.push(`${name}\n`);
    shards.set(shard, list);
  }
  return new Map([...shards].map(([file, list]) => [file, list.join('')]));
}
