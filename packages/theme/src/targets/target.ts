/** What a theme is compiled to: each target is one row of `list.ts` (docs/spec/themes.md §5). */
import type { ThemeSource } from '../source/read.ts';
import type { Variant } from '../source/resolve.ts';

export interface ThemeInfo {
  /** `alice` and `harbour` of the module `@alice/harbour`. */
  readonly author: string;
  readonly name: string;
  readonly version: string;
  readonly about: string;
  readonly license: string;
  readonly repo?: string | undefined;
}

export interface CompiledTheme {
  readonly theme: ThemeSource;
  readonly variants: readonly Variant[];
  readonly info: ThemeInfo;
}

export interface TargetFile {
  /** Relative, forward slashes: below the folder of the target. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

export interface Target {
  readonly id: string;
  readonly title: string;
  /** The same input gives the same bytes. */
  readonly build: (compiled: CompiledTheme) => readonly TargetFile[];
}

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
