/** What goes into a statement that somebody makes, and what comes out. */
import type { Author, StatementType } from '@mlld/format';
import type { PublicKey } from '@mlld/trust';
import type { SigningOptions } from '../keys/types.ts';
import type { RegistryTarget } from '../registry/target.ts';

/** Who speaks, and where: what a statement says besides its own matter. */
export interface Speaker {
  readonly by: Author;
  /** Name of the registry. */
  readonly registry: string;
  readonly target: RegistryTarget;
}

/** All of a statement but its number and its time. */
export interface Saying {
  readonly type: StatementType;
  /** Path of number `n` in the repository, from `layout`. The folder holds the numbers from 1 without gaps. */
  file(n: number): string;
  /** The bytes, checked by reading them back. The same arguments give the same bytes. */
  encode(said: { readonly n: number; readonly at: string }): string;
  /** Subject of the commit, title of the pull request. */
  readonly title: string;
  /** Body of the pull request, Markdown. */
  readonly body: string;
  /** What will become public, in lines for the person who signs. */
  readonly describe: readonly string[];
  /** It says what is so without it, as «no star» does: not sent where nothing was said before. */
  readonly isDefault?: boolean;
  /** Keys of a role that has a say, such as `advisories`: those of them at hand sign as well. */
  readonly alsoSignedBy?: readonly PublicKey[];
}

export interface StatementOptions extends SigningOptions {
  readonly dryRun?: boolean | undefined;
}

export interface StatementResult {
  /**
   * `unchanged`: the registry has it already; `committed`: it is in the repository; `proposed`: a pull request is open.
   */
  readonly status: 'dry-run' | 'unchanged' | 'committed' | 'proposed';
  readonly type: StatementType;
  readonly by: Author;
  /** Its path in the repository; of `unchanged`, that of the one which is there, if there is one. */
  readonly file?: string;
  readonly n?: number;
  /** The bytes that are, or would be, signed. */
  readonly statement?: string;
  /** Fingerprints of the keys that signed, or would. */
  readonly signedBy: readonly string[];
  /** The author has no keyset yet: their first one goes along. */
  readonly firstKeyset: boolean;
  /** The pull request, or the commit. */
  readonly reference?: string;
}
