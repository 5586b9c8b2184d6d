/** DNS messages (RFC 1035 §4, EDNS: RFC 6891): from the octets of a question to the octets of an answer. */
import { limits } from '@mlld/format';
import dnsPacket, { type Answer, type DecodedPacket, type OptAnswer } from 'dns-packet';
import { type Finding, lookUp, type RecordType, type Zone, type ZoneRecord } from './zone.ts';

const rcodes = { ok: 0, formErr: 1, nxDomain: 3, notImp: 4, refused: 5, badVersion: 16 } as const;
type Rcode = (typeof rcodes)[keyof typeof rcodes];

const typeNumbers: ReadonlyMap<number, RecordType | 'ANY'> = new Map<number, RecordType | 'ANY'>([
  [1, 'A'],
  [2, 'NS'],
  [6, 'SOA'],
  [16, 'TXT'],
  [28, 'AAAA'],
  [255, 'ANY'],
]);
/** AXFR and IXFR: a zone is a file on the web server, not something to be asked for here. */
const transferTypes = [251, 252];

interface Question {
  /** The question section as it came: echoed octet by octet, so that mixed case survives. */
  readonly octets: Buffer;
  /** Lower case, without the last dot. */
  readonly name: string;
  readonly type: number;
  readonly klass: number;
}

interface Edns {
  /** Octets that the asker takes over UDP. */
  readonly size: number;
  readonly version: number;
}

interface Head {
  readonly id: number;
  /** Opcode and RD, as an answer repeats them. */
  readonly flags: number;
}

export interface RespondOptions {
  /** `udp`: cut to what the asker takes and to `limits.dnsUdpBytes`; `stream`: up to 65,535 octets. */
  readonly over: 'udp' | 'stream';
}

/**
 * The answer to a message; undefined for what must not be answered at all: what is too short to have an id, and
 * answers (or two servers would answer each other for ever).
 */
export function respond(zone: Zone, message: Buffer, { over }: RespondOptions): Buffer | undefined {
  if (message.length < 12 || (message.readUInt16BE(2) & 0x8000) !== 0) return undefined;
  const asked = message.readUInt16BE(2);
  const head: Head = { id: message.readUInt16BE(0), flags: asked & 0x7900 };
  if ((asked & 0x7800) !== 0) return encode(head, { rcode: rcodes.notImp });
  const question = readQuestion(message);
  if (question === undefined) return encode(head, { rcode: rcodes.formErr });
  const edns = readEdns(message, question);
  if (edns === 'bad') return encode(head, { rcode: rcodes.formErr, question });
  const parts = { question, ...answerTo(zone, question, edns), ...(edns === undefined ? {} : { edns }) };
  const whole = encode(head, parts);
  const room = over === 'stream' ? 0xffff : Math.min(limits.dnsUdpBytes, Math.max(512, edns?.size ?? 512));
  if (whole.length <= room) return whole;
  return encode(head, { question, rcode: parts.rcode, aa: parts.aa === true, truncated: true, edns: edns });
}

/** A truncated answer without records: as long as its question, it makes an honest asker come back by TCP. */
export function askByTcp(message: Buffer): Buffer | undefined {
  if (message.length < 12 || (message.readUInt16BE(2) & 0x8000) !== 0) return undefined;
  const question = readQuestion(message);
  if (question === undefined) return undefined;
  const head = { id: message.readUInt16BE(0), flags: message.readUInt16BE(2) & 0x7900 };
  return encode(head, { question, rcode: rcodes.ok, truncated: true });
}

/** Seconds that an answer may be kept: its smallest TTL. */
export function smallestTtl(message: Buffer): number {
  const { answers = [], authorities = [] } = dnsPacket.decode(message);
  const ttls = [...answers, ...authorities].map((record) => ('ttl' in record ? Number(record.ttl ?? 0) : 0));
  return ttls.length === 0 ? 0 : Math.min(...ttls);
}

export interface AnswerFacts {
  /** As it was asked, without the last dot; empty for a message without a question. */
  readonly name: string;
  readonly type: string;
  /** `NOERROR`, `NXDOMAIN`, … */
  readonly outcome: string;
  readonly bytes: number;
}

/** What an answer of ours says, for people. */
export function answerFacts(message: Buffer): AnswerFacts {
  const { questions = [], rcode } = dnsPacket.decode(message) as DecodedPacket & { rcode: string };
  const [question] = questions;
  return {
    name: question?.name ?? '',
    type: question?.type ?? '',
    outcome: rcode,
    bytes: message.length,
  };
}

interface Parts {
  readonly rcode: Rcode;
  readonly question?: Question;
  readonly aa?: boolean;
  readonly truncated?: boolean;
  readonly answers?: readonly Answer[];
  readonly authorities?: readonly Answer[];
  readonly additionals?: readonly Answer[];
  readonly edns?: Edns | undefined;
}

function answerTo(zone: Zone, { name, type, klass }: Question, edns: Edns | undefined): Parts {
  if (edns !== undefined && edns.version > 0) return { rcode: rcodes.badVersion };
  if (klass !== 1 || transferTypes.includes(type)) return { rcode: rcodes.refused };
  return partsOf(zone, lookUp(zone, name, typeNumbers.get(type)));
}

function partsOf(zone: Zone, finding: Finding): Parts {
  switch (finding.kind) {
    case 'answer':
      return { rcode: rcodes.ok, aa: true, answers: finding.records.map(toAnswer) };
    case 'nodata':
      return { rcode: rcodes.ok, aa: true, authorities: [negative(zone)] };
    case 'nxdomain':
      return { rcode: rcodes.nxDomain, aa: true, authorities: [negative(zone)] };
    case 'referral':
      return {
        rcode: rcodes.ok,
        authorities: finding.ns.map(toAnswer),
        additionals: finding.glue.map(toAnswer),
      };
    case 'outside':
      return { rcode: rcodes.refused };
  }
}

/** The SOA of a negative answer; its TTL says how long the answer holds (RFC 2308 §3). */
function negative({ soa }: Zone): Answer {
  return toAnswer({ ...soa, ttl: Math.min(soa.ttl, soa.minimum) });
}

function toAnswer(record: ZoneRecord): Answer {
  const { name, ttl, type } = record;
  switch (record.type) {
    case 'TXT':
      return { name, ttl, type: 'TXT', data: [...record.strings] };
    case 'NS':
      return { name, ttl, type: 'NS', data: record.target };
    case 'SOA': {
      const { mname, rname, serial, refresh, retry, expire, minimum } = record;
      return { name, ttl, type: 'SOA', data: { mname, rname, serial, refresh, retry, expire, minimum } };
    }
    default:
      return { name, ttl, type: type as 'A' | 'AAAA', data: record.address };
  }
}

function encode(head: Head, parts: Parts): Buffer {
  const { question, rcode, answers = [], authorities = [], additionals = [], edns } = parts;
  const flags =
    head.flags |
    (rcode & 0xf) |
    (parts.aa ? dnsPacket.AUTHORITATIVE_ANSWER : 0) |
    (parts.truncated ? dnsPacket.TRUNCATED_RESPONSE : 0);
  const packet = dnsPacket.encode({
    type: 'response',
    id: head.id,
    flags,
    answers: [...answers],
    authorities: [...authorities],
    additionals: [...additionals, ...(edns === undefined ? [] : [opt(rcode)])],
  });
  if (question === undefined) return packet;
  // Names are never compressed, so the question goes in between without moving a pointer.
  const whole = Buffer.concat([packet.subarray(0, 12), question.octets, packet.subarray(12)]);
  whole.writeUInt16BE(1, 4);
  return whole;
}

function opt(rcode: Rcode): OptAnswer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize: limits.dnsUdpBytes,
    extendedRcode: rcode >> 4,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/** Reads the question section; undefined if it is not exactly one well-formed question without other records. */
function readQuestion(message: Buffer): Question | undefined {
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map((at) => message.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0 || (additionals ?? 0) > 4) return undefined;
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = message[at];
    // A first name has nothing before it that a pointer could mean.
    if (length === undefined || length > 63 || at - 12 > 254) return undefined;
    if (length === 0) break;
    // A dot inside of a label must not look like one between labels.
    labels.push(message.toString('latin1', at + 1, at + 1 + length).replace(/\./g, '\\.'));
    at += length + 1;
  }
  const end = at + 5;
  if (end > message.length) return undefined;
  return {
    octets: Buffer.from(message.subarray(12, end)),
    name: labels.join('.').replace(/[A-Z]/g, (letter) => letter.toLowerCase()),
    type: message.readUInt16BE(at + 1),
    klass: message.readUInt16BE(at + 3),
  };
}

function readEdns(message: Buffer, question: Question): Edns | undefined | 'bad' {
  const end = 12 + question.octets.length;
  if (message.readUInt16BE(10) === 0) return message.length === end ? undefined : 'bad';
  try {
    const records = (dnsPacket.decode(message).additionals ?? []).filter(isOpt);
    if (records.length > 1) return 'bad';
    const [found] = records;
    return found && { size: found.udpPayloadSize, version: found.ednsVersion };
  } catch {
    return 'bad';
  }
}

function isOpt(record: Answer): record is OptAnswer {
  return record.type === 'OPT';
}
