/** The files about all modules, from the tables of the state. */
import {
  authorOf,
  encodeRegistryInfo,
  layout,
  limits,
  type ModuleName,
  type RegistryInfo,
} from '@mlld/format';
import { snapshotDigits } from '@mlld/trust/log';
import { type ZoneOptions, zoneHead } from '../zone/zone-file.ts';
import { newestOf, type State } from './state.ts';

export interface Aggregates {
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  /** Time of the newest statement, or the epoch for a registry without any. */
  readonly newest: string;
}

/** What stands after each value in them. */
const lists = { names: '\n', legacy: ',', zone: '\n' } as const;

/** Reads the tables for `aggregates`, where there is time before it is known what changed in them. */
export function prepareAggregates(state: State): void {
  for (const [name, after] of Object.entries(lists)) state[name as keyof typeof lists].prepare(after);
}

export function aggregates(
  state: State,
  info: RegistryInfo,
  { zone, logged }: { readonly zone: Partial<ZoneOptions>; readonly logged: boolean },
): Aggregates {
  const newest = newestOf(state);
  // What a repository says of the depth is nothing: the builder knows.
  const { snapshotDepth: _said, ...described } = info;
  const shown = logged ? { ...described, snapshotDepth: snapshotDigits(state.names.size) } : described;
  const files = new Map<string, string | Uint8Array>([[layout.registry, encodeRegistryInfo(shown)]]);
  for (const [file, text] of nameLists(state.names.joined({ after: lists.names }))) files.set(file, text);
  const head = `{"version":"2.0","generated":${JSON.stringify(newest)},"modules":{`;
  files.set(layout.legacyModules, state.legacy.joined({ head, after: lists.legacy, tail: '}}\n' }));
  if (info.zone !== undefined) {
    const { url } = info;
    const head = zoneHead({ zone: info.zone, ...(url === undefined ? {} : { url }), newest, ...zone });
    const lines = state.zone.joined({ head, after: lists.zone });
    for (let at = lines.indexOf(returned); at >= 0; at = lines.indexOf(returned, at)) lines[at] = lineEnd;
    files.set(layout.zone, lines);
  }
  return { files, newest };
}

const lineEnd = '\n'.charCodeAt(0);
/** Between the lines of one module (state.ts). */
const returned = '\r'.charCodeAt(0);

/** All names in one list, or, above a size, one list for each first character of the author's name. */
export function nameLists(lines: Uint8Array): Map<string, string | Uint8Array> {
  if (lines.length <= limits.namesBytes) return new Map([[layout.names, lines]]);
  const names = Buffer.from(lines).toString().split('\n').slice(0, -1) as ModuleName[];
  const shards = new Map<string, string[]>();
  for (const name of names) {
    const shard = layout.namesShard(authorOf(name));
    const list = shards.get(shard) ?? [];
    list.push(`${name}\n`);
    shards.set(shard, list);
  }
  return new Map([...shards].map(([file, list]) => [file, list.join('')]));
}
