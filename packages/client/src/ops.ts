/**
 * Everything that the client does to the world stands behind this one interface. `node/` is its implementation on Node;
 * tests count, delay, break and record by wrapping it.
 *
 * Each method's contract is what the rest of the package relies on: an implementation that keeps it can be put in its
 * place without reading more.
 */

export interface Ops {
  readonly files: Files;
  /** One HTTP exchange. Never follows a redirect. */
  readonly http: (request: HttpRequest) => Promise<HttpAnswer>;
  /** All TXT records of a name. */
  readonly txt: (question: TxtQuestion) => Promise<TxtRecord[]>;
  /** The addresses of a host by the system's resolver; empty when it has none. Never throws. */
  readonly addresses: (host: string) => Promise<string[]>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never jumps: for durations. */
  readonly tick: () => number;
  /** `bytes` random bytes in hex. */
  readonly random: (bytes: number) => string;
  /** Waits. */
  readonly sleep: (ms: number) => Promise<void>;
  /** sha256 in lower-case hex. */
  readonly sha256: (data: Uint8Array | string) => string;
  /** Ends what is under way and lets go of pooled connections: the process can end. The object stays usable. */
  readonly close: () => void;
}

/** A record: its strings, not yet joined (RFC 1035 §3.3.14). */
export type TxtRecord = readonly string[];

export interface TxtQuestion {
  readonly name: string;
  /** `host:port` of the server to ask; the system's servers without it. */
  readonly server?: string;
  readonly timeoutMs: number;
}

/**
 * Synchronous where not said otherwise: a program that is locked and cached reads a few small files, and a promise for each
 * costs more than the read. Errors are RegistryErrors: DISK_FULL, CACHE_READONLY (the place can't be written), TOO_LARGE, IO.
 */
export interface Files {
  /** The bytes of a file, or undefined when there is none. Reads at most `maxBytes`: more is TOO_LARGE. */
  read(path: string, maxBytes: number): Uint8Array | undefined;
  /** The bytes of a file from a place on, fewer where it ends before; undefined when there is none. */
  part(path: string, at: number, length: number): Uint8Array | undefined;
  /** The sha256 of what `read` would give, in lower-case hex: for bytes that nobody needs. */
  sha256(path: string, maxBytes: number): string | undefined;
  /** Undefined when there is nothing. A link is followed. */
  stat(path: string): FileStat | undefined;
  /**
   * Puts `bytes` at `path` in one step: a reader sees what was there before, or all of the new, never a part. Folders are
   * made. `durable`: the bytes are on the disk before the name is, and the name before the method returns.
   * On failure nothing is left behind.
   */
  write(path: string, bytes: Uint8Array | string, options?: { readonly durable?: boolean }): void;
  /** As `write` without `durable`, while the caller goes on: for many files, each small. Rejects with what `write` throws. */
  put(path: string, bytes: Uint8Array): Promise<void>;
  /** Makes a file that must not exist yet. False when it does. */
  create(path: string, text: string): boolean;
  /** Removes a file. False when there was none. */
  remove(path: string): boolean;
  /** Moves a file in one step. False when there was none. */
  rename(from: string, to: string): boolean;
  /** The names in a folder, sorted; empty when there is none. */
  list(path: string): readonly FolderEntry[];
}

export interface FileStat {
  readonly size: number;
  readonly mtimeMs: number;
  /** Identity of the file on its disk: another one after each atomic write. */
  readonly id: number;
  readonly kind: 'file' | 'folder' | 'other';
}

export interface FolderEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'other';
}

export interface HttpRequest {
  readonly url: URL;
  readonly accept?: string;
  /** Asks only whether the answer with this ETag is still the one: status 304 then. */
  readonly etag?: string;
  /** Most bytes of the body, as they come and once more after decoding. More is TOO_LARGE, and reading stops there. */
  readonly maxBytes: number;
  readonly limits: NetLimits;
  /** Connections are shared by the requests of one pool only. */
  readonly pool: string;
  /**
   * Whether an address that isn't public (loopback, private, link-local, …) may be connected to: asked only when the host
   * has such an address, before the connection is made. Otherwise ADDRESS_REFUSED.
   */
  readonly mayBePrivate: () => Promise<boolean> | boolean;
  /** Value of the field `authorization`. */
  readonly authorization?: string;
  /** The proxy to go through, with its credentials. What the host's name means is its word then. */
  readonly proxy?: URL;
  /**
   * Requests to the same host will follow on the heels of this one: so many connections in all may be opened at once, so
   * that they are there by then.
   */
  readonly follows?: number;
  /** Called once, when it is the server's turn: what was waited before was for other requests of this client. */
  readonly onTurn?: () => void;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly location?: string;
  readonly etag?: string;
  readonly cacheControl?: string;
  /** Decoded (gzip, br, deflate; one coding at most). Empty unless the status is 200. */
  readonly body: Uint8Array;
  /** The address that answered. */
  readonly address: string;
}

/** Times in milliseconds. Every one that passes is TIMEOUT. */
export interface NetLimits {
  readonly firstByteMs: number;
  readonly answerMs: number;
  readonly slowAfterMs: number;
  readonly leastBytesPerSecond: number;
  readonly dnsMs: number;
  readonly hedgeMs: number;
  readonly downloads: number;
  readonly downloadsPerHost: number;
}

/** One request, for `--verbose` and for tests that count. */
export interface RequestEvent {
  readonly kind: 'http' | 'dns' | 'file';
  /** URL, DNS name or path. */
  readonly target: string;
  /** HTTP status, `NOERROR` or a DNS error code, or the code of our error. */
  readonly outcome: string;
  readonly ms: number;
  readonly bytes: number;
}

/** What a person is asked. Absent without a terminal. */
export type Confirm = (question: string) => Promise<boolean>;

/** How the temporary files of `Files.write` begin: one that was cut short is found and removed by this. */
export const temporaryMark = '.mlld-tmp-';
