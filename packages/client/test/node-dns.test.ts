/** The resolver of Node against a name server on the loopback that we play. */
import { createSocket } from 'node:dgram';
import packet from 'dns-packet';
import { expect, it, onTestFinished } from 'vitest';
import { nodeOps } from '../src/index.ts';
import { errorOf } from './fixture/project.ts';

async function nameServer(
  answer: (name: string) => readonly (readonly string[])[] | number | undefined,
): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (bytes, from) => {
    const { id, questions } = packet.decode(bytes);
    const name = questions?.[0]?.name ?? '';
    const found = answer(name);
    if (found === undefined) return;
    const flags = typeof found === 'number' ? found : packet.AUTHORITATIVE_ANSWER;
    const answers =
      typeof found === 'number'
        ? []
        : found.map((data) => ({ type: 'TXT' as const, name, ttl: 1, data: [...data] }));
    socket.send(packet.encode({ type: 'response', id, flags, questions, answers }), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const ask = (server: string, timeoutMs = 2000) =>
  nodeOps().txt({ name: 'x.registry.test', server, timeoutMs });

it('keeps records apart and strings in order', async () => {
  const long = ['a'.repeat(255), 'b'.repeat(20)];
  const records = await ask(await nameServer(() => [long, ['second']]));
  expect([...records].sort((a, b) => b.length - a.length)).toEqual([long, ['second']]);
});

it('tells no record from no answer', async () => {
  expect(await ask(await nameServer(() => 3))).toEqual([]);
  expect(await ask(await nameServer(() => []))).toEqual([]);
  expect(await errorOf(async () => ask(await nameServer(() => 2)))).toMatchObject({
    code: 'DNS_FAILED',
    data: { code: 'ESERVFAIL' },
  });
});

it('gives a silent server up in time, and at once when it is closed', async () => {
  const server = await nameServer(() => undefined);
  expect((await errorOf(() => ask(server, 200))).code).toBe('DNS_FAILED');
  const ops = nodeOps();
  const asked = errorOf(() => ops.txt({ name: 'x.registry.test', server, timeoutMs: 60_000 }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  ops.close();
  expect((await asked).data?.code).toBe('ECANCELLED');
});

it('refuses an address that is none', async () => {
  expect((await errorOf(() => ask('no-address'))).code).toBe('BAD_CONFIG');
});
