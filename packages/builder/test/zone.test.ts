import { execFile, execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { tempDir } from '@mlld/testing';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { zoneFile } from '../src/index.ts';
import { writeFiles } from './registry.ts';

const base = { zone: 'registry.example.org', newest: '2026-01-01T00:00:00.000Z' };
const long = `https://example.org/${'a'.repeat(300)}/x.mld`;
const records = [
  `strings.alice.${base.zone} v=mlld1;ver=1.0.0;url=https://example.org/x.mld`,
  `long.alice.${base.zone} v=mlld1;ver=1.0.0;url=${long}`,
  `odd.alice.${base.zone} v=mlld1;url=https://example.org/a"b\\c;d\nX`,
];

test('a zone has an SOA, name servers, and texts in strings of at most 255 octets', () => {
  const zone = zoneFile({
    ...base,
    records,
    url: 'https://registry.example.org/',
    nameServers: ['ns1.example.net', 'ns2.example.net'],
    hostmaster: 'zone.master@example.org',
  });
  expect(zone.split('\n').slice(0, 6)).toEqual([
    '$ORIGIN registry.example.org.',
    '$TTL 300',
    '@ IN SOA ns1.example.net. zone\\.master.example.org. 1767225600 3600 600 604800 300',
    '@ IN NS ns1.example.net.',
    '@ IN NS ns2.example.net.',
    '_registry.registry.example.org. IN TXT "v=mlldr1;url=https://registry.example.org/"',
  ]);
  for (const [, string = ''] of zone.matchAll(/"((?:[^"\\]|\\.)*)"/g))
    expect(string.replace(/\\(?:\d{3}|.)/g, 'x').length).toBeLessThanOrEqual(255);
  expect(zone).toContain('a\\"b\\\\c;d\\010X');
});

test('no text gets out of its quotes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
      const lines = zoneFile({ ...base, records: [`x.alice.${base.zone} ${text}`] }).split('\n');
      expect(lines).toHaveLength(6);
      expect(lines[4]).toMatch(
        /^x\.alice\.registry\.example\.org\. IN TXT(?: "(?:[^"\\]|\\.)*")*$|^x\.alice\.registry\.example\.org\. IN TXT $/,
      );
    }),
    { numRuns: 30 },
  );
});

test('name servers and addresses that are none are refused', () => {
  for (const wrong of [
    { nameServers: ['a b'] },
    { nameServers: ['x\n@ IN NS evil.'] },
    { hostmaster: 'nobody' },
    { hostmaster: 'a"b@example.org' },
  ])
    expect(() => zoneFile({ ...base, records: [], ...wrong })).toThrow(
      expect.objectContaining({ code: 'BAD_CONFIG' }),
    );
});

test.skipIf(!existsSync('/usr/sbin/knotd') || !existsSync('/usr/bin/kdig'))(
  'a name server (knot) loads the zone and answers from it',
  { timeout: 60_000 },
  async () => {
    const dir = await tempDir();
    const socket = createSocket('udp4');
    const port = await new Promise<number>((resolve) =>
      socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)),
    );
    await promisify((done: () => void) => socket.close(done))();
    writeFiles(
      dir.path,
      new Map([
        ['zones/registry.example.org.zone', zoneFile({ ...base, records })],
        [
          'knot.conf',
          `server:\n  listen: 127.0.0.1@${port}\n  rundir: ${dir.join('run')}\ndatabase:\n  storage: ${dir.join('db')}\nzone:\n  - domain: registry.example.org\n    file: ${dir.join('zones/registry.example.org.zone')}\n`,
        ],
        ['run/.keep', ''],
        ['db/.keep', ''],
      ]),
    );
    execFileSync('chmod', ['-R', 'a+rwX', dir.path]);
    const server = spawn('/usr/sbin/knotd', ['-c', dir.join('knot.conf')], { stdio: 'ignore' });
    onTestFinished(() => void server.kill('SIGKILL'));
    const ask = async (name: string) =>
      (
        await promisify(execFile)('kdig', [
          '@127.0.0.1',
          '-p',
          String(port),
          '+short',
          '+time=1',
          '+retry=0',
          name,
          'TXT',
        ]).catch(() => ({ stdout: '' }))
      ).stdout;
    let answer = '';
    for (let tries = 0; tries < 100 && !answer.includes('mlld1'); tries++) {
      answer = await ask(`strings.alice.${base.zone}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(answer).toContain('v=mlld1;ver=1.0.0;url=https://example.org/x.mld');
    expect((await ask(`long.alice.${base.zone}`)).replaceAll('" "', '')).toContain(long);
    expect(await ask(`odd.alice.${base.zone}`)).toContain('a\\"b\\\\c;d\\010X');
  },
);
