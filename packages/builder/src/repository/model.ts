/** What a registry repository holds, as it was read. */
import type {
  Author,
  ModuleChange,
  ModuleMetadata,
  ModuleName,
  Release,
  Sha256Hex,
  SignedText,
  VersionRecord,
} from '@mlld/format';
import type { VerifiedKeyset } from '@mlld/trust';
import type { Finding } from '../finding.ts';

/** An author's keysets: the part of the chain that verifies. */
export interface AuthorKeys {
  readonly author: Author;
  /** Statement and signatures of keyset 1, 2, … */
  readonly chain: readonly SignedText[];
  readonly keysets: readonly KnownKeyset[];
  readonly findings: readonly Finding[];
}

/** A recovery has the time from which it counts, and whether it was cancelled. */
export type KnownKeyset = Omit<VerifiedKeyset, 'sha256'>;

interface ReadFile {
  /** Path in the repository. */
  readonly file: string;
  /** The file's text, byte for byte. */
  readonly text: string;
  /** sha256 of the file's bytes. */
  readonly sha256: Sha256Hex;
}

/** A release that its author signed. */
export interface SignedRelease extends ReadFile {
  readonly kind: 'signed';
  readonly version: string;
  readonly release: Release;
  readonly signatures: readonly string[];
  /** Number of the first keyset of the author a key of which signed. */
  readonly keyset: number;
}

/** A version record of today's registry: nobody signed it. */
export interface RecordRelease extends ReadFile {
  readonly kind: 'record';
  readonly version: string;
  readonly record: VersionRecord;
}

export type ReadRelease = SignedRelease | RecordRelease;

export interface ReadChange extends ReadFile {
  readonly change: ModuleChange;
  readonly signatures: readonly string[];
}

export interface ReadModule {
  readonly name: ModuleName;
  readonly metadata?: ModuleMetadata;
  /** From tags.json, as it stands: versions may be missing. */
  readonly tags: ReadonlyMap<string, string>;
  /** Newest version first; only those that passed. */
  readonly releases: readonly ReadRelease[];
  /** In order of their numbers, up to the first that did not pass. */
  readonly changes: readonly ReadChange[];
  readonly findings: readonly Finding[];
}

/** When a release was published, as ISO time with milliseconds; the empty text for records that don't say. */
export function publishedAt(release: ReadRelease): string {
  const at = release.kind === 'signed' ? release.release.publishedAt : release.record.publishedAt;
  return at === undefined ? '' : new Date(at).toISOString();
}
