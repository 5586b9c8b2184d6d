import { execFileSync } from 'node:child_process';
import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import path from 'node:path';
import { isRegistryError, limits } from '@mlld/format';
import { tempDir } from '@mlld/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type RequestSeen, serveDistribution } from '../src/index.ts';
import { put } from './fixture.ts';
import { get, served } from './http-client.ts';

describe('protocols', () => {
  const readH2 = (url: string, target: string, options: http2.SecureClientSessionOptions = {}) =>
    new Promise<{ status: number; body: string; alpn: string | undefined }>((resolve, reject) => {
      const session = http2.connect(url, options);
      session.on('error', reject);
      const stream = session.request({ ':path': target });
      let status = 0;
      let body = '';
      stream.on('response', (headers) => {
        status = headers[':status'] ?? 0;
      });
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        body += chunk;
      });
      stream.on('error', reject);
      stream.on('end', () => {
        const alpn = session.alpnProtocol;
        session.close(() => resolve({ status, body, alpn }));
      });
    });

  test('HTTP/2 by prior knowledge and HTTP/1.1 on one port without TLS', async () => {
    const seen: RequestSeen[] = [];
    const { service } = await served({ onRequest: (one) => seen.push(one) });
    const h2 = await readH2(service.url, '/registry.json');
    const h1 = await get(service, '/registry.json');
    expect(h2).toEqual({ status: 200, body: h1.body.toString(), alpn: 'h2c' });
    expect(seen.map((one) => [one.protocol, one.status, one.bytes])).toEqual([
      ['HTTP/2', 200, h1.body.length],
      ['HTTP/1.1', 200, h1.body.length],
    ]);
  });

  test('the preface of HTTP/2 and a request line may come octet by octet', async () => {
    const { service } = await served();
    const socket = net.connect(service.port, '127.0.0.1');
    socket.setNoDelay(true);
    const ended = new Promise<string>((resolve) => {
      let seen = '';
      socket.on('data', (chunk) => {
        seen += chunk.toString('latin1');
        if (seen.includes('\r\n\r\n')) socket.destroy();
      });
      socket.on('close', () => resolve(seen));
    });
    for (const char of 'PROPFIND / HTTP/1.1\r\nHost: x\r\n\r\n') {
      socket.write(char);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ended).toMatch(/^HTTP\/1\.1 405 /);
  });

  test('many HTTP/2 streams at once, large and small', async () => {
    const { folder, service } = await served();
    const big = Buffer.alloc(limits.httpHeldFileBytes * 2, 'x');
    await put(folder, 'docs/big.txt', big);
    const session = http2.connect(service.url);
    const sizes = await Promise.all(
      Array.from({ length: 60 }, (_, i) => {
        const stream = session.request({ ':path': i % 20 === 0 ? '/docs/big.txt' : '/registry.json' });
        return new Promise<number>((resolve, reject) => {
          let size = 0;
          stream.on('data', (chunk: Buffer) => {
            size += chunk.length;
          });
          stream.on('end', () => resolve(size));
          stream.on('error', reject);
        });
      }),
    );
    session.close();
    expect(sizes.filter((size) => size === big.length)).toHaveLength(3);
    expect(new Set(sizes).size).toBe(2);
  });

  test('HTTPS: HTTP/2 and HTTP/1.1 by ALPN', async () => {
    const { cert, key } = await certificate();
    const { service } = await served({ tls: { cert, key } });
    expect(service.url).toMatch(/^https:/);
    const h2 = await readH2(service.url, '/registry.json', { ca: cert, servername: 'localhost' });
    expect([h2.status, h2.alpn]).toEqual([200, 'h2']);
    const version = await new Promise<string>((resolve, reject) => {
      https
        .get(
          `${service.url}registry.json`,
          { ca: cert, servername: 'localhost', agent: false },
          (response) => {
            response.resume();
            response.on('end', () => resolve(response.httpVersion));
          },
        )
        .on('error', reject);
    });
    expect(version).toBe('1.1');
  });

  test('a connection is kept for further requests', async () => {
    const { service } = await served();
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const ports = new Set<number | undefined>();
    for (let i = 0; i < 3; i++) {
      await new Promise<void>((resolve, reject) => {
        const request = http.get(
          { port: service.port, host: '127.0.0.1', path: '/registry.json', agent },
          (response) => {
            ports.add(response.socket.localPort);
            response.resume();
            response.on('end', resolve);
          },
        );
        request.on('error', reject);
      });
    }
    expect(ports.size).toBe(1);
  });
});

async function certificate(): Promise<{ cert: string; key: string }> {
  const { path: folder } = await tempDir();
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => path.join(folder, name));
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
    ].concat([
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
      '-keyout',
      key!,
      '-out',
      cert!,
    ]),
    { stdio: 'ignore' },
  );
  const { readFile } = await import('node:fs/promises');
  return { cert: await readFile(cert!, 'utf8'), key: await readFile(key!, 'utf8') };
}

describe('ports and the end', () => {
  async function busyPort(): Promise<number> {
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    onTestFinished(() => void blocker.close());
    return (blocker.address() as AddressInfo).port;
  }

  test('a demanded port that is in use is PORT_BUSY', async () => {
    const folder = (await tempDir()).path;
    const error = await serveDistribution({ folder, port: await busyPort() }).catch((one: unknown) => one);
    expect(isRegistryError(error, 'PORT_BUSY')).toBe(true);
  });

  test('two servers without a demanded port get two ports', async () => {
    const [a, b] = [await served({ port: undefined }), await served({ port: undefined })];
    expect(a.service.port).not.toBe(b.service.port);
    expect((await get(b.service, '/registry.json')).status).toBe(200);
  });

  test('no folder is FILE_NOT_FOUND', async () => {
    const error = await serveDistribution({ folder: '/no/such/folder', port: 0 }).catch(
      (one: unknown) => one,
    );
    expect(isRegistryError(error, 'FILE_NOT_FOUND')).toBe(true);
  });

  test('at the end a running answer is finished, idle and silent connections are closed', async () => {
    const { folder, service } = await served();
    const big = Buffer.alloc(8 * 1024 * 1024, 'y');
    await put(folder, 'docs/big.txt', big);
    const silent = net.connect(service.port, '127.0.0.1');
    const silentEnded = new Promise((resolve) => silent.on('close', resolve));
    const started = new Promise<IncomingMessage>((resolve, reject) => {
      http.get(`${service.url}docs/big.txt`, resolve).on('error', reject);
    });
    const response = await started;
    const closed = service.close();
    let size = 0;
    for await (const chunk of response) size += (chunk as Buffer).length;
    expect(size).toBe(big.length);
    await Promise.all([closed, silentEnded]);
    await expect(get(service, '/registry.json')).rejects.toThrow();
  });
});
