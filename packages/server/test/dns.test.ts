import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { rename, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { isRegistryError, limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import dnsPacket, { type DecodedPacket, type Packet } from 'dns-packet';
import fc from 'fast-check';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { respond } from '../src/dns/message.ts';
import { rateLimit } from '../src/dns/rate.ts';
import { type DnsService, parseZone, type QuerySeen, serveDistribution, serveDns } from '../src/index.ts';
import { writeDistribution } from './fixture.ts';
import { origin, texts, zoneText } from './zone-fixture.ts';

const zone = parseZone(zoneText);
const name = `strings.alice.${origin}`;
const opt = (size: number, version = 0): dnsPacket.OptAnswer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize: size,
  extendedRcode: 0,
  ednsVersion: version,
  flags: 0,
  flag_do: false,
  options: [],
});

function question(asked: string, type = 'TXT', more: Packet = {}): Buffer {
  const questions = [{ name: asked, type: type as 'TXT', class: 'IN' as const }];
  return dnsPacket.encode({ type: 'query', id: 4711, questions, ...more });
}

type Decoded = DecodedPacket & { rcode: string };

function ask(message: Buffer, over: 'udp' | 'stream' = 'udp'): Decoded {
  const answer = respond(zone, message, { over });
  if (answer === undefined) throw new Error('no answer');
  return dnsPacket.decode(answer) as Decoded;
}

function textsOf({ answers = [] }: Packet): string[] {
  return answers.map((one) => (one.type === 'TXT' ? Buffer.concat(one.data as Buffer[]).toString() : '?'));
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

describe('server', () => {
  let service: DnsService;
  beforeAll(async () => {
    service = await serveDns({ zone, port: 0 });
    return () => service.close();
  });

  function resolver(): Resolver {
    const one = new Resolver({ timeout: 2000, tries: 1 });
    one.setServers([`127.0.0.1:${service.port}`]);
    return one;
  }

  test("Node's resolver reads short and long records, over UDP and TCP", async () => {
    for (const [asked, records] of texts) {
      const found = await resolver().resolveTxt(asked);
      expect(found.map((strings) => strings.join('')).sort()).toEqual([...records].sort());
    }
  });

  test("Node's resolver tells no such name from no such record", async () => {
    await expect(resolver().resolveTxt(`absent.${origin}`)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver().resolveTxt(`alice.${origin}`)).rejects.toMatchObject({ code: 'ENODATA' });
  });

  test('questions are counted and told', async () => {
    const seen: QuerySeen[] = [];
    const own = await serveDns({ zone, port: 0, onQuery: (one) => seen.push(one) });
    onTestFinished(() => own.close());
    const asker = new Resolver();
    asker.setServers([`127.0.0.1:${own.port}`]);
    await asker.resolveTxt(name);
    await asker.resolveTxt(`absent.${origin}`).catch(() => {});
    expect(own.queries()).toBe(2);
    expect(seen).toMatchObject([
      { name, type: 'TXT', outcome: 'NOERROR', over: 'udp' },
      { name: `absent.${origin}`, outcome: 'NXDOMAIN' },
    ]);
  });

  test('many questions in one TCP segment, and one in many', async () => {
    const frame = (id: number) => {
      const message = question(id % 2 === 0 ? `many.alice.${origin}` : name, 'TXT', { id });
      return Buffer.concat([Buffer.from([message.length >> 8, message.length & 255]), message]);
    };
    const all = Buffer.concat(Array.from({ length: 40 }, (_, i) => frame(i)));
    const socket = net.connect(service.port, '127.0.0.1');
    socket.setNoDelay(true);
    const answers = collect(socket, 40);
    socket.write(all.subarray(0, 1000));
    for (const octet of all.subarray(1000, 1040)) {
      socket.write(Buffer.from([octet]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.end(all.subarray(1040));
    expect((await answers).map((one) => one.id)).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test.each([
    ['a length that is too short', Buffer.from([0, 3, 1, 2, 3])],
    ['a length that is too long', Buffer.from([255, 255, 0])],
    [
      'an answer',
      (() => {
        const message = question(name, 'TXT', { type: 'response' });
        return Buffer.concat([Buffer.from([0, message.length]), message]);
      })(),
    ],
  ])('%s on TCP ends the connection', async (_case, octets) => {
    const socket = net.connect(service.port, '127.0.0.1');
    const ended = new Promise<void>((resolve) => socket.on('close', () => resolve()));
    socket.on('error', () => {});
    socket.resume();
    socket.write(octets);
    await ended;
  });

  test('noise on UDP leaves the server standing', async () => {
    const socket = dgram.createSocket('udp4');
    onTestFinished(() => void socket.close());
    for (let i = 0; i < 200; i++) {
      const octets = Buffer.from(Array.from({ length: i }, (_, at) => (i * 7 + at * 13) % 256));
      await new Promise((resolve) => socket.send(octets, service.port, '127.0.0.1', resolve));
    }
    expect(await resolver().resolveTxt(name)).toHaveLength(1);
  });

  test('kdig understands us', async (context) => {
    const version = await promisify(execFile)('kdig', ['--version']).catch(() => undefined);
    if (version === undefined) return context.skip('kdig (Debian: knot-dnsutils) is not installed');
    const kdig = async (...args: string[]) =>
      (await promisify(execFile)('kdig', ['@127.0.0.1', '-p', String(service.port), ...args])).stdout;
    const long = await kdig('+bufsize=512', `long.alice.${origin}`, 'TXT');
    expect(long).toMatch(/\(TCP\)/);
    expect(long).not.toMatch(/;; WARNING|;; ERROR/);
    const joined = long.replace(/" "/g, '');
    for (const text of texts.get(`long.alice.${origin}`) ?? []) expect(joined).toContain(text);
    expect(await kdig('+noedns', name, 'TXT')).toMatch(/status: NOERROR/);
    expect(await kdig('+edns=1', name, 'TXT')).toMatch(/BADVERS/);
    expect(await kdig(origin, 'AXFR').catch((error: { stdout: string }) => error.stdout)).not.toContain(
      'alice',
    );
  });
});

/** Reads that many answers from a TCP connection. */
async function collect(socket: net.Socket, wanted: number): Promise<DecodedPacket[]> {
  const answers: DecodedPacket[] = [];
  let seen: Buffer = Buffer.alloc(0);
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    seen = Buffer.concat([seen, chunk]);
    while (seen.length >= 2 && seen.length >= 2 + seen.readUInt16BE(0)) {
      answers.push(dnsPacket.decode(seen.subarray(2, 2 + seen.readUInt16BE(0))));
      seen = seen.subarray(2 + seen.readUInt16BE(0));
    }
    if (answers.length === wanted) break;
  }
  return answers;
}

describe('zone file', () => {
  async function followed(): Promise<{ file: string; service: DnsService; problems: string[] }> {
    const file = (await tempDir()).join('zone');
    await writeFile(file, zoneText);
    const problems: string[] = [];
    const service = await serveDns({ zone: file, port: 0, onProblem: (one) => problems.push(one.code) });
    onTestFinished(() => service.close());
    return { file, service, problems };
  }

  async function replace(file: string, text: string): Promise<void> {
    await writeFile(`${file}.part`, text);
    await rename(`${file}.part`, file);
  }

  async function textOf(service: DnsService): Promise<string | undefined> {
    const answer = service.answer(question(name))!;
    return textsOf(dnsPacket.decode(answer))[0];
  }

  async function until(check: () => Promise<boolean> | boolean): Promise<void> {
    for (let i = 0; i < 200; i++) {
      if (await check()) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('it did not happen');
  }

  test('is followed when it is rebuilt; a broken one leaves the last good one', async () => {
    const { file, service, problems } = await followed();
    await replace(file, zoneText.replace('ver=1.2.0', 'ver=1.3.0'));
    await until(async () => (await textOf(service))?.includes('ver=1.3.0') === true);
    await replace(file, 'no zone at all');
    await until(() => problems.length > 0);
    expect(problems).toEqual(['BAD_ZONE']);
    expect(await textOf(service)).toContain('ver=1.3.0');
    await replace(file, zoneText);
    await until(async () => (await textOf(service))?.includes('ver=1.2.0') === true);
  });

  test('absent or broken at the start is an error', async () => {
    const file = (await tempDir()).join('zone');
    const absent = await serveDns({ zone: file, port: 0 }).catch((one: unknown) => one);
    expect(isRegistryError(absent, 'FILE_NOT_FOUND')).toBe(true);
    await writeFile(file, 'x');
    const broken = await serveDns({ zone: file, port: 0 }).catch((one: unknown) => one);
    expect(isRegistryError(broken, 'BAD_ZONE')).toBe(true);
  });
});

describe('ports', () => {
  test('a demanded port that is in use, for UDP or for TCP, is PORT_BUSY; another is free', async () => {
    const first = await serveDns({ zone, port: 0 });
    onTestFinished(() => first.close());
    const error = await serveDns({ zone, port: first.port }).catch((one: unknown) => one);
    expect(isRegistryError(error, 'PORT_BUSY')).toBe(true);
    const udp = dgram.createSocket('udp4');
    onTestFinished(() => void udp.close());
    await new Promise<void>((resolve) => udp.bind(0, '127.0.0.1', resolve));
    const other = await serveDns({ zone, port: udp.address().port }).catch((one: unknown) => one);
    expect(isRegistryError(other, 'PORT_BUSY')).toBe(true);
    const services = [await serveDns({ zone }), await serveDns({ zone })];
    onTestFinished(async () => void (await Promise.all(services.map((one) => one.close()))));
    expect(services[0]!.port).not.toBe(services[1]!.port);
  });
});

describe('over HTTPS', () => {
  const media = 'application/dns-message';

  async function served(): Promise<{ url: string; dns: DnsService }> {
    const { path: folder } = await tempDir();
    await writeDistribution(path.join(folder));
    const dns = await serveDns({ zone, port: 0 });
    const http = await serveDistribution({ folder, port: 0, answerDns: dns.answer });
    onTestFinished(async () => void (await Promise.all([dns.close(), http.close()])));
    return { url: `${http.url}dns-query`, dns };
  }

  test('GET and POST get the same; it may be kept as long as its records', async () => {
    const { url, dns } = await served();
    const message = question(`long.alice.${origin}`, 'TXT', { id: 0 });
    const answers = await Promise.all([
      fetch(`${url}?dns=${message.toString('base64url')}`, { headers: { accept: media } }),
      fetch(url, { method: 'POST', body: new Uint8Array(message), headers: { 'content-type': media } }),
    ]);
    for (const answer of answers) {
      expect(answer.headers.get('content-type')).toBe(media);
      expect(answer.headers.get('cache-control')).toBe('max-age=300');
      const packet = dnsPacket.decode(Buffer.from(await answer.arrayBuffer()));
      expect(textsOf(packet)).toEqual(texts.get(`long.alice.${origin}`));
    }
    expect(dns.queries()).toBe(2);
  });

  test('what does not exist may be kept for as long as the SOA says', async () => {
    const { url } = await served();
    const answer = await fetch(`${url}?dns=${question(`absent.${origin}`).toString('base64url')}`);
    expect(answer.headers.get('cache-control')).toBe('max-age=60');
  });

  test.each([
    ['?dns=', 'GET', media, 400, 'BAD_REQUEST'],
    ['?dns=%2B%2B', 'GET', media, 400, 'BAD_REQUEST'],
    ['?dns=AAAA', 'GET', media, 400, 'BAD_REQUEST'],
    ['', 'GET', media, 400, 'BAD_REQUEST'],
    ['', 'POST', 'text/plain', 415, 'MEDIA_TYPE'],
    ['', 'POST', media, 413, 'TOO_LARGE'],
    ['', 'DELETE', media, 405, 'METHOD_NOT_ALLOWED'],
  ])('%s %s %s: %i', async (query, method, type, status, code) => {
    const { url } = await served();
    const body = method === 'POST' ? new Uint8Array(limits.httpBodyBytes + 1) : null;
    const answer = await fetch(`${url}${query}`, { method, body, headers: { 'content-type': type } });
    expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }]);
  });

  test('without a name server there is no such address', async () => {
    const { path: folder } = await tempDir();
    await writeDistribution(folder);
    const http = await serveDistribution({ folder, port: 0 });
    onTestFinished(() => http.close());
    expect((await fetch(`${http.url}dns-query?dns=AAAA`)).status).toBe(404);
  });
});
