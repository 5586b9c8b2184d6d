/** What a handler answers with: data, so that routes are tested without a socket. */
import type { FileHandle } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { type ErrorCode, errorCodes, RegistryError } from '@mlld/format';

export interface HttpRequest {
  readonly method: string;
  /** The request target as it came: path and query, not decoded. */
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  /** The whole body. @throws TOO_LARGE */
  readonly body: () => Promise<Buffer>;
}

export type ReplyHeaders = Readonly<Record<string, string | number>>;

/** A part of an open file, both ends included; whoever writes the reply closes the handle. */
export interface FileBody {
  readonly handle: FileHandle;
  readonly start: number;
  readonly end: number;
}

export interface Reply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body?: Buffer | FileBody;
}

/** Sent with every answer: anyone may read, nobody may run what an author wrote in this origin. */
export const commonHeaders: ReplyHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'etag, content-length, content-range, content-encoding, location',
  'cross-origin-resource-policy': 'cross-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/** Pages that the builder wrote use their own styles, scripts and images, and nothing from elsewhere. */
export const pagePolicy =
  "default-src 'none'; style-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Of the builder's own styles and scripts. A worker has the policy that its script came with: it may load nothing. */
export const assetPolicy =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; frame-ancestors 'none'";

/** `{"error":{"code","message","hint"}}` with the status that the table of codes gives. */
export function errorReply(error: RegistryError, headers: ReplyHeaders = {}): Reply {
  const { code, message, hint } = error;
  const body = Buffer.from(
    `${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`,
  );
  return {
    status: errorCodes[code].http,
    headers: {
      'content-type': 'application/json',
      'content-length': body.length,
      'cache-control': 'no-store',
      ...headers,
    },
    body,
  };
}

export function refusal(code: ErrorCode, message: string, hint?: string): RegistryError {
  return new RegistryError(code, message, { hint });
}

export function textReply(text: string, headers: ReplyHeaders = {}): Reply {
  const body = Buffer.from(text);
  return {
    status: 200,
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      'content-length': body.length,
      'cache-control': 'no-cache',
      ...headers,
    },
    body,
  };
}
