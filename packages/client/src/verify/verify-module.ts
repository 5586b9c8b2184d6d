/** The ladder of one module, step by step, for people (docs/spec/resolve.md §6.8). */
import {
  type Evidence,
  isRegistryError,
  type Lock,
  type LockedModule,
  type ModuleIndex,
  type ModuleName,
  parseRef,
  RegistryError,
  type Selector,
} from '@mlld/format';
import { filesOfLine } from '../fetch/module-files.ts';
import { claimOf, verifyWithKeysets } from '../install/materialise.ts';
import { readLock } from '../lock/lock.ts';
import { lockedVersion, type PlanNode } from '../resolve/plan.ts';
import { loadIndex, withSuggestions } from '../resolve/resolve.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { type VerifyStep, verifyBytes } from './verify.ts';

export interface VerifyReport {
  readonly name: ModuleName;
  readonly version: string;
  readonly registry: string;
  readonly evidence: Evidence;
  readonly steps: readonly VerifyStep[];
  /** Where the bytes came from: a URL, or `cache`. */
  readonly from?: string;
  /** Why it may not be believed. */
  readonly error?: RegistryError;
}

/**
 * Verifies one module again from nothing: what the registry says, who signed it, the bytes, and, if it is locked, that the
 * lock file says the same. Throws only when there is nothing to verify (no such module or version, no network).
 */
export async function verifyModule(session: Session, ref: string): Promise<VerifyReport> {
  const { name, selector } = parseRef(ref);
  const lock = readLock(session.net.ops, session.settings.root);
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
    checkLocked(session, { locked, files: found.files, onStep });
    return { ...report, evidence: verified.evidence, from: found.from };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return { ...report, evidence: 0, error };
  }
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
  const step = { clause: '6.8', title: 'lock file says the same' };
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
