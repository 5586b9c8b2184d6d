/** Asks one name server over UDP, and over TCP where the answer was cut (RFC 1035 §4.2, RFC 7766). */
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { limits, printable, RegistryError } from '@mlld/format';
import dnsPacket, { type DecodedPacket } from 'dns-packet';

export interface DnsServer {
  /** IPv4 or IPv6. */
  readonly address: string;
  readonly port: number;
}

export interface DnsQuestion {
  readonly name: string;
  readonly type: 'TXT' | 'NS' | 'A' | 'AAAA' | 'SOA';
}

/** One question, at most twice over UDP. @throws RegistryError DNS_FAILED, TIMEOUT */
export async function askServer(server: DnsServer, question: DnsQuestion): Promise<DecodedPacket> {
  const answer = (await overUdp(server, question)) ?? (await overUdp(server, question));
  if (answer === undefined) throw timeout(server, question);
  return answer.flag_tc ? overTcp(server, question) : answer;
}

function encodeQuestion({ name, type }: DnsQuestion, id: number): Buffer {
  return dnsPacket.encode({
    type: 'query',
    id,
    questions: [{ name, type, class: 'IN' }],
    additionals: [
      {
        type: 'OPT',
        name: '.',
        udpPayloadSize: limits.dnsUdpBytes,
        extendedRcode: 0,
        ednsVersion: 0,
        flags: 0,
        flag_do: false,
        options: [],
      },
    ],
  });
}

/** The answer to this very question, or undefined: on the way anybody can make up others. */
function readAnswer(message: Buffer, id: number, question: DnsQuestion): DecodedPacket | undefined {
  try {
    const packet = dnsPacket.decode(message);
    const [asked] = packet.questions ?? [];
    const same =
      packet.flag_qr &&
      packet.id === id &&
      asked?.type === question.type &&
      asked.name.toLowerCase() === question.name.toLowerCase();
    return same ? packet : undefined;
  } catch {
    return undefined;
  }
}

/** Undefined if no answer came in time. */
function overUdp(server: DnsServer, question: DnsQuestion): Promise<DecodedPacket | undefined> {
  const id = randomInt(0x10000);
  const socket = dgram.createSocket(server.address.includes(':') ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    const end = (act: () => void) => {
      clearTimeout(timer);
      socket.close();
      act();
    };
    const timer = setTimeout(() => end(() => resolve(undefined)), limits.dnsMs);
    const fail = (cause: Error) => end(() => reject(failed(server, question, cause)));
    socket.once('error', fail);
    socket.on('message', (message) => {
      const answer = readAnswer(message, id, question);
      if (answer !== undefined) end(() => resolve(answer));
    });
    // Connected: the system drops what comes from anywhere else, and reports a closed port.
    socket.connect(server.port, server.address, () => {
      socket.send(encodeQuestion(question, id), (error) => error && fail(error));
    });
  });
}

async function overTcp(server: DnsServer, question: DnsQuestion): Promise<DecodedPacket> {
  const id = randomInt(0x10000);
  const message = encodeQuestion(question, id);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  const socket = net.connect({ host: server.address, port: server.port });
  socket.setTimeout(limits.dnsMs, () => socket.destroy(timeout(server, question)));
  try {
    socket.write(Buffer.concat([length, message]));
    let seen = Buffer.alloc(0);
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      seen = Buffer.concat([seen, chunk]);
      if (seen.length < 2 || seen.length < 2 + seen.readUInt16BE(0)) continue;
      const answer = readAnswer(seen.subarray(2, 2 + seen.readUInt16BE(0)), id, question);
      if (answer !== undefined) return answer;
      break;
    }
    throw failed(server, question, new Error('the answer is to another question'));
  } catch (error) {
    throw error instanceof RegistryError ? error : failed(server, question, error);
  } finally {
    socket.destroy();
  }
}

function timeout(server: DnsServer, question: DnsQuestion): RegistryError {
  return new RegistryError('TIMEOUT', `${describe(server, question)}: no answer in ${limits.dnsMs} ms`);
}

function failed(server: DnsServer, question: DnsQuestion, cause: unknown): RegistryError {
  const why = printable(cause instanceof Error ? cause.message : String(cause));
  return new RegistryError('DNS_FAILED', `${describe(server, question)}: ${why}`, { cause });
}

function describe({ address, port }: DnsServer, { name, type }: DnsQuestion): string {
  return `${type} ${name} at ${address}:${port}`;
}
