/** How an error is shown, and which exit status it has. */
import { type ErrorCode, printable, RegistryError } from '@mlld/format';
import { output } from './output.ts';
import { paint, type Report } from './report.ts';

export interface ShowOptions {
  readonly report: Report;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly color: boolean;
}

/** What the language's own errors carry; told by shape, because their package is not loaded by every command. */
interface LanguageError extends Error {
  readonly code: string;
  readonly frame?: string;
  readonly hint?: string;
  readonly position?: { readonly file?: string; readonly line: number; readonly column: number };
}

/** Shows any thrown value on stderr, or as JSON on stdout. Returns the exit status. */
export function showError(error: unknown, options: ShowOptions): number {
  if (isBrokenPipe(error)) return 0;
  const shown = toRegistryError(error);
  if (options.json) {
    const { code, message, hint, data } = shown;
    options.report.json({ error: { code, message, hint, data } });
    return shown.exit;
  }
  const color = options.color && output.stderr.isTTY === true;
  const lines = [`${paint(color, 'red', `error[${codeOf(error, shown.code)}]:`)} ${shown.message}`];
  const frame = isLanguageError(error) ? error.frame : undefined;
  if (frame) lines.push(frame);
  if (shown.hint) lines.push(`${paint(color, 'cyan', 'hint:')} ${shown.hint}`);
  if (options.verbose) lines.push(...causes(error));
  else if (shown.code === 'INTERNAL')
    lines.push('This is a bug of ours. Run again with --verbose and report what it prints.');
  options.report.note(lines.join('\n'));
  return shown.exit;
}

function toRegistryError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error;
  if (isLanguageError(error)) {
    const { position, frame, hint } = error;
    return new RegistryError('MLLD', error.message, {
      hint,
      cause: error,
      data: { code: error.code, position, frame },
    });
  }
  const system = systemError(error);
  if (system) return system;
  const message = error instanceof Error ? error.message : String(error);
  return new RegistryError('INTERNAL', printable(message, 500), { cause: error });
}

function isLanguageError(error: unknown): error is LanguageError {
  return (
    error instanceof Error &&
    error.name === 'MlldError' &&
    typeof (error as { code?: unknown }).code === 'string'
  );
}

function codeOf(error: unknown, fallback: ErrorCode): string {
  return isLanguageError(error) ? error.code : fallback;
}

/** Errors of the operating system that a user can do something about. */
function systemError(error: unknown): RegistryError | undefined {
  const { code, path, message } = (error ?? {}) as { code?: string; path?: string; message?: string };
  if (code === 'ENOENT' && path)
    return new RegistryError('FILE_NOT_FOUND', `there is no '${printable(path)}'`, { cause: error });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new RegistryError('DISK_FULL', 'the disk is full', {
      cause: error,
      hint: 'Free some space and run the same command again.',
    });
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS')
    return new RegistryError('IO', printable(message ?? code), { cause: error });
  return undefined;
}

function isBrokenPipe(error: unknown): boolean {
  return (error as { code?: string } | undefined)?.code === 'EPIPE';
}

function causes(error: unknown): string[] {
  const lines: string[] = [];
  for (let one: unknown = error, depth = 0; one instanceof Error && depth < 8; one = one.cause, depth++) {
    lines.push(`${depth === 0 ? '' : 'caused by '}${one.stack ?? one.message}`);
  }
  return lines;
}
