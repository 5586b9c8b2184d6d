/** The files about all modules, from the rows of the state. */
import { authorOf, encodeRegistryInfo, layout, limits, type RegistryInfo } from '@mlld/format';
import { snapshotDigits } from '@mlld/trust/log';
import { type ZoneOptions, zoneOfLines } from '../zone/zone-file.ts';
import { cell, column, type State, zoneLines } from './state.ts';

export interface Aggregates {
  readonly files: ReadonlyMap<string, string>;
  /** Time of the newest statement, or the epoch for a registry without any. */
  readonly newest: string;
}

export function aggregates(
  { modules }: Pick<State, 'modules'>,
  info: RegistryInfo,
  { zone, logged }: { readonly zone: Partial<ZoneOptions>; readonly logged: boolean },
): Aggregates {
  let newest = '1970-01-01T00:00:00.000Z';
  const entries: string[] = [];
  const lines: string[] = [];
  const names: string[] = [];
  for (const name of [...modules.keys()].sort()) {
    const row = modules.get(name) ?? '';
    if (cell(row, column.counts).startsWith('0 ')) continue;
    names.push(name);
    const time = cell(row, column.newest);
    if (time > newest) newest = time;
    const legacy = cell(row, column.legacy);
    if (legacy !== '') entries.push(legacy);
    if (info.zone !== undefined) lines.push(...zoneLines(row));
  }
  // What a repository says of the depth is nothing: the builder knows.
  const { snapshotDepth: _said, ...described } = info;
  const shown = logged ? { ...described, snapshotDepth: snapshotDigits(names.length) } : described;
  const files = new Map<string, string>([[layout.registry, encodeRegistryInfo(shown)]]);
  for (const [file, text] of nameLists(names)) files.set(file, text);
  const generated = JSON.stringify(newest);
  files.set(
    layout.legacyModules,
    `{"version":"2.0","generated":${generated},"modules":{${entries.join(',')}}}\n`,
  );
  if (info.zone !== undefined) {
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
