/**
 * What the language server asks of its surroundings: facts that are at hand. None of it may ask a network, for it is asked
 * while somebody types.
 */

/** A module that completion offers after `from @`. */
export interface KnownModule {
  /** `@alice/strings` */
  readonly name: string;
  readonly version: string;
  readonly about: string;
  /** Its source is in the cache. */
  readonly cached: boolean;
}

/** A version whose source is in the cache, as a file of a folder would import it. */
export interface CachedModule {
  readonly name: string;
  readonly version: string;
  /** Path of the entry inside the module. */
  readonly entry: string;
  readonly text: string;
  readonly readme: string | undefined;
  /** One line: how far it was verified. */
  readonly evidence: string;
}

/** What `mlld check` has to say. `line` and `column` count from 1. */
export interface HostFinding {
  readonly rule: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly line: number | undefined;
  readonly column: number | undefined;
  readonly message: string;
  readonly hint: string;
  readonly fix:
    | { readonly start: number; readonly end: number; readonly text: string; readonly about: string }
    | undefined;
}

export interface LanguageHost {
  /** Modules of which something is known here and whose name begins with what was typed, `@alice/str`; by name. */
  readonly modules: (typed: string, folder: string) => Promise<readonly KnownModule[]>;
  /** Undefined if the module is not in the cache, or can't be read from it. */
  readonly module: (ref: string, folder: string) => Promise<CachedModule | undefined>;
  /** Findings about a module's file with the text that the editor has of it; none for a program. */
  readonly findings: (file: string, text: string) => Promise<readonly HostFinding[]>;
  /** The text in its one form; undefined if it can't be read. */
  readonly format?: (text: string, file: string) => string | undefined;
}
