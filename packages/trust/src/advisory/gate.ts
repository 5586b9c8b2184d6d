/** What an advisory stops (docs/spec/advisories.md §8), and which versions it is about (§2.3). */
import {
  type AdvisoryEntry,
  type AdvisoryIndex,
  type AdvisoryState,
  type AffectedModule,
  covers,
  type ModuleName,
  type Policy,
  parseAdvisory,
  RegistryError,
  type Severity,
  type Sha256Hex,
  signatureNamespace,
} from '@mlld/format';
import { roleAt, roleSigners } from '../policy-chain.ts';

/**
 * `locked`: nothing of it runs, locked or not; `new`: it is not chosen any more, what is locked goes on; `warn`: it is said;
 * `none`: it is withdrawn.
 */
export type AdvisoryGate = 'locked' | 'new' | 'warn' | 'none';

export interface Judged {
  readonly state: AdvisoryState;
  readonly official: boolean;
  readonly malware: boolean;
  readonly severity: Severity;
}

/** §8.1: only what the role of the policy published stops anything. */
export function gateOf({ state, official, malware, severity }: Judged): AdvisoryGate {
  if (state === 'withdrawn') return 'none';
  if (!official || state !== 'published') return 'warn';
  if (malware) return 'locked';
  return severity === 'critical' ? 'new' : 'warn';
}

export interface VersionFacts {
  readonly name: ModuleName;
  readonly version: string;
  /** Content digest, where it is known. */
  readonly digest?: Sha256Hex | undefined;
}

/** The part of an advisory that is about a version: by its name and a range, or by its digest under whatever name. */
export function affectedBy(
  affected: readonly AffectedModule[],
  { name, version, digest }: VersionFacts,
): AffectedModule | undefined {
  return affected.find(
    (one) =>
      (digest !== undefined && one.digests.includes(digest)) ||
      (one.name === name && one.ranges.some((range) => covers(range, version))),
  );
}

/**
 * Takes an index at its word only as far as it shows: an entry whose signed statement does not hold is nobody's gate. What a gate
 * says is what its statement says. Without a policy there is no role, and no gate.
 * @param policies the registry's verified chain
 * @returns the entries as they may be believed, and why others were not
 */
export function verifyAdvisoryIndex(
  { registry, advisories }: AdvisoryIndex,
  policies: readonly Policy[],
): { readonly entries: readonly AdvisoryEntry[]; readonly refused: readonly RegistryError[] } {
  const refused: RegistryError[] = [];
  const entries = advisories.map((entry): AdvisoryEntry => {
    const gate = gateOf(entry);
    if (gate === 'warn' || gate === 'none') return entry;
    try {
      return verifyGate(entry, { registry, policies });
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      refused.push(error);
      const { signed: _signed, ...rest } = entry;
      return { ...rest, official: false };
    }
  });
  return { entries, refused };
}

function verifyGate(
  entry: AdvisoryEntry,
  { registry, policies }: { readonly registry: string; readonly policies: readonly Policy[] },
): AdvisoryEntry {
  const { id, signed } = entry;
  if (signed === undefined)
    throw new RegistryError('BAD_SIGNATURE', `${id}: wanted the statement of the advisories role`);
  const said = parseAdvisory(signed.statement, { where: id });
  const role = roleAt(policies, 'advisories', said.at);
  if (role === undefined)
    throw new RegistryError('BAD_SIGNATURE', `${id}: no policy is of ${said.at} or before`);
  const signers = roleSigners(signed, { role, namespace: signatureNamespace('advisory'), where: id });
  if (signers.length < role.threshold)
    throw new RegistryError(
      'BAD_SIGNATURE',
      `${id}: wanted signatures by ${role.threshold} keys of the advisories role, found ${signers.length}`,
    );
  if (said.id !== id || said.registry !== registry)
    throw new RegistryError('WRONG_SUBJECT', `${id}: its statement is ${said.id} of ${said.registry}`);
  const { state, malware, severity, title, summary, affected, patches } = said;
  return { ...entry, state, malware, severity, title, summary, affected, patches };
}
