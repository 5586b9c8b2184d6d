/** A build of index, proofs, contents and lists alone: each further output has tests of its own. */
import { type BuildOptions, type BuildReport, build as buildWith } from '../src/index.ts';

export function build(folder: string, options: BuildOptions): Promise<BuildReport> {
  return buildWith(folder, { outputs: [], ...options });
}
