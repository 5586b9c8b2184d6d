/** The registry repository that a version goes to, whichever way: a pull request, or a commit of our own. */
import type { RegistryInfo } from '@mlld/format';

/** Files to add, by path in the repository. */
export type NewFiles = ReadonlyMap<string, string>;

export interface Submission {
  readonly files: NewFiles;
  /** Name of the branch of a pull request: the same in each run for the same version. */
  readonly branch: string;
  /** Subject of the commit and title of the pull request. */
  readonly title: string;
  /** Body of the pull request, Markdown. */
  readonly body: string;
  readonly author: string;
}

export interface Submitted {
  readonly how: 'pull-request' | 'commit';
  /** The pull request's page, or the commit's id. */
  readonly reference: string;
  /** Nothing was sent: all of it was there from an earlier run. */
  readonly already: boolean;
}

export interface RegistryTarget {
  /** For people: `pull request to github.com/mlld-lang/registry`. */
  readonly where: string;
  readonly info: RegistryInfo;
  /** A file of the repository as it is now, or undefined. @throws RegistryError TOO_LARGE, GITHUB_*, IO */
  read(path: string): Promise<string | undefined>;
  /** Names of the files in a folder of the repository; none if there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** Paths of all files of the repository. */
  paths(): Promise<readonly string[]>;
  /** What an earlier run has already proposed under this branch, and is not merged: a file of it, or undefined. */
  readProposed(branch: string, path: string): Promise<string | undefined>;
  /** @throws RegistryError GITHUB_*, PROGRAM_FAILED, VERSION_EXISTS */
  submit(submission: Submission): Promise<Submitted>;
  /** Removes what was made on this disk to reach the repository. */
  close(): Promise<void>;
}
