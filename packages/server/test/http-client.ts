/** Asks a server of this package as it is written, without what a fetch would clean up first. */
import http, { type IncomingMessage } from 'node:http';
import net from 'node:net';
import { tempDir } from '@mlld/testing';
import { onTestFinished } from 'vitest';
import { type HttpService, type ServeOptions, serveDistribution } from '../src/index.ts';
import { writeDistribution } from './fixture.ts';

/** A server over the fixture, or over a folder; it ends with the test. */
export async function served(
  options: Partial<ServeOptions> = {},
): Promise<{ folder: string; service: HttpService }> {
  const folder = options.folder ?? (await tempDir()).path;
  if (options.folder === undefined) await writeDistribution(folder);
  const service = await serveDistribution({ port: 0, ...options, folder });
  onTestFinished(() => service.close());
  return { folder, service };
}

export interface Got {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A request as it is written, without what a fetch would clean up first. */
export function get(
  service: HttpService,
  target: string,
  options: http.RequestOptions & { body?: Buffer } = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port: service.port, path: target, ...options },
      (response: IncomingMessage) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks),
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(options.body);
  });
}

/** The code of an error answer. */
export function codeOf({ body }: Got): string {
  return (JSON.parse(body.toString()) as { error: { code: string } }).error.code;
}

/** Writes octets on a bare connection, reads until it ends. */
export function raw(service: HttpService, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect(service.port, '127.0.0.1');
    let seen = '';
    socket.on('data', (chunk) => {
      seen += chunk.toString('latin1');
    });
    socket.on('error', () => resolve(seen));
    socket.on('close', () => resolve(seen));
    socket.write(text);
  });
}
