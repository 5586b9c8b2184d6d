/** Verifies a registry's `head` (docs/spec/log.md §9): which state of the index its log commits to. Pure; no clock, no network. */
import { type Head, type Policy, parseSnapshot, RegistryError, type Snapshot } from '@mlld/format';
import { decodeBase64 } from '../base64.ts';
import { checkSubject } from '../keyset.ts';
import { type Hash, isIncluded, leafHash } from './merkle.ts';
import { type AcceptedCheckpoint, acceptCheckpoint, logPolicyText, parseLogPolicy } from './policy.ts';

export interface VerifiedHead extends AcceptedCheckpoint {
  readonly snapshot: Snapshot;
}

/**
 * Verifies that the checkpoint counts by the policy, and that the snapshot is its tree's last leaf and of this registry. That the
 * log only grew since the checkpoint that was seen before is the caller's next question (`checkGrowth`).
 * @throws RegistryError NOT_INCLUDED, WRONG_SUBJECT, and those of `acceptCheckpoint` and `parseSnapshot`
 */
export function verifyHead(head: Head, policy: Policy): VerifiedHead {
  const accepted = acceptCheckpoint(head.checkpoint, parseLogPolicy(logPolicyText(policy)), 'head');
  const { statement, index, proof } = head.snapshot;
  const { size } = accepted.checkpoint;
  const path = proof.map((one) => decodeBase64(one) as Hash);
  if (
    index !== size - 1 ||
    !isIncluded({ leaf: leafHash(Buffer.from(statement)), index, path }, accepted.checkpoint)
  ) {
    throw new RegistryError(
      'NOT_INCLUDED',
      `head: the snapshot is not the last leaf of the log at size ${size}`,
      {
        hint: 'The registry is being changed, or a mirror mixes two states. Try again, or another mirror.',
      },
    );
  }
  const snapshot = parseSnapshot(statement, { where: 'head: snapshot' });
  checkSubject('head: snapshot', [
    ['registry', policy.registry, snapshot.registry],
    ['log size', String(index), String(snapshot.size)],
  ]);
  return { ...accepted, snapshot };
}
