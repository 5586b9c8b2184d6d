/** What a thread of a full build is told, and answers. */
import { type ErrorCode, RegistryError, type RegistryInfo } from '@mlld/format';
import type { Share } from './part.ts';
import type { WriterOptions } from './writer.ts';

export interface PartTask {
  readonly folder: string;
  readonly info: RegistryInfo;
  readonly out: string;
  readonly stateFolder: string;
  readonly share: Share;
  readonly logged: boolean;
  /** Outputs that ask about each module. */
  readonly each: readonly string[];
  readonly writer: WriterOptions;
}

export type PartAnswer =
  | { readonly done: readonly string[] }
  | { readonly result: unknown }
  | { readonly error: PlainError };

/** What of an error a message between threads keeps. */
export interface PlainError {
  readonly message: string;
  readonly code: string | undefined;
  readonly hint: string | undefined;
  readonly known: boolean;
}

export function plainError(error: unknown): PlainError {
  const { message, code, hint } = error as { message?: string; code?: string; hint?: string };
  return { message: message ?? String(error), code, hint, known: error instanceof RegistryError };
}

export function errorFrom({ message, code, hint, known }: PlainError): Error {
  if (known) return new RegistryError(code as ErrorCode, message, { hint });
  return Object.assign(new Error(message), { code });
}
