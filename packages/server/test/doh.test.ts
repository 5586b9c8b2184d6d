import { limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import dnsPacket from 'dns-packet';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type DnsService, parseZone, serveDistribution, serveDns } from '../src/index.ts';
import { question, textsOf } from './dns-client.ts';
import { writeDistribution } from './fixture.ts';
import { origin, texts, zoneText } from './zone-fixture.ts';

const zone = parseZone(zoneText);

describe('over HTTPS', () => {
  const media = 'application/dns-message';

  async function served(): Promise<{ url: string; dns: DnsService }> {
    const { path: folder } = await tempDir();
    await writeDistribution(folder);
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
