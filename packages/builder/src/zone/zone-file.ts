/**
 * A DNS zone as a master file (RFC 1035 §5; docs/spec/dns.md §4). Texts come from outside: what is not plain printable
 * ASCII is written as `\DDD`.
 */
import { dnsNames, encodeTxt, RegistryError, txtStrings } from '@mlld/format';

export interface ZoneOptions {
  /** `registry.example.org`, without the dot at its end. */
  readonly zone: string;
  /** Where the distribution is: `_registry.<zone>`. */
  readonly url?: string;
  /** `<owner name> <TXT text>`, one a record. */
  readonly records: readonly string[];
  /** Time of the newest statement: its seconds are the serial. */
  readonly newest: string;
  /** Name servers, the primary one first. */
  readonly nameServers?: readonly string[];
  /** Mail address of who looks after the zone. */
  readonly hostmaster?: string;
  /** Seconds that a record may be kept. */
  readonly ttl?: number;
  /** Instead of the time of the newest statement: raise it when a zone changed without one. */
  readonly serial?: number;
}

/** @throws RegistryError BAD_CONFIG for a name server or mail address that is none */
export function zoneFile({ records, ...options }: ZoneOptions): string {
  const lines = byOwner(records.map(zoneLine)).map((line) => `${line}\n`);
  return zoneHead(options) + lines.join('');
}

/** The line of a record, `<owner name> <TXT text>`. */
export function zoneLine(record: string): string {
  const space = record.indexOf(' ');
  return `${absolute(record.slice(0, space))} IN TXT ${quoted(record.slice(space + 1))}`;
}

/** What stands before the lines that `zoneLine` gives, which come sorted by owner name. */
export function zoneHead(options: Omit<ZoneOptions, 'records'>): string {
  const { zone, url, ttl = 300, hostmaster = `hostmaster@${zone}` } = options;
  const nameServers = (options.nameServers ?? ['localhost']).map(absolute);
  const serial = options.serial ?? Math.max(1, Math.floor(Date.parse(options.newest) / 1000) % 2 ** 32);
  const registry =
    url === undefined ? [] : [zoneLine(`${dnsNames.registry(zone)} ${encodeTxt({ kind: 'registry', url })}`)];
  const head = [
    `$ORIGIN ${absolute(zone)}`,
    `$TTL ${ttl}`,
    `@ IN SOA ${nameServers[0]} ${mailbox(hostmaster)} ${serial} 3600 600 604800 ${ttl}`,
    ...nameServers.map((server) => `@ IN NS ${server}`),
    ...registry,
  ];
  return `${head.join('\n')}\n`;
}

/** Sorted by owner name; the records of one name stay in their order. */
function byOwner(lines: readonly string[]): string[] {
  const owners = new Map<string, string[]>();
  for (const line of lines) {
    const owner = line.slice(0, line.indexOf(' '));
    const own = owners.get(owner);
    if (own === undefined) owners.set(owner, [line]);
    else own.push(line);
  }
  return [...owners.keys()].sort().flatMap((owner) => owners.get(owner) ?? []);
}

function quoted(text: string): string {
  return txtStrings(text)
    .map((part) => `"${escaped(part)}"`)
    .join(' ');
}

function escaped(text: string): string {
  if (/^[ !#-[\]-~]*$/.test(text)) return text;
  return [...Buffer.from(text, 'latin1')]
    .map((byte) => {
      if (byte === 0x22 || byte === 0x5c) return `\\${String.fromCharCode(byte)}`;
      return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`;
    })
    .join('');
}

const hostName =
  /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.?$/;

function absolute(name: string): string {
  if (name.length > 254 || !hostName.test(name))
    throw new RegistryError('BAD_CONFIG', `zone: wanted a host name, found '${name}'`);
  return name.endsWith('.') ? name : `${name}.`;
}

/** RFC 1035 §8: dots of the local part are escaped. */
function mailbox(address: string): string {
  const at = address.lastIndexOf('@');
  const local = address.slice(0, at);
  if (at < 1 || !/^[A-Za-z0-9._+-]+$/.test(local))
    throw new RegistryError('BAD_CONFIG', `zone: wanted a mail address, found '${address}'`);
  return `${local.replaceAll('.', '\\.')}.${absolute(address.slice(at + 1))}`;
}
