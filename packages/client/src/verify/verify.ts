/**
 * Whether a version may be believed (docs/spec/resolve.md §6): a list of steps, each a clause, in their order. The first one
 * that fails ends it.
 */
import {
  type AdvisoryEntry,
  type AuthorPin,
  contentDigest,
  type Evidence,
  type IndexHeader,
  type IndexVersion,
  isRegistryError,
  type Judged,
  type LockedModule,
  type LoggedText,
  legacyContentHash,
  parseProof,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import {
  type KnownKeysets,
  nothingJudged,
  type RecoveryContext,
  reviewedEvidence,
  sha256,
  type VerifiedRelease,
  verifyRelease,
} from '@mlld/trust';
import { type LogTime, parseLogProof, publicSince, verifyLogProof } from '@mlld/trust/log';
import { gatesOf } from '../policy/gates.ts';
import type { EffectiveRule } from '../policy/rules.ts';
import type { Logged } from './log-check.ts';

/** What is claimed about one version, and what is known from before. */
export interface Claim {
  /** Identity of the registry that was asked. */
  readonly registry: string;
  readonly header: IndexHeader;
  readonly line: IndexVersion;
  /** What the registry's log says; it commits to this very index file. Absent for a registry without a log. */
  readonly logged?: Logged;
  /** The proof bundle, for a version that the index says is signed. */
  readonly proof?: Uint8Array;
  /** The author's keyset as it was last seen. */
  readonly pin?: AuthorPin;
  /** The author's keysets behind the bundle's last, where the bundle is older than the pin. */
  readonly laterKeysets?: readonly LoggedText[];
  /** Keysets that this client has verified already. */
  readonly knownKeysets?: KnownKeysets;
  /** What the lock file holds of this module: the version with the most evidence. */
  readonly locked?: LockedModule;
  /** Whether this very version is in the lock file. */
  readonly isLocked: boolean;
  /** What the user's policies say of this module. */
  readonly rule: EffectiveRule;
  /** The other versions of the module, as the index has them. */
  readonly others: readonly IndexVersion[];
  /** The advisories of its registry; absent where none are known. */
  readonly advisories?: readonly AdvisoryEntry[];
  /** What its reviews count by the user's own roots, where a rule asks for that. */
  readonly judged?: Judged;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export interface Verified {
  readonly evidence: Evidence;
  /** What to pin of the author; absent for unsigned records. */
  readonly pin?: AuthorPin;
  readonly signed?: VerifiedRelease;
  /** Since when the release is public, as far as anybody says so. */
  readonly since?: LogTime;
}

export interface VerifyStep {
  /** Clause of docs/spec/resolve.md. */
  readonly clause: string;
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'none';
  /** What was seen, for people. */
  readonly detail: string;
}

export type OnStep = (step: VerifyStep) => void;

/** Checks all that is said about a version, before its bytes. @throws RegistryError by the step that failed */
export function verifyClaim(claim: Claim, onStep: OnStep = () => {}): Verified {
  let signed: VerifiedRelease | undefined;
  let since = claimedTime(claim.line);
  const steps: readonly Step[] = [
    ['6.1', 'is what was asked for', () => checkRegistry(claim)],
    ['6.2', 'the log commits to this index', () => logDetail(claim)],
    [
      '6.3',
      'signed by its author',
      () => {
        signed = checkSignature(claim);
        return signed && `${signed.signedBy}, keyset ${signed.keyset.n} of ${signed.keyset.author}`;
      },
    ],
    ['6.4', 'index says what the author signed', () => checkAgreement(claim.line, signed)],
    [
      '6.5',
      'its release is in the log',
      () => {
        const found = checkInclusion(claim);
        since = found?.since ?? since;
        return found?.detail;
      },
    ],
    ['6.6', 'evidence not below what is locked', () => checkEvidence(claim, signed)],
    ['6.7', 'not yanked', () => checkYanked(claim)],
  ];
  runSteps(steps, onStep);
  const proven = signed?.evidence ?? (claim.logged === undefined ? 0 : 1);
  const evidence = reviewedEvidence(proven, claim.judged ?? nothingJudged);
  runSteps(
    gatesOf({
      ...claim,
      evidence,
      since,
      asOf: claim.logged?.asOf,
      advisories: claim.advisories,
    }),
    onStep,
  );
  return {
    evidence,
    ...(since === undefined ? {} : { since }),
    ...(signed === undefined ? {} : { pin: signed.pin, signed }),
  };
}

/** Checks the bytes against the line: hashes, sizes, digests (§6.9). @throws RegistryError HASH_MISMATCH, SIZE_MISMATCH, FILE_NOT_FOUND */
export function verifyBytes(
  line: IndexVersion,
  files: ReadonlyMap<string, Uint8Array>,
  onStep: OnStep = () => {},
): void {
  runSteps([['6.9', 'bytes have the stated hashes', () => checkBytes(line, files)]], onStep);
}

/** Text for what was seen, or nothing for a step that has nothing to check. */
type Step = readonly [clause: string, title: string, check: () => string | undefined];

function runSteps(steps: readonly Step[], onStep: OnStep): void {
  for (const [clause, title, check] of steps) {
    try {
      const detail = check();
      onStep({
        clause,
        title,
        result: detail === undefined ? 'none' : 'passed',
        detail: detail ?? 'nothing to check',
      });
    } catch (error) {
      onStep({
        clause,
        title,
        result: 'failed',
        detail: error instanceof Error ? error.message : String(error),
      });
      throw error;
    }
  }
}

/** It was proven when the index was loaded: here it is said, and what was proven. */
function logDetail({ logged }: Claim): string | undefined {
  if (logged === undefined) return undefined;
  const { checkpoint, witnesses, snapshot } = logged.head;
  return `${checkpoint.origin} at size ${checkpoint.size}, policy ${logged.policy.n}, ${witnesses.size} witnesses, as of ${snapshot.at}`;
}

function checkRegistry({ registry, line, locked }: Claim): string {
  if (locked !== undefined && locked.registry !== registry) {
    throw new RegistryError(
      'WRONG_SUBJECT',
      `${line.name}: locked from the registry ${locked.registry}, and now asked of ${registry}`,
      { hint: `If that is meant: mlld remove ${line.name}, then add it again.` },
    );
  }
  return `${line.name}@${line.version} of ${registry}`;
}

function checkSignature(claim: Claim): VerifiedRelease | undefined {
  const { line, proof, registry, pin, laterKeysets, knownKeysets: known } = claim;
  if (line.statement === undefined) return undefined;
  if (proof === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `${line.name}@${line.version}: its proof is missing`);
  const bundle = parseProof(proof, `proof of ${line.name}@${line.version}`);
  const { name, version, digest, statement } = line;
  const recovery = recoveryOf(claim);
  const subject = { registry, name, version, digest, statement };
  return verifyRelease(bundle, { ...subject, pin, laterKeysets, known, recovery });
}

/** Recoveries of keys are judged by the registry's policies, and by when the log has them. */
function recoveryOf({ logged, now }: Claim): RecoveryContext | undefined {
  if (logged === undefined) return undefined;
  const { policies, policy, counts, sightings } = logged;
  return {
    policies,
    now,
    publicSince: ({ log, statement }, { createdAt, n, author }) => {
      if (log === undefined) return undefined;
      const where = `keyset ${n} of ${author}`;
      const shown = parseLogProof(log.proof, where);
      const accepted = verifyLogProof(shown, { entry: Buffer.from(statement), policy: counts, where });
      const claimed = Date.parse(createdAt);
      return publicSince({ index: shown.index, accepted, quorum: policy.quorum, claimed, sightings })?.at;
    },
  };
}

/** What the author says. */
function claimedTime({ publishedAt }: IndexVersion): LogTime | undefined {
  return publishedAt === undefined ? undefined : { at: Date.parse(publishedAt), by: 'its signer' };
}

/** A registry with a log has every release in it: one that only its index knows, no monitor sees. */
function checkInclusion({
  line,
  proof,
  logged,
}: Claim): { detail: string; since: LogTime | undefined } | undefined {
  if (logged === undefined || proof === undefined) return undefined;
  const where = `${line.name}@${line.version}`;
  const { log, statement } = parseProof(proof, `proof of ${where}`);
  if (log === undefined) {
    throw new RegistryError('NOT_INCLUDED', `${where}: its proof does not say where in the log it is`, {
      hint: 'The registry shows a release that it did not log. Do not use it; tell its operators.',
    });
  }
  const { counts, head, policy, sightings } = logged;
  const shown = parseLogProof(log.proof, `proof of ${where}`);
  const accepted = verifyLogProof(shown, {
    entry: Buffer.from(statement),
    policy: counts,
    where: `proof of ${where}`,
  });
  const { size, root } = accepted.checkpoint;
  // A larger tree than head's is one that was published in between.
  if (size === head.checkpoint.size && Buffer.compare(root, head.checkpoint.root) !== 0) {
    throw new RegistryError('LOG_FORK', `${where}: its proof and head are of two trees of size ${size}`, {
      hint: 'The log has two histories. Believe nothing from this registry until its operator has explained both.',
      data: { proof: shown.checkpoint },
    });
  }
  const claimed = claimedTime(line)?.at;
  const since = publicSince({ index: shown.index, accepted, quorum: policy.quorum, claimed, sightings });
  return { detail: `entry ${shown.index} of ${accepted.checkpoint.origin}${sinceText(since)}`, since };
}

function sinceText(since: LogTime | undefined): string {
  return since === undefined ? '' : `, public since ${new Date(since.at).toISOString()} says ${since.by}`;
}

/** An index may leave things out, but not add or change what the author signed: extraneous dependencies end here. */
function checkAgreement(line: IndexVersion, signed: VerifiedRelease | undefined): string | undefined {
  if (signed === undefined) return undefined;
  const { release } = signed;
  const files = (list: readonly { path: string; size?: number; sha256?: string }[]) =>
    list.map(({ path, size, sha256: hash }) => `${hash} ${size} ${path}`).sort();
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['digest', release.digest, line.digest],
    ['entry', release.entry, line.entry],
    ['kind', release.kind, line.kind],
    ['files', files(release.files), files(line.files)],
    ['imports', [...release.imports].sort(), [...line.imports].sort()],
    ['needs', [...release.needs].sort(), [...line.needs].sort()],
  ];
  for (const [member, wanted, found] of pairs) {
    if (JSON.stringify(wanted) === JSON.stringify(found)) continue;
    throw new RegistryError(
      'WRONG_SUBJECT',
      `${line.name}@${line.version}: the author signed ${member} ${shown(wanted)}, the index says ${shown(found)}`,
      {
        hint: 'The registry or its mirror changed what the author published. Do not use it; tell its operators.',
      },
    );
  }
  return `digest, files, imports, needs (${release.digest.slice(0, 12)}…)`;
}

function shown(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing', 120);
}

function checkEvidence(
  { line, locked, logged }: Claim,
  signed: VerifiedRelease | undefined,
): string | undefined {
  if (locked === undefined) return undefined;
  const found = signed?.evidence ?? (logged === undefined ? 0 : 1);
  if (found < Math.min(locked.evidence, 2)) {
    throw new RegistryError(
      'EVIDENCE_DOWNGRADE',
      `${line.name}@${line.version}: wanted evidence ${locked.evidence} as of ${locked.version}, found ${found}`,
      {
        hint: 'Earlier versions were signed by their author and this one is not: do not take it without asking the author.',
      },
    );
  }
  return `${found}, locked ${locked.evidence}`;
}

function checkYanked({ header, line, isLocked }: Claim): string {
  const reason = header.yanked.get(line.version);
  if (reason === undefined) return 'no';
  if (isLocked) return `yanked (${printable(reason)}), but locked`;
  throw new RegistryError('YANKED', `${line.name}@${line.version} is yanked: ${printable(reason)}`);
}

function checkBytes(line: IndexVersion, files: ReadonlyMap<string, Uint8Array>): string {
  const of = `${line.name}@${line.version}`;
  const hashes: { path: string; sha256: Sha256Hex }[] = [];
  for (const { path, size, sha256: wanted } of line.files) {
    const bytes = files.get(path);
    if (bytes === undefined) throw new RegistryError('FILE_NOT_FOUND', `${of} ${path}: not there`);
    if (size !== undefined && bytes.length !== size)
      throw new RegistryError('SIZE_MISMATCH', `${of} ${path}: wanted ${size} bytes, found ${bytes.length}`);
    const found = sha256(bytes);
    if (wanted !== undefined) sameHash(`${of} ${path}`, wanted, found);
    hashes.push({ path, sha256: found });
  }
  if (line.digest !== undefined) sameHash(`${of}: digest`, line.digest, contentDigest(hashes, sha256));
  else if (line.contentHash !== undefined)
    sameHash(`${of}: contentHash`, line.contentHash, legacyContentHash(hashes, line.shape, sha256));
  return `${hashes.length === 1 ? '1 file' : `${hashes.length} files`}, sha256`;
}

function sameHash(what: string, wanted: string, found: string): void {
  if (wanted !== found)
    throw new RegistryError('HASH_MISMATCH', `${what}: wanted sha256 ${wanted}, found ${found}`, {
      data: { wanted, found },
    });
}

/** The numbers of keysets that a bundle lacks to reach the pin, if that is why it failed. */
export function missingKeysets(error: unknown): readonly number[] {
  if (!isRegistryError(error, 'KEYSET_CHANGED') || !Array.isArray(error.data?.missing)) return [];
  return error.data.missing.filter((n): n is number => Number.isSafeInteger(n));
}
