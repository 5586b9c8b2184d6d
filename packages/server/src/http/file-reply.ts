/** A file as an HTTP answer: representation, condition, range (RFC 9110 §§8, 12.5.3, 13, 14). */
import type { FileHandle } from 'node:fs/promises';
import { isImmutable } from '@mlld/format';
import Negotiator from 'negotiator';
import { contentType, isCompressible } from './content-type.ts';
import type { FileStore } from './file-store.ts';
import { type Coding, type Content, codings, type StoredFile } from './load-file.ts';
import {
  assetPolicy,
  commonHeaders,
  errorReply,
  type HttpRequest,
  pagePolicy,
  type Reply,
  type ReplyHeaders,
  refusal,
} from './reply.ts';

export interface FileReplyOptions {
  /** Where today's path names a file that lies elsewhere: its own type, and no more than a short age. */
  readonly as?: { readonly type: string };
}

/** The answer for the file at `path`, or undefined if there is none. */
export async function fileReply(
  store: FileStore,
  { path, request }: { path: string; request: HttpRequest },
  options: FileReplyOptions = {},
): Promise<Reply | undefined> {
  const stored = await store.get(path);
  if (stored === undefined) return undefined;
  const reply = await answer({ store, path, stored, request }, options);
  if (reply !== 'changed') return reply;
  // Replaced before it could be opened: take hold of one state, and serve it plain.
  const held = await store.hold(path);
  if (held === undefined) return undefined;
  const { handle } = held;
  const again = await answer(
    { store, path, stored: { ...held.stored, copies: new Map() }, request, handle },
    options,
  );
  if (again === 'changed' || !again.body || Buffer.isBuffer(again.body)) await handle.close();
  return again === 'changed' ? undefined : again;
}

/** A content-addressed file with other bytes would be kept by every cache for good. */
function namesItsContent(path: string, { sha256 }: StoredFile): boolean {
  return !path.startsWith('blob/sha256/') || path === `blob/sha256/${sha256}`;
}

interface Asked {
  readonly store: FileStore;
  readonly path: string;
  readonly stored: StoredFile;
  readonly request: HttpRequest;
  /** The file, already open. */
  readonly handle?: FileHandle;
}

async function answer(asked: Asked, options: FileReplyOptions): Promise<Reply | 'changed'> {
  const { path, stored, request } = asked;
  if (!namesItsContent(path, stored))
    return errorReply(refusal('CACHE_CORRUPT', `the bytes at '${path}' don't have the hash in their name`));
  const range = rangeOf(request, stored);
  const coding = range === undefined ? chooseCoding(stored, request) : undefined;
  const content = coding === undefined ? stored : (stored.copies.get(coding) ?? stored);
  const etag = etagOf(stored, coding);
  const headers: ReplyHeaders = {
    ...validators(path, etag, options),
    'accept-ranges': 'bytes',
    'content-type': options.as?.type ?? contentType(path),
    ...(coding === undefined ? {} : { 'content-encoding': coding }),
    ...policyOf(path),
  };
  if (fails(request.headers['if-match'], etag)) {
    return errorReply(refusal('PRECONDITION_FAILED', 'the file is not the one in If-Match'));
  }
  if (matches(request.headers['if-none-match'], etag)) {
    // A browser puts these headers in the place of those that it kept.
    return { status: 304, headers: { ...validators(path, etag, options), ...policyOf(path) } };
  }
  if (range === undefined) return withBody(asked, { content, headers });
  if (range === 'unsatisfiable') {
    const error = refusal('RANGE_NOT_SATISFIABLE', `the file has ${stored.size} bytes`);
    return errorReply(error, { 'content-range': `bytes */${stored.size}` });
  }
  return withBody(asked, { content, headers }, range);
}

/** The headers of a page or of what belongs to it, for who serves them from elsewhere. */
export function pageHeaders(path: string): Readonly<Record<string, string | number>> {
  return { ...commonHeaders, ...policyOf(path) };
}

/** Others have the policy that forbids all. */
function policyOf(path: string): ReplyHeaders {
  if (path.endsWith('.html')) return { 'content-security-policy': pagePolicy };
  return path.startsWith('assets/') ? { 'content-security-policy': assetPolicy } : {};
}

function validators(path: string, etag: string, options: FileReplyOptions): ReplyHeaders {
  const forever = isImmutable(path) && options.as === undefined;
  return {
    etag,
    'cache-control': forever ? 'public, max-age=31536000, immutable' : 'public, max-age=60',
    ...(isCompressible(path) ? { vary: 'accept-encoding' } : {}),
  };
}

interface Chosen {
  readonly content: Content;
  readonly headers: ReplyHeaders;
}

async function withBody(
  { store, request, handle: open }: Asked,
  { content, headers }: Chosen,
  range?: ByteRange,
): Promise<Reply | 'changed'> {
  const { start, end } = range ?? { start: 0, end: content.size - 1 };
  const reply = {
    status: range === undefined ? 200 : 206,
    headers: {
      ...headers,
      'content-length': end - start + 1,
      ...(range === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${content.size}` }),
    },
  };
  if (request.method === 'HEAD') return reply;
  if (content.bytes !== undefined) return { ...reply, body: content.bytes.subarray(start, end + 1) };
  const handle = open ?? (await store.openContent(content));
  return handle === undefined ? 'changed' : { ...reply, body: { handle, start, end } };
}

/** Negotiator 1 breaks ties by our order; its published types are older. */
interface Encodings {
  encoding(available: readonly string[], options: { preferred: readonly string[] }): string | undefined;
}

function chooseCoding(stored: StoredFile, request: HttpRequest): Coding | undefined {
  if (stored.copies.size === 0 || request.headers['accept-encoding'] === undefined) return undefined;
  const available = [...codings.filter((coding) => stored.copies.has(coding)), 'identity'];
  const best = (new Negotiator(request) as unknown as Encodings).encoding(available, { preferred: codings });
  return codings.find((coding) => coding === best);
}

/** Strong: named by the bytes themselves, and by their coding. */
function etagOf({ sha256 }: StoredFile, coding: Coding | undefined): string {
  return `"${sha256.slice(0, 32)}${coding === undefined ? '' : `-${coding}`}"`;
}

interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The one range that is asked for. Several ranges, other units and bad syntax are answered with the whole file, as
 * RFC 9110 §14.2 allows; a Range whose If-Range names other bytes too.
 */
function rangeOf(
  { method, headers }: HttpRequest,
  stored: StoredFile,
): ByteRange | 'unsatisfiable' | undefined {
  if (method !== 'GET' || headers.range === undefined || headers.range.length > 200) return undefined;
  const condition = headers['if-range'];
  if (condition !== undefined && condition !== etagOf(stored, undefined)) return undefined;
  const [, first, last] = /^bytes=[ \t]*(\d{0,15})-(\d{0,15})[ \t]*$/.exec(headers.range) ?? [];
  if (first === undefined || last === undefined || first + last === '') return undefined;
  if (first === '') return inside({ start: Math.max(0, stored.size - Number(last)), end: stored.size - 1 });
  if (last !== '' && Number(last) < Number(first)) return undefined;
  return inside({
    start: Number(first),
    end: last === '' ? stored.size - 1 : Math.min(Number(last), stored.size - 1),
  });
}

function inside(range: ByteRange): ByteRange | 'unsatisfiable' {
  return range.start <= range.end ? range : 'unsatisfiable';
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === etag);
}

/** If-Match compares strongly: a weak tag never matches. */
function fails(header: string | undefined, etag: string): boolean {
  if (header === undefined || header.trim() === '*') return false;
  return !header.split(',').some((one) => one.trim() === etag);
}
