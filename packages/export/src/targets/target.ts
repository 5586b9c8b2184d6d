import type { Callable } from '../callable.ts';

export const targetNames = ['js', 'ts', 'python', 'mcp', 'openapi'] as const;
export type TargetName = (typeof targetNames)[number];

export interface TargetInput {
  readonly module: Callable;
  /** The bundle's bytes, as text, and their sha256. */
  readonly bundle: string;
  readonly bundleDigest: string;
}

/** Path -> text of the files of a package. */
export type PackageFiles = ReadonlyMap<string, string>;

/** The bundle's file in every package. */
export const bundleFile = 'module.mldbundle';
