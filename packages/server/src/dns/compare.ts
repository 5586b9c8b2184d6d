/** What a name server answers, against what a zone says: what a registry's operator looks at after a change. */
import { isRegistryError, limits } from '@mlld/format';
import type { Answer, DecodedPacket } from 'dns-packet';
import { askServer, type DnsQuestion, type DnsServer } from './ask.ts';
import type { Zone, ZoneRecord } from './zone.ts';

export type { DnsServer };

export interface RecordDifference {
  readonly name: string;
  readonly type: DnsQuestion['type'];
  /** `missing`: records of ours that it lacks; `extra`: records that are not ours; `different`: both. */
  readonly state: 'missing' | 'extra' | 'different' | 'unanswered';
  /** The records that only one side has, as text. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  /** With `unanswered`: why. */
  readonly reason?: string;
}

export interface ZoneComparison {
  /** Names and types that were asked. */
  readonly asked: number;
  /** By name, then type. */
  readonly differences: readonly RecordDifference[];
}

/**
 * Asks the server for each record set of the zone, many at a time. The zone's own SOA and NS are left out: they
 * belong to who hosts it. Records at names that the zone does not have can't be seen.
 */
export async function compareZone(
  zone: Zone,
  server: DnsServer,
  onProgress: (done: number, all: number) => void = () => {},
): Promise<ZoneComparison> {
  const sets = recordSets(zone);
  const differences: (RecordDifference | undefined)[] = new Array(sets.length);
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let i = next++; i < sets.length; i = next++) {
      differences[i] = await compareSet(sets[i]!, server);
      onProgress(++done, sets.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limits.dnsQuestions, sets.length) }, worker));
  return { asked: sets.length, differences: differences.filter((one) => one !== undefined) };
}

interface RecordSet extends DnsQuestion {
  readonly records: readonly ZoneRecord[];
}

function recordSets(zone: Zone): RecordSet[] {
  const sets = [...zone.names].flatMap(([name, table]) =>
    [...table]
      .filter(([type]) => !(name === zone.origin && (type === 'SOA' || type === 'NS')))
      .map(([type, records]) => ({ name, type, records })),
  );
  return sets.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.type < b.type ? -1 : 1));
}

async function compareSet(set: RecordSet, server: DnsServer): Promise<RecordDifference | undefined> {
  const { name, type } = set;
  let answer: DecodedPacket;
  try {
    answer = await askServer(server, { name, type });
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { name, type, state: 'unanswered', missing: [], extra: [], reason: error.message };
  }
  const rcode = (answer as { rcode?: string }).rcode ?? '';
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') {
    return { name, type, state: 'unanswered', missing: [], extra: [], reason: `the server said ${rcode}` };
  }
  const wanted = new Set(set.records.map(ownText));
  // A referral to a delegated name has its records further down (RFC 1034 §4.3.2).
  const sections = [answer.answers, answer.authorities, answer.additionals].flatMap((one) => one ?? []);
  const found = new Set(sections.flatMap((record) => foundText(record, set)));
  const missing = [...wanted].filter((text) => !found.has(text));
  const extra = [...found].filter((text) => !wanted.has(text));
  if (missing.length === 0 && extra.length === 0) return undefined;
  const state = missing.length === 0 ? 'extra' : extra.length === 0 ? 'missing' : 'different';
  return { name, type, state, missing, extra };
}

function ownText(record: ZoneRecord): string {
  if (record.type === 'TXT') return Buffer.concat(record.strings).toString('latin1');
  if (record.type === 'SOA') return `${record.mname} ${record.rname} ${record.serial}`;
  return record.type === 'NS' ? record.target : canonicalAddress(record.address);
}

/** How the strings of a TXT record are cut does not matter: every reader joins them. */
function foundText(record: Answer, { name, type }: DnsQuestion): string[] {
  if (record.type !== type || record.name.toLowerCase() !== name) return [];
  if (record.type === 'TXT') {
    const strings = Array.isArray(record.data) ? record.data : [record.data];
    return [Buffer.concat(strings.map((one) => Buffer.from(one as string))).toString('latin1')];
  }
  if (record.type === 'NS') return [record.data.toLowerCase()];
  if (record.type === 'A' || record.type === 'AAAA') return [canonicalAddress(record.data)];
  return [];
}

function canonicalAddress(address: string): string {
  return address.includes(':') ? new URL(`http://[${address}]/`).hostname.slice(1, -1) : address;
}
