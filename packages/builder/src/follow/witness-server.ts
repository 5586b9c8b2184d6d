/**
 * A witness over HTTP (docs/spec/log.md §11; C2SP tlog-witness v1): `POST /add-checkpoint`. What it says is on the disk before it
 * says it, so that no crash makes it cosign two histories.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { decode as d, limits, parseJson, RegistryError } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import {
  type Checkpoint,
  cosign,
  formatNote,
  formatVerifierKey,
  judgeCheckpoint,
  type NoteSigner,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type VerifierKey,
} from '@mlld/trust/log';
import { lockState } from '../build/lock.ts';
import { writeDurable } from './durable.ts';

export interface WitnessServerOptions {
  readonly signer: NoteSigner;
  /** Verifier keys of the logs that are witnessed. Of one that changes its key, both. */
  readonly logs: readonly string[];
  /** Folder of what was cosigned; of one process at a time. */
  readonly state: string;
  readonly host?: string | undefined;
  /** 0, the default: any free one. */
  readonly port?: number | undefined;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly onRequest?: (seen: WitnessRequest) => void;
}

export interface WitnessRequest {
  readonly status: number;
  /** What was cosigned, or why nothing was. */
  readonly detail: string;
}

export interface WitnessServer {
  /** Submission prefix: logs post to `<url>add-checkpoint`. */
  readonly url: string;
  readonly vkey: string;
  close(): Promise<void>;
}

/** @throws RegistryError LOCK_BUSY, BAD_KEY, WEAK_KEY, BAD_JSON, BAD_SHAPE (a damaged state: nothing is taken for unseen), PORT_BUSY */
export async function serveWitness(options: WitnessServerOptions): Promise<WitnessServer> {
  const { signer, state, host = '127.0.0.1', port = 0 } = options;
  const answer = witness(options);
  const unlock = lockState(state);
  const server = createServer((request, response) => {
    handle(request, response, { answer, onRequest: options.onRequest }).catch(() => response.destroy());
  });
  server.requestTimeout = limits.answerMs;
  server.headersTimeout = limits.httpHeadersMs;
  server.maxHeadersCount = 100;
  server.maxConnections = limits.httpConnections;
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
  } catch (cause) {
    unlock();
    throw new RegistryError(
      'PORT_BUSY',
      `${host}:${port}: can't listen (${(cause as NodeJS.ErrnoException).code})`,
      {
        cause,
      },
    );
  }
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/`,
    vkey: formatVerifierKey(signer.key),
    close: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
        setTimeout(() => server.closeAllConnections(), limits.httpDrainMs).unref();
      });
      unlock();
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string;
  readonly detail: string;
}

const plain = 'text/plain; charset=utf-8';

/** Judging, keeping and signing are one step that nothing can get between: all of it is synchronous. */
function witness({ signer, logs, state, now = Date.now }: WitnessServerOptions): (body: string) => Answer {
  const keys = new Map<string, VerifierKey[]>();
  for (const vkey of logs) {
    const key = parseVerifierKey(vkey);
    if (key.type !== 'ed25519') throw new RegistryError('BAD_KEY', `${vkey}: wanted the key of a log`);
    keys.set(key.name, [...(keys.get(key.name) ?? []), key]);
  }
  const latest = new Map<string, Checkpoint>();
  for (const origin of keys.keys()) {
    const kept = readKept(fileOf(state, origin), origin);
    if (kept !== undefined) latest.set(origin, kept);
  }
  const view = {
    keysOf: (origin: string) => keys.get(origin) ?? [],
    latestOf: (origin: string) => latest.get(origin),
  };
  return (body) => {
    const judged = judgeCheckpoint(body, view);
    if (judged.status === 409)
      return {
        status: 409,
        body: `${judged.size}\n`,
        type: 'text/x.tlog.size',
        detail: `wanted old ${judged.size}`,
      };
    if (judged.status !== 200)
      return { status: judged.status, body: `${judged.reason}\n`, type: plain, detail: judged.reason };
    const { checkpoint, note } = judged;
    const { origin, size } = checkpoint;
    const kept = { v: 1, origin, note: formatNote(note) };
    writeDurable(fileOf(state, origin), `${JSON.stringify(kept)}\n`);
    latest.set(origin, checkpoint);
    const signature = cosign(note.text, signer, Math.floor(now() / 1000));
    const line = formatNote({ text: note.text, signatures: [signature] }).slice(note.text.length + 1);
    return { status: 200, body: line, type: plain, detail: `${origin} at size ${size}` };
  };
}

/** An origin is any text: its hash is a file name. */
function fileOf(state: string, origin: string): string {
  return path.join(state, `${sha256(origin)}.json`);
}

function readKept(file: string, origin: string): Checkpoint | undefined {
  if (!existsSync(file)) return undefined;
  const $ = `${file}: $`;
  const value = d.object(parseJson(readFileSync(file), { where: file, maxBytes: limits.headBytes }), $);
  d.literal(origin)(value.origin, `${$}.origin`);
  return parseCheckpoint(parseNote(d.string(value.note, `${$}.note`)).text, file);
}

interface Handling {
  readonly answer: (body: string) => Answer;
  readonly onRequest: WitnessServerOptions['onRequest'];
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  { answer, onRequest }: Handling,
): Promise<void> {
  const { status, body, type, detail } = await answerTo(request, answer);
  onRequest?.({ status, detail });
  const close = status === 413 ? { connection: 'close' } : {};
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...close });
  response.end(body);
}

async function answerTo(request: IncomingMessage, answer: Handling['answer']): Promise<Answer> {
  const refuse = (status: number, reason: string): Answer => ({
    status,
    body: `${reason}\n`,
    type: plain,
    detail: reason,
  });
  if (request.url !== '/add-checkpoint')
    return refuse(404, 'there is POST /add-checkpoint, and nothing else');
  if (request.method !== 'POST') return refuse(405, 'wanted POST');
  const body = await readBody(request);
  return body === undefined ? refuse(413, `wanted at most ${limits.addCheckpointBytes} bytes`) : answer(body);
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limits.addCheckpointBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
