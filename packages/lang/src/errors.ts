import { frameAt, type Place, placeAt, type Source } from './source.ts';

/** What can go wrong, in the order of a program's life. `docs/spec/language.md` §9 says what each means. */
export type MlldErrorCode =
  // reading
  | 'SYNTAX'
  | 'UNCLOSED'
  | 'NESTING_TOO_DEEP'
  | 'SOURCE_TOO_LONG'
  | 'TOO_MANY_ERRORS'
  | 'PROSE_IN_STRICT'
  | 'FRONTMATTER'
  | 'MANIFEST'
  // meaning
  | 'UNKNOWN_NAME'
  | 'DUPLICATE_NAME'
  | 'NOT_A_FUNCTION'
  | 'WRONG_TYPE'
  | 'UNKNOWN_METHOD'
  | 'NOT_SUPPORTED'
  // modules
  | 'UNKNOWN_EXPORT'
  | 'IMPORT_FAILED'
  | 'IMPORT_CYCLE'
  | 'IMPORT_EFFECT'
  // permissions
  | 'NEED_NOT_DECLARED'
  | 'NEED_NOT_GRANTED'
  | 'NO_SANDBOX'
  // running
  | 'CODE_FAILED'
  | 'COMMAND_FAILED'
  | 'FILE_NOT_FOUND'
  | 'FILE_REFUSED'
  | 'BAIL'
  | 'MCP_FAILED'
  | 'TIME_LIMIT'
  | 'MEMORY_LIMIT'
  | 'OUTPUT_LIMIT'
  | 'STEP_LIMIT'
  | 'CALL_DEPTH_LIMIT';

export interface MlldErrorOptions {
  readonly position?: Place | undefined;
  readonly frame?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** Every failure of this package: what was wanted, what was found, where, and what to do next. */
export class MlldError extends Error {
  readonly code: MlldErrorCode;
  readonly position: Place | undefined;
  readonly frame: string | undefined;
  readonly hint: string | undefined;

  constructor(code: MlldErrorCode, message: string, options: MlldErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MlldError';
    this.code = code;
    this.position = options.position;
    this.frame = options.frame;
    this.hint = options.hint;
  }
}

/** A finding about a source that does not stop the analysis. */
export interface Diagnostic {
  readonly code: MlldErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly place: Place;
  readonly frame: string;
  readonly hint: string | undefined;
}

export interface Finding {
  readonly code: MlldErrorCode;
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint?: string | undefined;
  readonly severity?: 'error' | 'warning';
}

export function diagnosticOf(source: Source, finding: Finding): Diagnostic {
  return {
    code: finding.code,
    severity: finding.severity ?? 'error',
    message: finding.message,
    place: placeAt(source, finding.start),
    frame: frameAt(source, finding.start, finding.end),
    hint: finding.hint,
  };
}

export function errorOf(diagnostic: Diagnostic): MlldError {
  return new MlldError(diagnostic.code, diagnostic.message, {
    position: diagnostic.place,
    frame: diagnostic.frame,
    hint: diagnostic.hint,
  });
}

/** The candidate most like `name`, if one is like it at all. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 2)) + 1;
  const wanted = name.toLowerCase().slice(0, 80);
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.toLowerCase().slice(0, 80), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const cost = a[row - 1] === b[column - 1] ? 0 : 1;
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current.push(
        Math.min(
          previous[column]! + 1,
          current[column - 1]! + 1,
          previous[column - 1]! + cost + (swapped ? -1 : 0),
        ),
      );
    }
    previous = current;
  }
  return Math.max(0, previous[b.length]!);
}
