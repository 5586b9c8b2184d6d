/**
 * The one error of the project, and every code it can carry.
 *
 * A caller decides by `code` alone; a person reads `message` (what was wanted, what was found, where) and `hint`
 * (what to do next). Nothing else in an error is a promise.
 */

/** Exit statuses of the command: what a script can tell apart. */
export const exitStatus = {
  failed: 1,
  usage: 2,
  notFound: 3,
  untrusted: 4,
  unreachable: 5,
  conflict: 6,
  denied: 7,
} as const;

interface CodeEntry {
  /** Exit status of the command. */
  readonly exit: number;
  /** Status of an HTTP answer that carries this error. */
  readonly http: number;
}

const usage = { exit: exitStatus.usage, http: 400 };
const invalid = { exit: exitStatus.failed, http: 422 };
const notFound = { exit: exitStatus.notFound, http: 404 };
const untrusted = { exit: exitStatus.untrusted, http: 422 };
const unreachable = { exit: exitStatus.unreachable, http: 502 };
const conflict = { exit: exitStatus.conflict, http: 409 };
const denied = { exit: exitStatus.denied, http: 403 };
const failed = { exit: exitStatus.failed, http: 500 };

/** Every code. A code is never renamed or reused: scripts depend on it. */
export const errorCodes = {
  // What the user typed
  USAGE: usage,
  BAD_NAME: usage,
  BAD_REF: usage,
  BAD_VERSION: usage,
  BAD_CONFIG: usage,
  NEEDS_TERMINAL: usage,

  // What a file, a statement or an answer says
  BAD_JSON: invalid,
  BAD_SHAPE: invalid,
  BAD_PATH: invalid,
  BAD_DIGEST: invalid,
  BAD_STATEMENT: invalid,
  BAD_INDEX: invalid,
  BAD_LOCK: invalid,
  BAD_KEY: invalid,
  BAD_NOTE: invalid,
  BAD_TILE: invalid,
  BAD_LOG_POLICY: invalid,
  BAD_DNS_RECORD: invalid,
  TOO_LARGE: { exit: exitStatus.failed, http: 413 },
  UNSUPPORTED_VERSION: invalid,

  // Looking for a module
  MODULE_NOT_FOUND: notFound,
  VERSION_NOT_FOUND: notFound,
  EXPORT_NOT_FOUND: notFound,
  FILE_NOT_FOUND: notFound,
  REGISTRY_NOT_FOUND: notFound,
  AMBIGUOUS_HASH: usage,
  VERSION_CONFLICT: conflict,
  IMPORT_CYCLE: conflict,
  IMPORT_NOT_DECLARED: denied,

  // Getting bytes
  UNREACHABLE: unreachable,
  OFFLINE: unreachable,
  HTTP_STATUS: unreachable,
  REDIRECT_REFUSED: untrusted,
  ADDRESS_REFUSED: untrusted,
  TIMEOUT: unreachable,
  DNS_FAILED: unreachable,

  // Believing bytes
  HASH_MISMATCH: untrusted,
  SIZE_MISMATCH: untrusted,
  BAD_SIGNATURE: untrusted,
  UNKNOWN_KEY: untrusted,
  WEAK_KEY: untrusted,
  WRONG_SUBJECT: untrusted,
  KEYSET_BROKEN: untrusted,
  KEYSET_CHANGED: untrusted,
  NOT_INCLUDED: untrusted,
  LOG_FORK: untrusted,
  QUORUM_MISSED: untrusted,
  LOG_ROLLBACK: untrusted,
  LOG_BROKEN: untrusted,
  NOT_IN_SNAPSHOT: untrusted,
  POLICY_BROKEN: untrusted,
  POLICY_EXPIRED: untrusted,
  STALE: untrusted,
  EVIDENCE_DOWNGRADE: untrusted,
  EVIDENCE_TOO_LOW: untrusted,
  RECOVERY_PENDING: untrusted,
  TOO_NEW: denied,
  BLOCKED: denied,
  YANKED: denied,
  MALWARE: denied,
  ADVISORY: denied,
  ADVISORIES_INCOMPLETE: untrusted,

  // The user's disk
  CACHE_CORRUPT: failed,
  CACHE_READONLY: failed,
  DISK_FULL: failed,
  LOCK_BUSY: conflict,
  LOCK_FROZEN: conflict,
  IO: failed,

  // Capabilities
  NEED_NOT_DECLARED: denied,
  NEED_NOT_GRANTED: denied,
  NEW_CAPABILITY: denied,
  CAPABILITY_DENIED: denied,
  NO_SANDBOX: denied,

  // Author and publish
  CHECK_FAILED: invalid,
  VERSION_EXISTS: conflict,
  BREAKING_CHANGE: conflict,
  DIRTY_TREE: conflict,
  COMMIT_NOT_PUSHED: conflict,
  NOT_OWNER: denied,
  SIGNING_FAILED: failed,
  NO_SIGNING_KEY: failed,
  NOT_LOGGED_IN: { exit: exitStatus.denied, http: 401 },
  GITHUB_DENIED: denied,
  GITHUB_NOT_FOUND: notFound,
  GITHUB_CONFLICT: conflict,
  GITHUB_INVALID: invalid,
  GITHUB_RATE_LIMIT: { exit: exitStatus.unreachable, http: 429 },
  GITHUB_UNREACHABLE: unreachable,
  CANCELLED: { exit: exitStatus.failed, http: 409 },

  // Keeping a log
  LOG_STATEMENT_VANISHED: conflict,
  LOG_STATEMENT_CHANGED: conflict,
  LOG_MISSING: conflict,
  NO_LOG_KEY: failed,

  // Serving
  BAD_ZONE: invalid,
  ZONE_DIFFERS: { exit: exitStatus.failed, http: 409 },
  BAD_REQUEST: usage,
  METHOD_NOT_ALLOWED: { exit: exitStatus.usage, http: 405 },
  PRECONDITION_FAILED: { exit: exitStatus.conflict, http: 412 },
  MEDIA_TYPE: { exit: exitStatus.usage, http: 415 },
  RANGE_NOT_SATISFIABLE: { exit: exitStatus.usage, http: 416 },
  HEADERS_TOO_LARGE: { exit: exitStatus.usage, http: 431 },

  // MCP servers
  MCP_SURFACE_CHANGED: untrusted,
  MCP_BAD_LISTING: untrusted,
  MCP_NOT_APPROVED: denied,
  MCP_NOT_RUNNABLE: failed,
  MCP_NO_SUCH: notFound,
  MCP_TOOL_FAILED: failed,
  MCP_SERVER_FAILED: unreachable,

  // Programs and parts
  PROGRAM_MISSING: failed,
  PROGRAM_FAILED: failed,
  MLLD: failed,
  PORT_BUSY: conflict,
  INTERNAL: failed,
} as const satisfies Record<string, CodeEntry>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetails {
  /** What to do next, in one or two sentences. */
  readonly hint?: string | undefined;
  readonly cause?: unknown;
  /** Further facts for `--json`, for instance the sources that were tried. Plain JSON. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** The only error class that leaves a package of this project. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.data = details.data;
  }

  /** Exit status of the command for this error. */
  get exit(): number {
    return errorCodes[this.code].exit;
  }

  /** HTTP status for this error. */
  get status(): number {
    return errorCodes[this.code].http;
  }
}

/** Whether `error` is ours, with this code if one is given. */
export function isRegistryError(error: unknown, code?: ErrorCode): error is RegistryError {
  return error instanceof RegistryError && (code === undefined || error.code === code);
}

/**
 * Text from outside, made safe for a terminal and a log line: control characters (C0, C1, bidi overrides) are
 * shown as escapes, and the text is cut at `max` characters.
 */
export function printable(text: string, max = 200): string {
  const cut = text.length > max ? `${text.slice(0, max)}…` : text;
  return cut.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
