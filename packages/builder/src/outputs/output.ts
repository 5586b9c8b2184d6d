/**
 * How a kind of files is added to a distribution: advisories, aggregates of reviews, the search index, the web site, the
 * answers of other protocols. An output is put into `list.ts`; ARCHITECTURE.md («Adding an output») shows the order.
 *
 * What an output writes follows from the repository, the kept results of sources and nothing else: built step by step or at
 * once, the bytes are the same. It has no clock and no random numbers.
 */
import type {
  AffectedModule,
  IndexHeader,
  IndexVersion,
  ModuleKind,
  ModuleName,
  Policy,
  RegistryInfo,
  Sha256Hex,
} from '@mlld/format';
import type { OpenAdvisory } from '@mlld/trust';
import type { CatalogRecord } from '../build/record.ts';
import type { ReadModule } from '../repository/model.ts';
import type { Repository } from '../repository/read.ts';
import type { Statements } from '../repository/statements.ts';

export interface Output {
  /** `[a-z-]+`: names its rows in the state folder. */
  readonly name: string;
  /** Raised when it writes or keeps anything differently: then everything is built anew. */
  readonly version: number;
  /** Folders (ending in `/`) and files of the distribution that it alone writes. What it no longer gives is removed. */
  readonly owns: readonly string[];
  /** Top folders of the repository that it reads beside `modules`, `authors` and `policy`: a change there reaches it. */
  readonly reads?: readonly string[];
  /** Reads what a publish will need of what it keeps, where there is time before it is known what changed. */
  readonly foresee?: (facts: Pick<EarlyFacts, 'info' | 'repository' | 'rows'>) => void;
  /** Before any module is rendered and the log grows: what index files or the log's snapshot speak of. */
  readonly early?: (facts: EarlyFacts, changed: Changed) => Early | Promise<Early>;
  /**
   * What it wants of each module when all are built, as text for `facts.each`: made where the module is at hand anyway, so in the
   * threads of a large build if `each.ts` names it.
   */
  readonly each?: EachModule;
  /** After every module is rendered; written before the log's `head`. */
  readonly late?: (facts: LateFacts, changed: Changed) => Iterable<OutputFile> | AsyncIterable<OutputFile>;
}

/** A file of the distribution; `undefined` takes away what an earlier build wrote there. */
export type OutputFile = readonly [file: string, content: Uint8Array | string | undefined];

export interface Early {
  readonly files: Iterable<OutputFile>;
  /** What is said about modules in line 1 of their index: of all modules, not only the changed ones. */
  readonly notes?: ReadonlyMap<ModuleName, HeaderNotes>;
}

/** The members of line 1 that outputs may fill, and what caps the score there. */
export type HeaderNotes = Partial<
  Omit<IndexHeader, 'v' | 'name' | 'about' | 'tags' | 'owners' | 'yanked' | 'deprecated'>
> & { readonly openAdvisories?: readonly AdvisoryNote[] };

/** A published advisory of the role that may, and what it is about. */
export interface AdvisoryNote extends OpenAdvisory {
  readonly affected: readonly AffectedModule[];
}

/**
 * What may differ from the last build. `all`: nothing is known of it, the rows are empty, and every file is to be given again;
 * the sets are then empty too.
 */
export interface Changed {
  readonly all: boolean;
  /** Modules that were rendered, or are gone; of `early`: those whose own files changed. */
  readonly modules: ReadonlySet<ModuleName>;
  /** Authors whose keysets changed. */
  readonly authors: ReadonlySet<string>;
  /** Paths in the repository below the folders that outputs read, without those of `.sig` files. */
  readonly paths: ReadonlySet<string>;
}

export interface EarlyFacts {
  readonly info: RegistryInfo;
  /** The policy that counts; undefined for a registry without one. */
  readonly policy: Policy | undefined;
  readonly repository: Repository;
  /** What people say, signatures verified. */
  readonly statements: Statements;
  /** A module as the repository holds it. */
  read(name: ModuleName): ReadModule;
  /** What this output kept at the end of the last build, and keeps for the next one if this build ends well. */
  readonly rows: Rows;
}

/** Begun once in each thread. @returns what is asked about one module after the other */
export type EachModule = (facts: EachFacts) => (module: ModuleFacts) => Promise<string>;

export interface EachFacts extends Pick<LateFacts, 'repository' | 'bytes'> {
  /** How many modules have an index file. */
  readonly modules: number;
}

export interface LateFacts extends EarlyFacts {
  /** Every module that has an index file, sorted. */
  names(): readonly ModuleName[];
  /** Those of a kind. */
  ofKind(kind: ModuleKind): readonly ModuleName[];
  /** Kept, so that no module is loaded for it. */
  record(name: ModuleName): CatalogRecord | undefined;
  /** All about one module: loaded if it was not rendered. Undefined for a module without an index file. */
  module(name: ModuleName): Promise<ModuleFacts | undefined>;
  /** What this output's `each` says of a module, to be asked once. Undefined for a module without an index file. */
  each(name: ModuleName): Promise<string | undefined>;
  /** Contents of a file that its source gave, as published; undefined if it was not asked. */
  bytes(sha256: Sha256Hex): Uint8Array | undefined;
  /** What an output before this one in the list keeps; undefined if it is not among those that run. */
  kept(output: string): Pick<Rows, 'get' | 'entries'> | undefined;
  /** Time of the newest statement about modules: a distribution's only clock. */
  readonly newest: string;
  /** The registry is so large that work is shared with threads. */
  readonly parallel: boolean;
}

export interface ModuleFacts {
  readonly header: IndexHeader;
  /** Newest first, with closures. */
  readonly versions: readonly IndexVersion[];
  /** Statements, signatures, metadata, changes. */
  readonly read: ReadModule;
  readonly record: CatalogRecord;
}

/** A table of texts that survives from build to build. What was not changed costs nothing to keep. */
export interface Rows {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  delete(key: string): void;
  /** In no order that means anything. Those whose keys begin with a text are found without reading the others. */
  entries(prefix?: string): Iterable<readonly [string, string]>;
}
