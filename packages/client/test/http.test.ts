/** Connections to a host (resolve.md §5.7), against real sockets. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { netLimits } from '../src/fetch/net.ts';
import { nodeOps } from '../src/index.ts';
import type { HttpRequest } from '../src/ops.ts';
import { errorOf } from './fixture/project.ts';

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

async function http(handle: Handle) {
  const connections: Socket[] = [];
  const server = createServer(handle).on('connection', (socket) => connections.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { connections, ...client((server.address() as AddressInfo).port) };
}

/** A server of which each connection is `serve`d the text that came, all at once. */
async function tcp(serve: (text: string, socket: Socket, connection: number) => void) {
  let connections = 0;
  const open = new Set<Socket>();
  const server = createTcpServer((socket) => {
    const own = connections++;
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => serve(chunk.toString('latin1'), socket, own));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of open) socket.destroy();
  });
  return client((server.address() as AddressInfo).port);
}

function client(port: number) {
  const ops = nodeOps();
  onTestFinished(() => ops.close());
  const get = async (path: string, more: Partial<HttpRequest> = {}) => {
    const url = new URL(`http://127.0.0.1:${port}/${path}`);
    const limits = netLimits({ firstByteMs: 3000 });
    const answer = await ops.http({
      url,
      maxBytes: 1000,
      limits,
      pool: 'test',
      mayBePrivate: () => true,
      ...more,
    });
    return Buffer.from(answer.body).toString();
  };
  return { get, ops };
}

const many = Array.from({ length: 100 }, (_, i) => `${i}`);
const answer = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${more}\r\n${body}`;
const pathsOf = (text: string) => [...text.matchAll(/^GET \/(\S*) /gm)].map(([, path]) => path!);

describe('many requests to one host', () => {
  it('share six connections, and each gets its own answer', async () => {
    const { get, connections } = await http((request, response) => response.end(`of ${request.url}`));
    const answers = await Promise.all(many.map((path) => get(path)));
    expect(answers).toEqual(many.map((path) => `of /${path}`));
    expect(connections.length).toBeLessThanOrEqual(6);
  });

  it('are several on a connection once the server has kept one', async () => {
    const together: number[] = [];
    const { get } = await tcp((text, socket) => {
      const paths = pathsOf(text);
      together.push(paths.length);
      socket.write(paths.map((path) => answer(path)).join(''));
    });
    await get('first');
    expect(await Promise.all(many.map((path) => get(path)))).toEqual(many);
    expect(together[0]).toBe(1);
    expect(Math.max(...together)).toBeGreaterThan(1);
    expect(Math.max(...together)).toBeLessThanOrEqual(12);
  });

  it('find the connections that were opened ahead', async () => {
    const { get, connections } = await http((_, response) => response.end('x'));
    await get('first', { follows: 4 });
    await vi.waitFor(() => expect(connections).toHaveLength(4));
    await Promise.all(many.slice(0, 4).map((path) => get(path)));
    expect(connections).toHaveLength(4);
  });

  it('are asked again where the server closes after each answer without saying so', async () => {
    const { get } = await tcp((text, socket) => socket.end(answer(pathsOf(text)[0]!)));
    expect(await Promise.all(many.slice(0, 20).map((path) => get(path)))).toEqual(many.slice(0, 20));
  });

  it('are asked again where the server says that it closes', async () => {
    const { get } = await tcp((text, socket) =>
      socket.end(answer(pathsOf(text)[0]!, 'connection: close\r\n')),
    );
    expect(await Promise.all(many.slice(0, 20).map((path) => get(path)))).toEqual(many.slice(0, 20));
  });

  it('do not wait for one that says nothing', async () => {
    const { get } = await http((request, response) => {
      if (request.url !== '/silent') response.end(`of ${request.url}`);
    });
    await get('first');
    const silent = errorOf(() => get('silent'));
    expect(await Promise.all(many.slice(0, 48).map((path) => get(path)))).toHaveLength(48);
    expect((await silent).code).toBe('TIMEOUT');
  });

  it('each begin when it is their turn', async () => {
    const { get } = await http((_, response) => void setTimeout(() => response.end('x'), 20));
    const began: string[] = [];
    const done: string[] = [];
    await Promise.all(
      many
        .slice(0, 24)
        .map((path) => get(path, { onTurn: () => began.push(path) }).then(() => done.push(path))),
    );
    expect([...began].sort()).toEqual(many.slice(0, 24).sort());
    expect(began.length).toBe(new Set(began).size);
  });
});

describe('one request', () => {
  it('fails for what is wrong with its own answer alone', async () => {
    const { get } = await tcp((text, socket) =>
      socket.write(
        pathsOf(text)
          .map((path) => answer(path === 'large' ? 'x'.repeat(2000) : path))
          .join(''),
      ),
    );
    await get('first');
    const [large, ...others] = await Promise.allSettled(
      ['large', ...many.slice(0, 30)].map((path) => get(path)),
    );
    expect(large).toMatchObject({ status: 'rejected', reason: { code: 'TOO_LARGE' } });
    expect(others.map((one) => one.status === 'fulfilled' && one.value)).toEqual(many.slice(0, 30));
  });

  it('can be cancelled before and while it is answered', async () => {
    const { get } = await http((request, response) => {
      if (request.url !== '/silent') response.end('x');
    });
    const cancel = new AbortController();
    const silent = errorOf(() => get('silent', { signal: cancel.signal }));
    setTimeout(() => cancel.abort(), 50);
    expect((await silent).code).toBe('CANCELLED');
    expect((await errorOf(() => get('a', { signal: cancel.signal }))).code).toBe('CANCELLED');
    expect(await get('a')).toBe('x');
  });

  it('sends no field that would be two', async () => {
    const seen: IncomingMessage['headers'][] = [];
    const { get } = await http((request, response) => {
      seen.push(request.headers);
      response.end('x');
    });
    await get('a', { etag: '"x"\r\nauthorization: stolen' });
    await get('b', { etag: 'W/"x"' });
    expect(seen[0]).not.toHaveProperty('authorization');
    expect(seen[0]).not.toHaveProperty('if-none-match');
    expect(seen[1]).toMatchObject({ 'if-none-match': 'W/"x"' });
  });

  it('fails when the client closes, and the client can be used again', async () => {
    const { get, ops } = await http((request, response) => {
      if (request.url !== '/silent') response.end('x');
    });
    const silent = errorOf(() => get('silent'));
    setTimeout(() => ops.close(), 50);
    expect((await silent).code).toBe('UNREACHABLE');
    expect(await get('a')).toBe('x');
  });
});
