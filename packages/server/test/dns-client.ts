/** Questions and answers of DNS for tests. */
import dnsPacket, { type Packet } from 'dns-packet';

export const opt = (size: number, version = 0): dnsPacket.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: size,
  extendedRcode: 0,
  ednsVersion: version,
  flags: 0,
  flag_do: false,
  options: [],
});

export function question(asked: string, type = 'TXT', more: Packet = {}): Buffer {
  const questions = [{ name: asked, type: type as 'TXT', class: 'IN' as const }];
  return dnsPacket.encode({ type: 'query', id: 4711, questions, ...more });
}

/** The texts of an answer's TXT records. */
export function textsOf({ answers = [] }: Packet): string[] {
  return answers.map((one) => (one.type === 'TXT' ? Buffer.concat(one.data as Buffer[]).toString() : '?'));
}
