import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { rename, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { promisify } from 'node:util';
import { isRegistryError } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import dnsPacket, { type DecodedPacket } from 'dns-packet';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DnsService, parseZone, type QuerySeen, serveDns } from '../src/index.ts';
import { question, textsOf } from './dns-client.ts';
import { origin, texts, zoneText } from './zone-fixture.ts';

const zone = parseZone(zoneText);
const name = `strings.alice.${origin}`;

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
