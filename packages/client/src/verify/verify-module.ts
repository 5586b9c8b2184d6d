/** The ladder of one module, step by step, for people (docs/spec/resolve.md §6). */
import {
  type Evidence,
  type IndexVersion,
  isRegistryError,
  type Lock,
  type LockedModule,
  type ModuleIndex,
  type ModuleName,
  parseRef,
  printable,
  type Ref,
  RegistryError,
  type Selector,
} from '@mlld/format';
import { type Opinion, opinionOf } from '../community/opinion.ts';
import { filesOfLine } from '../fetch/module-files.ts';
import { capabilitiesOf, newsOf } from '../install/agree.ts';
import { claimOf, verifyWithKeysets } from '../install/materialise.ts';
import { readLock } from '../lock/lock.ts';
import { lockedVersion, type PlanNode } from '../resolve/plan.ts';
import { loadIndex, withSuggestions } from '../resolve/resolve.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { slots } from '../slots.ts';
import { type OnStep, type VerifyStep, verifyBytes } from './verify.ts';

export interface VerifyReport {
  readonly name: ModuleName;
  readonly version: string;
  readonly registry: string;
  readonly evidence: Evidence;
  readonly steps: readonly VerifyStep[];
  /** What people say, by your own roots. Absent for what may not be believed. */
  readonly opinion?: Opinion;
  /** Where the bytes came from: a URL, or `cache`. */
  readonly from?: string;
  /** Why it may not be believed. */
  readonly error?: RegistryError;
}

/**
 * Verifies one module again from nothing: what the registry says, who signed it, the bytes, and, if it is locked, that the
 * lock file says the same. A locked one is verified from the lock file and the cache if its registry can't be asked. Throws only when
 * there is nothing to verify (no such module or version).
 */
export function verifyModule(session: Session, ref: string): Promise<VerifyReport> {
  return verifyAgainst(readLock(session.net.ops, session.settings.root), session, ref);
}

/** Many at once; without names everything that is locked. The lock file, which takes longest to read, is read once. */
export function verifyModules(session: Session, refs?: readonly string[]): Promise<VerifyReport[]> {
  const lock = readLock(session.net.ops, session.settings.root);
  const wanted = refs ?? [...lock.modules.values()].map(({ name, version }) => `${name}@${version}`);
  const inTurn = slots(verifiedAtOnce);
  return Promise.all([...new Set(wanted)].map((ref) => inTurn(() => verifyAgainst(lock, session, ref))));
}

async function verifyAgainst(lock: Lock, session: Session, ref: string): Promise<VerifyReport> {
  const { name, selector } = parseRef(ref);
  const locked = lockedAs(lock, name, selector);
  if (locked === undefined) return verifyWithRegistry(session, { name, selector }, lock);
  const { verifyLocked } = await import('./verify-locked.ts');
  if (session.net.offline) return verifyLocked(session, { lock, locked, why: 'this is offline' });
  try {
    const report = await verifyWithRegistry(session, { name, selector }, lock);
    if (report.error === undefined || !unreachable.has(report.error.code)) return report;
    return verifyLocked(session, { lock, locked, why: report.error.message });
  } catch (error) {
    if (!isRegistryError(error) || !(await isSilent(session, error, locked))) throw error;
    return verifyLocked(session, { lock, locked, why: error.message });
  }
}

/** What is locked and meant by a selector: without one the program's own version. */
function lockedAs(lock: Lock, name: ModuleName, selector: Selector): LockedModule | undefined {
  if (selector.kind === 'any') return lock.modules.get(name);
  return selector.kind === 'exact' ? lockedVersion(lock, name, selector.version) : undefined;
}

/** Whether the registry that a module is locked from said nothing: it can't be reached, or another one is asked. */
async function isSilent(session: Session, error: RegistryError, locked: LockedModule): Promise<boolean> {
  if (unreachable.has(error.code)) return true;
  if (error.code !== 'MODULE_NOT_FOUND') return false;
  return (await session.registryOf(locked.name).identity()) !== locked.registry;
}

/** Enough for requests to overlap, few enough for the files of all of them to fit in memory. */
const verifiedAtOnce = 64;

const unreachable: ReadonlySet<string> = new Set(['UNREACHABLE', 'TIMEOUT', 'DNS_FAILED', 'OFFLINE']);

async function verifyWithRegistry(
  session: Session,
  { name, selector }: Pick<Ref, 'name' | 'selector'>,
  lock: Lock,
): Promise<VerifyReport> {
  const index = await loadIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const own = selector.kind === 'any' ? lock.modules.get(name) : undefined;
  const line =
    own === undefined
      ? selectLockedToo(index, selector, lock)
      : index.versions.find((one) => one.version === own.version);
  if (line === undefined)
    throw new RegistryError('VERSION_NOT_FOUND', `${name}@${own?.version}: locked, but not in the registry`);
  const { version } = line;
  const node: PlanNode = { name, version, line, imports: new Map() };
  const plan = { nodes: new Map(), roots: new Map(), indexes: new Map([[name, index]]) };
  const registry = await session.registryOf(name).identity();
  const steps: VerifyStep[] = [];
  const onStep = (step: VerifyStep) => steps.push(step);
  const report = { name, version, registry, steps };
  try {
    const claim = await claimOf(session, { node, plan, lock });
    const { verified } = await verifyWithKeysets(session, claim, (step) => {
      // Steps that ran before missing keysets were fetched run again.
      const at = steps.findIndex(({ clause }) => clause === step.clause);
      if (at >= 0) steps.splice(at);
      onStep(step);
    });
    const found = await filesOfLine(session, line, {
      registry: session.registryOf(name),
      identity: registry,
    });
    verifyBytes(line, found.files, onStep);
    const locked = lockedVersion(lock, name, version);
    await checkCapabilities(session, { line, files: found.files, locked, lock, onStep });
    checkLocked(session, { locked, files: found.files, onStep });
    const opinion = await opinionOf(session, { index, line, evidence: verified.evidence });
    onStep(reviewStep(opinion));
    return { ...report, evidence: opinion.evidence, opinion, from: found.from };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { ...report, evidence: 0, error };
  }
}

/** Not a check that fails: that nobody has read it is nothing against it. */
function reviewStep({ judged, evidence, roots, missing }: Opinion): VerifyStep {
  const step = { clause: '6.13', title: 'reviewed by people you trust' };
  const { positive, negative, reviewers } = judged;
  const whose = { you: 'your people', registry: "the registry's reviewers", nobody: 'nobody' }[roots.from];
  if (missing !== undefined) return { ...step, result: 'none', detail: missing };
  if (roots.from === 'nobody')
    return { ...step, result: 'none', detail: 'you name nobody, and the registry has no reviewers' };
  const count = reviewers === 1 ? '1 review' : `${reviewers} reviews`;
  const detail = `by ${whose}: ${count}, ${positive} for it, ${negative} against it`;
  return { ...step, result: evidence === 4 ? 'passed' : 'none', detail };
}

/** A yanked version may be verified all the same. */
function selectLockedToo(index: ModuleIndex, selector: Selector, lock: Lock) {
  const exact =
    selector.kind === 'exact'
      ? index.versions.find(({ version }) => version === selector.version)
      : undefined;
  if (exact !== undefined && lockedVersion(lock, index.header.name, exact.version) !== undefined)
    return exact;
  return selectVersion(index, selector);
}

/** What it can do, and whether that is more than the user agreed to. */
async function checkCapabilities(
  session: Session,
  subject: {
    readonly line: IndexVersion;
    readonly files: ReadonlyMap<string, Uint8Array>;
    readonly locked: LockedModule | undefined;
    readonly lock: Lock;
    readonly onStep: OnStep;
  },
): Promise<void> {
  const { line, files, lock, onStep } = subject;
  const step = { clause: '6.10', title: 'capabilities that you agreed to' };
  const told = (result: VerifyStep['result'], detail: string) => onStep({ ...step, result, detail });
  try {
    const capabilities = await capabilitiesOf(session, line, files);
    if (capabilities === undefined) return told('none', 'nobody looked into its code');
    const all = capabilities.join(', ') || 'none';
    const news = await newsOf(session, { name: line.name, capabilities }, lock);
    if (news?.since === undefined) return told('none', `${all}; you have no version of it`);
    if (news.added.length === 0) return told('passed', `${all}; not more than ${news.since}`);
    told('failed', `new since ${news.since}: ${news.added.join(', ')}`);
    throw new RegistryError(
      'NEW_CAPABILITY',
      `${line.name}@${line.version} can do more than ${news.since}, which you have: ${news.added.map((one) => printable(one, 80)).join(', ')}`,
      { hint: 'mlld update asks whether you agree.' },
    );
  } catch (error) {
    if (isRegistryError(error, 'CAPABILITY_DENIED')) told('failed', error.message);
    throw error;
  }
}

function checkLocked(
  { net: { ops } }: Session,
  {
    locked,
    files,
    onStep,
  }: {
    readonly locked: LockedModule | undefined;
    readonly files: ReadonlyMap<string, Uint8Array>;
    readonly onStep: (step: VerifyStep) => void;
  },
): void {
  const step = { clause: '6.11', title: 'lock file says the same' };
  if (locked === undefined) {
    onStep({ ...step, result: 'none', detail: 'not locked' });
    return;
  }
  for (const [path, wanted] of locked.files) {
    const bytes = files.get(path);
    const found = bytes === undefined ? 'no such file' : ops.sha256(bytes);
    if (found === wanted) continue;
    const detail = `${path}: locked sha256 ${wanted}, found ${found}`;
    onStep({ ...step, result: 'failed', detail });
    throw new RegistryError('HASH_MISMATCH', `${locked.name}@${locked.version} ${detail}`, {
      hint: 'Someone changed mlld-lock.json, or the registry. Restore the lock file from git, or remove the module and add it again.',
    });
  }
  onStep({
    ...step,
    result: 'passed',
    detail: locked.files.size === 1 ? '1 file' : `${locked.files.size} files`,
  });
}
