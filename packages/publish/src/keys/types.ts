/** What goes into a change of keys and what comes out. */
import type { Author, Keyset } from '@mlld/format';
import type { Environment } from '../process.ts';
import type { Ui } from '../ui.ts';
import type { ResolveTxt } from './anchors.ts';

/** Which registry, as whom. */
export interface KeysOptions {
  /** Default: the GitHub login in lower case. */
  readonly author?: string | undefined;
  /** Folder or git URL of a registry repository to commit to directly. */
  readonly registry?: string | undefined;
  /** `owner/repository` on GitHub that gets the pull request. Default: the public registry. */
  readonly to?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly ui: Ui;
  /** Default: the user's home. */
  readonly home?: string;
}

export interface SigningOptions extends KeysOptions {
  /** SSH keys to sign with: files, or public keys as text. Default: as many of those found here as are wanted. */
  readonly signWith?: readonly string[] | undefined;
  /** Do not ask before signing. */
  readonly yes?: boolean | undefined;
  readonly now?: Date;
}

/** What is asked for; keys are `.pub` files or public keys as text, for revoke also fingerprints. */
export interface WantedChange {
  readonly kind: 'init' | 'add' | 'revoke' | 'rotate' | 'threshold' | 'anchor' | 'recover' | 'cancel';
  /** For init none means: the key that publish would choose. */
  readonly keys: readonly string[];
  readonly threshold?: number | undefined;
  /** Of recover: why, for everybody to read. */
  readonly reason?: string | undefined;
}

export interface ChangeKeysOptions extends SigningOptions {
  readonly change: WantedChange;
  /** DNS name to anchor on; null drops the one of before. */
  readonly dns?: string | null | undefined;
  /** Default: the resolvers of this machine. */
  readonly resolveTxt?: ResolveTxt | undefined;
  /** Where an incomplete keyset goes. Default: `<author>-keyset-<n>.json` in `cwd`. */
  readonly out?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

export interface KeysResult {
  /**
   * `unchanged`: the registry has it already; `incomplete`: signatures are missing, or an account that may send it: see `file`;
   * `changed`: committed; `proposed`: a pull request is open.
   */
  readonly status: 'dry-run' | 'unchanged' | 'incomplete' | 'changed' | 'proposed';
  readonly author: Author;
  readonly keyset: Keyset;
  /** The keyset before. */
  readonly before?: Keyset | undefined;
  /** Fingerprints of the keys that signed. */
  readonly signedBy: readonly string[];
  /** How many have to. */
  readonly signaturesWanted: number;
  /** The statement that others have to sign, or to send; signatures are in `<file>.sig`. */
  readonly file?: string;
  /** The pull request, or the commit. */
  readonly reference?: string;
}
