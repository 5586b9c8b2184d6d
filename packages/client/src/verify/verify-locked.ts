/**
 * The ladder of a locked module from the lock file and the cache alone (docs/spec/resolve.md §6.12), for when its registry
 * is not asked: who signed it, that the lock file says what was signed, and the bytes. What only a registry can tell is named as not asked.
 */
import {
  authorOf,
  type IndexVersion,
  isRegistryError,
  type Lock,
  type LockedModule,
  parseProof,
  printable,
  RegistryError,
} from '@mlld/format';
import { type VerifiedRelease, type VerifyReleaseOptions, verifyRelease } from '@mlld/trust';
import { filesOfLocked } from '../fetch/module-files.ts';
import { assertNotBlocked } from '../policy/gates.ts';
import type { Session } from '../session.ts';
import { missingKeysets, type VerifyStep, verifyBytes } from './verify.ts';
import type { VerifyReport } from './verify-module.ts';

export interface LockedSubject {
  readonly lock: Lock;
  readonly locked: LockedModule;
  /** Why the registry is not asked. */
  readonly why: string;
}

type Told = (clause: string, title: string, step: Pick<VerifyStep, 'result' | 'detail'>) => void;

/** Asks for nothing but bytes that the cache lacks, and without a network not for those. Never throws for what it finds. */
export async function verifyLocked(session: Session, subject: LockedSubject): Promise<VerifyReport> {
  const { locked, why } = subject;
  const { name, version, registry } = locked;
  const steps: VerifyStep[] = [];
  const told: Told = (clause, title, step) => steps.push({ clause, title, ...step });
  const notAsked = { result: 'none', detail: `not asked: ${why}` } as const;
  const report = { name, version, registry, steps };
  try {
    told('6.1', 'is what was asked for', {
      result: 'passed',
      detail: `${name}@${version} of ${registry}, by the lock file`,
    });
    told('6.2', 'the log commits to this index', notAsked);
    const signed = checkSignature(session, subject, told);
    told('6.5', 'its release is in the log', notAsked);
    step(told, ['6.6', 'evidence not below what is locked'], () => checkEvidence(locked));
    told('6.7', 'not yanked', notAsked);
    step(told, ['6.8', 'not blocked by your policy'], () => {
      assertNotBlocked(session, locked);
      return 'no';
    });
    const found = await filesOfLocked(session, locked, session.registryOf(name));
    const onStep = (one: VerifyStep) => steps.push(one);
    verifyBytes(lineOf(locked), found.files, onStep);
    // They are got by the hashes of the lock file, and by nothing else.
    const count = locked.files.size === 1 ? '1 file' : `${locked.files.size} files`;
    told('6.11', 'lock file says the same', { result: 'passed', detail: count });
    return { ...report, evidence: signed?.evidence ?? 0, from: found.from };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { ...report, evidence: 0, error };
  }
}

function step(told: Told, [clause, title]: readonly [string, string], check: () => string): void {
  try {
    told(clause, title, { result: 'passed', detail: check() });
  } catch (error) {
    told(clause, title, {
      result: 'failed',
      detail: error instanceof Error ? error.message : String(error),
    });
    throw error;
  }
}

/** §6.3 and §6.4, as far as the cache has the proof. */
function checkSignature(session: Session, subject: LockedSubject, told: Told): VerifiedRelease | undefined {
  const { locked } = subject;
  const title = 'signed by its author';
  const { statement } = locked;
  const proof = statement === undefined ? undefined : session.cache.proof(locked.registry, statement);
  if (statement === undefined) told('6.3', title, { result: 'none', detail: 'nobody signed it' });
  else if (proof === undefined)
    told('6.3', title, { result: 'none', detail: `its proof is not in the cache, and ${subject.why}` });
  let signed: VerifiedRelease | undefined;
  if (proof !== undefined) {
    step(told, ['6.3', title], () => {
      const found = signatureOf(session, subject, proof);
      signed = found.signed;
      return `${found.signed.signedBy}, keyset ${found.signed.keyset.n} of ${found.signed.keyset.author}${found.note}`;
    });
  }
  const release = signed?.release;
  if (release === undefined)
    told('6.4', 'lock file says what the author signed', { result: 'none', detail: 'nothing to check' });
  else step(told, ['6.4', 'lock file says what the author signed'], () => checkAgreement(locked, release));
  return signed;
}

/** A lock file shows what it claims. @throws RegistryError EVIDENCE_DOWNGRADE */
function checkEvidence({ name, version, evidence, statement }: LockedModule): string {
  if (statement !== undefined || evidence < 2) return `locked ${evidence}`;
  throw new RegistryError(
    'EVIDENCE_DOWNGRADE',
    `${name}@${version}: the lock file claims evidence ${evidence} and names no signed statement`,
    { hint: 'Someone changed mlld-lock.json. Restore it from git.' },
  );
}

/** The author's newer keysets may be needed to reach the pin: what the bundle itself holds is verified without them. */
function signatureOf(
  { knownKeysets: known }: Session,
  { lock, locked, why }: LockedSubject,
  proof: Uint8Array,
): { signed: VerifiedRelease; note: string } {
  const { name, version, registry, digest, statement } = locked;
  const bundle = parseProof(proof, `proof of ${name}@${version}`);
  const options: VerifyReleaseOptions = { registry, name, version, digest, statement, known };
  try {
    return { signed: verifyRelease(bundle, { ...options, pin: lock.authors.get(authorOf(name)) }), note: '' };
  } catch (error) {
    if (missingKeysets(error).length === 0) throw error;
    return { signed: verifyRelease(bundle, options), note: `; newer keysets not asked: ${why}` };
  }
}

/** The lock file may not add a file or an import to what the author signed, nor hide a need. @throws RegistryError WRONG_SUBJECT */
function checkAgreement(locked: LockedModule, release: VerifiedRelease['release']): string {
  const files = (list: Iterable<readonly [string, string]>) => [...list].map((one) => one.join(' ')).sort();
  const rows: readonly (readonly [string, unknown, unknown])[] = [
    ['digest', release.digest, locked.digest],
    ['entry', release.entry, locked.entry],
    ['files', files(release.files.map(({ path, sha256 }) => [path, sha256])), files(locked.files)],
    ['imports', [...release.imports.keys()].sort(), [...locked.imports.keys()].sort()],
    ['needs', [...release.needs].sort(), [...locked.needs].sort()],
  ];
  for (const [member, wanted, found] of rows) {
    if (JSON.stringify(wanted) === JSON.stringify(found)) continue;
    throw new RegistryError(
      'WRONG_SUBJECT',
      `${locked.name}@${locked.version}: the author signed ${member} ${shown(wanted)}, the lock file says ${shown(found)}`,
      { hint: 'Someone changed mlld-lock.json. Restore it from git, or remove the module and add it again.' },
    );
  }
  return `digest, files, imports, needs (${release.digest.slice(0, 12)}…)`;
}

function shown(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'nothing', 120);
}

/** The lock file's own word as an index would say it: what bytes are held against. */
function lineOf({ name, version, digest, entry, files, sources, needs }: LockedModule): IndexVersion {
  return {
    v: 1,
    name,
    version,
    ...(digest === undefined ? {} : { digest }),
    shape: files.size === 1 ? 'file' : 'directory',
    entry,
    files: [...files].map(([path, sha256]) => ({ path, sha256 })),
    sources,
    kind: 'module',
    imports: new Map(),
    closure: [],
    needs,
    license: 'unknown',
    evidence: 0,
    checked: { state: 'unchecked' },
  };
}
