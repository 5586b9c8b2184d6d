/**
 * Answers of HTTP/1.1 (RFC 9112 §4–§7), one after the other on one connection. Whoever sends them is not trusted: heads are
 * bounded, and framing that two readers could understand in two ways is refused.
 */

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

export interface ResponseHead {
  readonly status: number;
  /** By lower-case name; of several fields of one name the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly framing: Framing;
  /** Whether the connection can be used again after this answer. */
  readonly persistent: boolean;
}

/** Who gets the answer that comes next. What they throw ends the connection. */
export interface Receiver {
  onHead(head: ResponseHead): void;
  onBody(chunk: Buffer): void;
  onEnd(): void;
}

export interface ResponseParser {
  /** Takes bytes as they come. @throws Error if they are no HTTP, or nobody asked for them; what a receiver throws */
  push(chunk: Buffer): void;
  /** The other side ended: completes a body that lasts until then. */
  end(): void;
  /** Whether a part of an answer is there. */
  readonly isWithin: boolean;
}

/** Octets of a head; the same as Node's own client takes. */
const headBytes = 32 * 1024;
/** Octets of the line that states a chunk's size, and of all trailers. */
const chunkLineBytes = 1024;

type State = 'head' | 'length' | 'close' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer';

/** `next` says who is waiting for an answer; undefined: nobody is. */
export function responseParser(next: () => Receiver | undefined): ResponseParser {
  let state: State = 'head';
  /** Octets that are left of the body or the chunk; in trailers, that were seen. */
  let count = 0;
  let rest: Buffer = Buffer.alloc(0);
  const receiver = (): Receiver => {
    const found = next();
    if (found === undefined) throw new Error('an answer that nobody asked for');
    return found;
  };
  const finish = () => {
    state = 'head';
    receiver().onEnd();
  };
  /** Takes what is there of a body, up to `most` octets. */
  const body = (most: number) => {
    const part = rest.length <= most ? rest : rest.subarray(0, most);
    rest = rest.subarray(part.length);
    count -= part.length;
    receiver().onBody(part);
  };
  /** A line without its end; undefined while it is not there. */
  const line = (most: number): string | undefined => {
    const end = rest.indexOf('\r\n');
    // What is there may end in the first half of a line's end.
    if (end < 0 ? rest.length > most + 1 : end > most) throw new Error('a line that is too long');
    if (end < 0) return undefined;
    const text = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 2);
    return text;
  };
  const head = (): boolean => {
    const to = receiver();
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0 ? rest.length > headBytes : end > headBytes) throw new Error('a head that is too long');
    if (end < 0) return false;
    const parsed = parseHead(rest.toString('latin1', 0, end));
    rest = rest.subarray(end + 4);
    if (parsed.status < 200) return true;
    to.onHead(parsed);
    const { framing } = parsed;
    count = framing.kind === 'length' ? framing.bytes : 0;
    if (framing.kind === 'length' && count === 0) finish();
    else state = framing.kind === 'chunked' ? 'chunk-size' : framing.kind;
    return true;
  };
  const size = (text: string) => {
    count = chunkSize(text);
    state = count === 0 ? 'trailer' : 'chunk';
  };
  const trailer = (text: string) => {
    count += text.length;
    if (count > headBytes) throw new Error('trailers that are too long');
    if (text === '') finish();
  };
  const eachLine = (most: number, take: (text: string) => void) => (): boolean => {
    const text = line(most);
    if (text !== undefined) take(text);
    return text !== undefined;
  };
  const counted = (then: () => void) => (): boolean => {
    body(count);
    if (count === 0) then();
    return true;
  };
  /** A step from each state. False: more octets are needed. */
  const steps: Record<State, () => boolean> = {
    head,
    length: counted(finish),
    close: () => {
      body(rest.length);
      return true;
    },
    'chunk-size': eachLine(chunkLineBytes, size),
    chunk: counted(() => {
      state = 'chunk-end';
    }),
    'chunk-end': eachLine(0, () => {
      state = 'chunk-size';
    }),
    trailer: eachLine(chunkLineBytes, trailer),
  };
  return {
    push(chunk) {
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      while (rest.length > 0 && steps[state]());
    },
    end() {
      if (state === 'close') finish();
    },
    get isWithin() {
      return state !== 'head' || rest.length > 0;
    },
  };
}

/** RFC 9112 §7.1; extensions of a chunk are ignored. */
function chunkSize(text: string): number {
  const digits = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(text)?.[1];
  if (digits === undefined) throw new Error('a chunk without a size');
  return Number.parseInt(digits, 16);
}

/** @throws Error if it is no HTTP/1, or its framing is ambiguous (RFC 9112 §6.3, §11.2) */
export function parseHead(text: string): ResponseHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, code] = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: |$)/.exec(first) ?? [];
  if (code === undefined) throw new Error('no HTTP');
  const headers = new Map<string, string>();
  const several = new Set<string>();
  for (const one of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(one) ?? [];
    if (name === undefined || value === undefined) throw new Error('a malformed header');
    const key = name.toLowerCase();
    if (headers.has(key)) several.add(key);
    else headers.set(key, value);
  }
  const status = Number(code);
  const framing = framingOf(status, headers, several);
  // What keeps a connection under HTTP/1.0 is no standard.
  const kept = minor === '1' && !/\bclose\b/i.test(headers.get('connection') ?? '');
  return { status, headers, framing, persistent: kept && framing.kind !== 'close' };
}

function framingOf(
  status: number,
  headers: ReadonlyMap<string, string>,
  several: ReadonlySet<string>,
): Framing {
  if (status < 200 || status === 204 || status === 304) return { kind: 'length', bytes: 0 };
  const coding = headers.get('transfer-encoding');
  const length = headers.get('content-length');
  if (several.has('transfer-encoding') || several.has('content-length'))
    throw new Error('a body whose length is stated twice');
  if (coding !== undefined) {
    if (length !== undefined) throw new Error('a body whose length is stated twice');
    if (coding.toLowerCase() !== 'chunked') throw new Error('an unknown transfer-encoding');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw new Error('a malformed content-length');
  return { kind: 'length', bytes: Number(length) };
}
