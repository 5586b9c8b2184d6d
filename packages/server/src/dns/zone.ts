/** A zone in memory, and what it says about a name (RFC 1034 §4.3.2, RFC 2308). */
import { printable, RegistryError } from '@mlld/format';

interface Owned {
  /** Absolute, lower case, without the last dot. */
  readonly name: string;
  /** Seconds. */
  readonly ttl: number;
}

export interface SoaRecord extends Owned {
  readonly type: 'SOA';
  readonly mname: string;
  readonly rname: string;
  readonly serial: number;
  /** Seconds, as the four that follow. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface TxtRecord extends Owned {
  readonly type: 'TXT';
  /** Each at most 255 octets. */
  readonly strings: readonly Buffer[];
}

export interface NsRecord extends Owned {
  readonly type: 'NS';
  readonly target: string;
}

export interface AddressRecord extends Owned {
  readonly type: 'A' | 'AAAA';
  readonly address: string;
}

export type ZoneRecord = SoaRecord | TxtRecord | NsRecord | AddressRecord;
export type RecordType = ZoneRecord['type'];

type RecordSets = ReadonlyMap<RecordType, readonly ZoneRecord[]>;

export interface Zone {
  /** The zone's name: absolute, lower case, without the last dot. */
  readonly origin: string;
  readonly soa: SoaRecord;
  /** By name; a name without records that has others below it has an empty table. */
  readonly names: ReadonlyMap<string, RecordSets>;
  readonly size: number;
}

/** What a zone says to a question. */
export type Finding =
  | { readonly kind: 'answer'; readonly records: readonly ZoneRecord[] }
  /** The name exists without such records. */
  | { readonly kind: 'nodata' }
  | { readonly kind: 'nxdomain' }
  /** Another name server is asked about this part of the zone. */
  | { readonly kind: 'referral'; readonly ns: readonly NsRecord[]; readonly glue: readonly AddressRecord[] }
  /** Not this zone's. */
  | { readonly kind: 'outside' };

/**
 * Puts records together to a zone. @throws RegistryError BAD_ZONE: no SOA or more than one, a record outside of the zone,
 * or records of one name and type with different times to live (RFC 2181 §5.2)
 */
export function makeZone(origin: string, records: readonly ZoneRecord[]): Zone {
  const names = new Map<string, Map<RecordType, ZoneRecord[]>>();
  for (const record of records) {
    if (!isWithin(record.name, origin)) throw bad(origin, `'${record.name}' is not in it`);
    for (const name of pathTo(record.name, origin)) if (!names.has(name)) names.set(name, new Map());
    const sets = names.get(record.name);
    const set = sets?.get(record.type);
    if (set === undefined) sets?.set(record.type, [record]);
    else if (set[0]?.ttl !== record.ttl)
      throw bad(origin, `${record.type} of '${record.name}' has more than one TTL`);
    else set.push(record);
  }
  const soas = records.filter((record) => record.type === 'SOA');
  const soa = soas[0];
  if (soa === undefined || soas.length > 1 || soa.name !== origin)
    throw bad(origin, `wanted one SOA, of the zone itself, found ${soas.length}`);
  return { origin, soa, names, size: records.length };
}

/** What the zone says about `name` (lower case, without the last dot) and a type; `ANY` gives any one set (RFC 8482). */
export function lookUp(zone: Zone, name: string, type: RecordType | 'ANY' | undefined): Finding {
  if (!isWithin(name, zone.origin)) return { kind: 'outside' };
  const cut = delegation(zone, name);
  if (cut !== undefined) return cut;
  const sets = zone.names.get(name);
  if (sets === undefined) return { kind: 'nxdomain' };
  const records = type === 'ANY' ? [...sets.values()][0] : type && sets.get(type);
  return records === undefined ? { kind: 'nodata' } : { kind: 'answer', records };
}

/** The uppermost name between the zone's own and the asked one that is delegated to other servers. */
function delegation(zone: Zone, name: string): Finding | undefined {
  for (const at of pathTo(name, zone.origin)) {
    const ns = at === zone.origin ? undefined : zone.names.get(at)?.get('NS');
    if (ns === undefined) continue;
    const servers = ns.filter((record) => record.type === 'NS');
    const glue = servers.flatMap(({ target }) => addressesOf(zone, target));
    return { kind: 'referral', ns: servers, glue };
  }
  return undefined;
}

function addressesOf(zone: Zone, name: string): AddressRecord[] {
  const sets = zone.names.get(name);
  const records = [...(sets?.get('A') ?? []), ...(sets?.get('AAAA') ?? [])];
  return records.filter((record): record is AddressRecord => record.type === 'A' || record.type === 'AAAA');
}

export function isWithin(name: string, origin: string): boolean {
  return name === origin || name.endsWith(`.${origin}`);
}

/** The names from the origin down to `name`, both included. */
function pathTo(name: string, origin: string): string[] {
  const path = [origin];
  for (let at = name.length - origin.length - 1; at > 0; ) {
    at = name.lastIndexOf('.', at - 1);
    path.push(name.slice(at + 1));
  }
  return path;
}

function bad(origin: string, problem: string): RegistryError {
  return new RegistryError('BAD_ZONE', `zone ${printable(origin)}: ${printable(problem)}`);
}
