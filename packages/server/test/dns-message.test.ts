import { limits } from '@mlld/format';
import dnsPacket, { type DecodedPacket } from 'dns-packet';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { respond } from '../src/dns/message.ts';
import { rateLimit } from '../src/dns/rate.ts';
import { parseZone } from '../src/index.ts';
import { opt, question, textsOf } from './dns-client.ts';
import { origin, texts, zoneText } from './zone-fixture.ts';

const zone = parseZone(zoneText);
const name = `strings.alice.${origin}`;

type Decoded = DecodedPacket & { rcode: string };

function ask(message: Buffer, over: 'udp' | 'stream' = 'udp'): Decoded {
  const answer = respond(zone, message, { over });
  if (answer === undefined) throw new Error('no answer');
  return dnsPacket.decode(answer) as Decoded;
}

describe('answers', () => {
  test('a record, with authority and without recursion', () => {
    const answer = ask(question(name, 'TXT', { flags: dnsPacket.RECURSION_DESIRED }));
    expect(textsOf(answer)).toEqual(texts.get(name));
    expect([answer.rcode, answer.flag_aa, answer.flag_rd, answer.flag_ra, answer.id]).toEqual([
      'NOERROR',
      true,
      true,
      false,
      4711,
    ]);
  });

  test('the question is repeated as it came, in mixed case', () => {
    const mixed = 'StRiNgS.aLiCe.MoDuLeS.eXaMpLe.OrG';
    const answer = ask(question(mixed));
    expect(answer.questions?.[0]?.name).toBe(mixed);
    expect(textsOf(answer)).toEqual(texts.get(name));
  });

  test('no such name, and no such record: the SOA says for how long', () => {
    const absent = ask(question(`absent.${origin}`));
    const noData = ask(question(name, 'A'));
    expect([absent.rcode, noData.rcode]).toEqual(['NXDOMAIN', 'NOERROR']);
    for (const { answers, authorities, flag_aa } of [absent, noData]) {
      expect([answers?.length, authorities?.[0]?.type, flag_aa]).toEqual([0, 'SOA', true]);
      expect(authorities?.[0]).toMatchObject({ name: origin, ttl: 60 });
    }
  });

  test('a delegated author is referred to his own server', () => {
    const answer = ask(question(`any.bob.${origin}`));
    expect([answer.rcode, answer.flag_aa, answer.answers?.length]).toEqual(['NOERROR', false, 0]);
    expect(answer.authorities).toMatchObject([{ type: 'NS', data: `ns.bob.${origin}` }]);
    expect(answer.additionals).toMatchObject([{ type: 'A', data: '192.0.2.53' }]);
  });

  test('SOA, NS and addresses', () => {
    expect(ask(question(origin, 'SOA')).answers).toMatchObject([
      { data: { mname: `ns1.${origin}`, rname: 'hostmaster.example.org', serial: 2026010201 } },
    ]);
    expect(ask(question(origin, 'NS')).answers).toMatchObject([{ data: `ns1.${origin}` }]);
    expect(ask(question(`ns1.${origin}`, 'AAAA')).answers).toMatchObject([{ data: '2001:db8::1' }]);
  });

  test.each([
    ['a name of others', question('example.net'), 'REFUSED'],
    ['a zone transfer', question(origin, 'AXFR'), 'REFUSED'],
    ['another class', dnsPacket.encode({ questions: [{ name, type: 'TXT', class: 'CH' }] }), 'REFUSED'],
    ['an update', question(name, 'TXT', { flags: 5 << 11 }), 'NOTIMP'],
    ['no question', dnsPacket.encode({ questions: [] }), 'FORMERR'],
    [
      'two questions',
      dnsPacket.encode({
        questions: [
          { name, type: 'TXT' },
          { name, type: 'A' },
        ],
      }),
      'FORMERR',
    ],
    [
      'a question with answers',
      question(name, 'TXT', { answers: [{ type: 'A', name, data: '192.0.2.9' }] }),
      'FORMERR',
    ],
    ['two OPT records', question(name, 'TXT', { additionals: [opt(1232), opt(1232)] }), 'FORMERR'],
    ['octets after the end', Buffer.concat([question(name), Buffer.alloc(3)]), 'FORMERR'],
  ])('%s: %s', (_case, message, rcode) => {
    const answer = ask(message);
    expect([answer.rcode, answer.answers?.length]).toEqual([rcode, 0]);
  });

  test('a version of EDNS that is not known is BADVERS', () => {
    const answer = ask(question(name, 'TXT', { additionals: [opt(1232, 1)] }));
    expect(answer.additionals).toMatchObject([{ type: 'OPT', extendedRcode: 1, ednsVersion: 0 }]);
    expect(answer.answers).toHaveLength(0);
  });

  test('ANY gets one set, not all', () => {
    const answer = ask(question(`ns1.${origin}`, 'ANY'));
    expect(new Set(answer.answers?.map((one) => one.type)).size).toBe(1);
  });

  test('answers and what is too short are not answered', () => {
    expect(respond(zone, question(name, 'TXT', { type: 'response' }), { over: 'udp' })).toBeUndefined();
    expect(respond(zone, Buffer.alloc(11), { over: 'udp' })).toBeUndefined();
  });

  test('a dot inside of a label is none between labels', () => {
    const message = question(`xxxxxxx.alice.${origin}`);
    Buffer.from('a.alice').copy(message, 13);
    expect(ask(message).rcode).toBe('NXDOMAIN');
  });
});

describe('size', () => {
  const long = `long.alice.${origin}`;
  const many = `many.alice.${origin}`;

  test.each([
    ['no EDNS, 512 octets are too few', long, undefined, true],
    ['EDNS with room', long, 1232, false],
    ['EDNS with too little room', long, 600, true],
    ['EDNS that says less than the least', name, 10, false],
    ['EDNS that says more than we send', many, 65_535, true],
  ])('%s', (_case, asked, size, truncated) => {
    const message = question(asked, 'TXT', size === undefined ? {} : { additionals: [opt(size)] });
    const octets = respond(zone, message, { over: 'udp' })!;
    const answer = dnsPacket.decode(octets);
    expect(octets.length).toBeLessThanOrEqual(limits.dnsUdpBytes);
    expect([answer.flag_tc, answer.answers?.length === 0]).toEqual([truncated, truncated]);
    expect(textsOf(ask(message, 'stream'))).toEqual(texts.get(asked));
  });
});

test('any octets: no crash, no long answer, never an answer to an answer', () => {
  const real = question(name, 'TXT', { additionals: [opt(4096)] });
  const mutated = fc
    .tuple(fc.array(fc.tuple(fc.nat(real.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(real.length))
    .map(([changes, end]) => {
      const copy = Buffer.from(real);
      for (const [at, octet] of changes) copy[at] = octet;
      return copy.subarray(0, end);
    });
  const noise = fc.uint8Array({ maxLength: 600 }).map((octets) => Buffer.from(octets));
  fc.assert(
    fc.property(fc.oneof(mutated, noise), (message) => {
      const answer = respond(zone, message, { over: 'udp' });
      if (answer === undefined) return;
      expect(answer.length).toBeLessThanOrEqual(limits.dnsUdpBytes);
      expect(answer.readUInt16BE(0)).toBe(message.readUInt16BE(0));
      expect(dnsPacket.decode(answer).flag_qr).toBe(true);
    }),
    { numRuns: 3000 },
  );
});

describe('rate over UDP', () => {
  test('a network is sent to TCP when it asks too fast; others and the loopback are not', () => {
    let now = 0;
    const limit = rateLimit(() => now);
    const count = (address: string) => {
      let allowed = 0;
      for (let i = 0; i < limits.dnsAnswersPerSecond * 2; i++) if (limit.allows(address)) allowed++;
      return allowed;
    };
    expect(count('198.51.100.7')).toBe(limits.dnsAnswersPerSecond);
    expect(limit.allows('198.51.100.200')).toBe(false);
    expect(limit.allows('::ffff:198.51.100.9')).toBe(false);
    expect(limit.allows('198.51.101.7')).toBe(true);
    expect(count('2001:db8:0:12::1')).toBe(limits.dnsAnswersPerSecond);
    expect(limit.allows('2001:db8::34')).toBe(false);
    expect(limit.allows('2001:db8:0:100::1')).toBe(true);
    expect(count('127.0.0.1')).toBe(limits.dnsAnswersPerSecond * 2);
    now = 1000;
    expect(limit.allows('198.51.100.7')).toBe(true);
  });
});
