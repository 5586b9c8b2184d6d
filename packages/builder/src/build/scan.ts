/**
 * Which modules and authors changed since the last build. In a git work tree git says so, in a time that hardly grows with
 * the registry; elsewhere sizes and times of all files are compared.
 */
import type { Repository } from '../repository/read.ts';
import { type Changed, changedIn } from './changed.ts';
import type { BegunGit } from './git.ts';
import { gitScan, lookWithGit } from './scan-git.ts';
import { statScan } from './scan-times.ts';
import type { State, StateHeader } from './state.ts';

export interface Scan {
  /** To be kept in the state. */
  readonly header: Pick<StateHeader, 'tree' | 'dirty' | 'committed'>;
  /** Undefined where everything has to be taken as changed. */
  changedSince(state: State): Promise<Changed | undefined>;
  /** Looks at every folder. To be called before all are read. */
  lookAtAll(): void;
  /** Keeps what the next scan compares with. */
  keep(state: State): Promise<void>;
}

/** A scan at work. */
export interface Scanning {
  /** What was committed, and what folders show, while git still looks for edited files: to be read meanwhile. */
  readonly likely: Promise<Changed>;
  readonly whole: Promise<Scan>;
}

export interface ScanInput {
  readonly folder: string;
  readonly repository: Repository;
  /** Top folders beside modules and authors that are of interest. */
  readonly reads: readonly string[];
  /** What the last build knew. Asked for when git is at work. */
  readonly last: () => State | undefined;
  /** Commits are all that counts, unless git was asked before. */
  readonly committed: boolean;
  /** What it was asked before. */
  readonly git?: BegunGit | undefined;
}

export function scanRepository(input: ScanInput): Scanning {
  const looking = lookWithGit(input).catch(() => undefined);
  const whole = looking
    .then((looked) => looked && gitScan(input.folder, looked))
    .catch(() => undefined)
    .then((scan) => scan ?? statScan(input));
  whole.catch(() => {});
  const likely = looking.then((looked) => changedIn(looked?.paths ?? [], looked?.folders.surelyDiffering));
  return { likely, whole };
}
