/** The same zone in another, older name server: what it reads and answers is what we read and answer. */
import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { bareEnvironment, makeTempDir } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareZone, parseZone, serveDns, type Zone } from '../src/index.ts';
import { builtZone, origin, texts, zoneText } from './zone-fixture.ts';

const knotd = ['/usr/sbin/knotd', '/usr/local/sbin/knotd', '/usr/bin/knotd'].find((file) => existsSync(file));

/** A port that was free a moment ago, for UDP and for TCP. */
async function freePort(): Promise<number> {
  const { port, close } = await serveDns({ zone: parseZone(zoneText), port: 0 });
  await close();
  return port;
}

interface Knot {
  readonly port: number;
  readonly stop: () => Promise<void>;
}

/** Starts knotd; again on another port if somebody took the first one. */
async function startKnot(zone: string): Promise<Knot> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await tryKnot(zone);
    } catch (error) {
      if (attempt === 4 || !String(error).includes('address already in use')) throw error;
    }
  }
}

/** Starts knotd with the zone on a loopback port; it runs until `stop`. */
async function tryKnot(zone: string): Promise<Knot> {
  const home = await makeTempDir('mlld-knot-');
  const port = await freePort();
  await mkdir(home.join('db'));
  await writeFile(home.join('zone'), zone);
  await writeFile(
    home.join('knot.conf'),
    `server:
  listen: 127.0.0.1@${port}
  rundir: ${home.path}
database:
  storage: ${home.join('db')}
log:
  - target: stderr
    any: warning
zone:
  - domain: ${origin}
    file: ${home.join('zone')}
    zonefile-sync: -1
    journal-content: none
    semantic-checks: on
`,
  );
  const child = spawn(knotd!, ['-c', home.join('knot.conf')], {
    env: bareEnvironment(),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await home.remove();
  };
  const resolver = resolverAt(port, 200);
  for (let i = 0; i < 100; i++) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`knotd ended: ${said}`);
    }
    const found = await resolver.resolveSoa(origin).catch(() => undefined);
    if (found !== undefined) return { port, stop };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await stop();
  throw new Error(`knotd does not answer: ${said}`);
}

function resolverAt(port: number, timeout = 2000): Resolver {
  const resolver = new Resolver({ timeout, tries: 1 });
  resolver.setServers([`127.0.0.1:${port}`]);
  return resolver;
}

describe.skipIf(knotd === undefined)('knotd (Debian: knot; skipped where it is not installed)', () => {
  let knot: Knot;
  let zone: Zone;
  beforeAll(async () => {
    zone = parseZone(zoneText);
    knot = await startKnot(zoneText);
  });
  afterAll(() => knot?.stop());

  test('gives every TXT record as we do', async () => {
    const own = await serveDns({ zone, port: 0 });
    try {
      for (const [name, records] of texts) {
        const [theirs, ours] = await Promise.all(
          [knot.port, own.port].map(async (port) => {
            const found = await resolverAt(port).resolveTxt(name);
            return found.map((strings) => strings.join('')).sort();
          }),
        );
        expect(theirs).toEqual([...records].sort());
        expect(ours).toEqual(theirs);
      }
    } finally {
      await own.close();
    }
  });

  test('answers no such name and no such record as we do', async () => {
    const codes = [`absent.${origin}`, `alice.${origin}`].map((name) =>
      resolverAt(knot.port)
        .resolveTxt(name)
        .catch((error: { code: string }) => error.code),
    );
    expect(await Promise.all(codes)).toEqual(['ENOTFOUND', 'ENODATA']);
  });

  test('has no difference to its own zone', async () => {
    const { asked, differences } = await compareZone(zone, { address: '127.0.0.1', port: knot.port });
    expect(differences).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(texts.size + 2);
  });

  test('reads the zone that the builder writes, and gives what we read in it', async () => {
    const built = await startKnot(builtZone());
    try {
      const { asked, differences } = await compareZone(parseZone(builtZone()), {
        address: '127.0.0.1',
        port: built.port,
      });
      expect([asked, differences]).toEqual([texts.size, []]);
    } finally {
      await built.stop();
    }
  });

  test('differs where the zone has moved on', async () => {
    const next = zoneText
      .replace('ver=1.2.0', 'ver=1.3.0')
      .concat(`new.alice.${origin}. TXT "v=mlld1;url=https://example.org/new.mld"\n`)
      .replace(/many\.alice[^\n]*mirror-3[^\n]*\n/, '');
    const { differences } = await compareZone(parseZone(next), { address: '127.0.0.1', port: knot.port });
    expect(differences.map(({ name, state }) => [name.split('.')[0], state])).toEqual([
      ['many', 'extra'],
      ['new', 'missing'],
      ['strings', 'different'],
    ]);
  });
});

test('a server that refuses, and one that is not there', async () => {
  const zone = parseZone(zoneText);
  const other = await serveDns({
    zone: parseZone(zoneText.replaceAll('modules.example', 'other.example')),
    port: 0,
  });
  const { differences } = await compareZone(zone, { address: '127.0.0.1', port: other.port });
  await other.close();
  expect(new Set(differences.map(({ state, reason }) => `${state}: ${reason}`))).toEqual(
    new Set(['unanswered: the server said REFUSED']),
  );
  const gone = await compareZone(zone, { address: '127.0.0.1', port: await freePort() });
  expect(new Set(gone.differences.map(({ state }) => state))).toEqual(new Set(['unanswered']));
});
