/**
 * Keysets that the registry's quorum made for an author who lost the keys (docs/spec/statements.md §6.5): who may sign one, when it
 * takes effect, and what cancels it. Pure: times come from the log and are passed in.
 */
import {
  type Keyset,
  type LoggedText,
  type Policy,
  RegistryError,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { type KeysetChainOptions, signersOf, type VerifiedKeyset } from './keyset.ts';
import { parsePublicKey } from './public-key.ts';

/** What judges a recovery: the registry's policies, and a log's word on time. */
export interface RecoveryContext {
  /** All policies of the registry, from 1 on, verified. */
  readonly policies: readonly Policy[];
  /** Milliseconds since 1970 from which a keyset is public; undefined where nobody can say. */
  readonly publicSince: (text: LoggedText, keyset: Keyset) => number | undefined;
  /** Milliseconds since 1970. Needed to verify what a recovery signed, not to verify keysets: without it no recovery is in effect. */
  readonly now?: number | undefined;
}

/** As a repository judges it, which has no log: by the times that its statements claim. */
export function recoveryByClaims(policies: () => readonly Policy[], now?: number): RecoveryContext {
  return {
    get policies() {
      return policies();
    },
    publicSince: (_text, { createdAt }) => Date.parse(createdAt),
    now,
  };
}

/** Whether a text may be a recovery, without parsing it: then its place in the log counts, and that of the keyset after it. */
export function looksRecovered(text: SignedText | undefined): boolean {
  return text !== undefined && /"recovery"\s*:/.test(text.statement);
}

interface LinkInput extends Pick<KeysetChainOptions, 'recovery'> {
  readonly text: LoggedText;
  readonly keyset: Keyset;
  readonly where: string;
  /** The keysets before, verified. */
  readonly chain: readonly VerifiedKeyset[];
}

/** When a recovery takes effect. @throws RegistryError KEYSET_BROKEN, BAD_SIGNATURE, BAD_KEY, WEAK_KEY */
export function verifyRecovery({ text, keyset, where, recovery }: LinkInput): number {
  const { policy: n } = keyset.recovery!;
  const policy = recovery?.policies.find((one) => one.n === n);
  if (recovery === undefined || policy === undefined) {
    throw new RegistryError(
      'KEYSET_BROKEN',
      `${where}: a recovery by policy ${n} of the registry, which is not known here`,
      {
        hint: 'Only a registry with a policy and a log can recover keys.',
      },
    );
  }
  const role = policy.roles.get('recovery') ?? policy.roles.get('root')!;
  const keys = new Map(role.keys.map((key) => parsePublicKey(key)).map((key) => [key.fingerprint, key]));
  const signed = signersOf(text, { namespace: signatureNamespace('keyset'), keys, where });
  if (signed.length < role.threshold) {
    throw new RegistryError(
      'KEYSET_BROKEN',
      `${where}: wanted signatures by ${role.threshold} recovery keys of policy ${n}, found ${signed.length}`,
      { hint: 'Nobody but the registry’s quorum can recover keys. Do not go on with these.' },
    );
  }
  return publicTime(text, { keyset, where, recovery }) + policy.recoveryDelayHours * 3_600_000;
}

function publicTime(
  text: LoggedText,
  { keyset, where, recovery }: { keyset: Keyset; where: string; recovery: RecoveryContext },
): number {
  const since = recovery.publicSince(text, keyset);
  if (since !== undefined) return since;
  throw new RegistryError('KEYSET_BROKEN', `${where}: the log does not say since when it is public`, {
    hint: 'A recovery counts only once it has been public for long enough.',
  });
}

/**
 * Whether a keyset that follows a recovery stands: one by the recovered keys once they are in effect, or one by the keys before, which
 * are in effect until then and cancel the recovery. Undefined: neither of them signed it.
 */
export function afterRecovery({
  text,
  keyset,
  where,
  chain,
  recovery,
}: LinkInput): 'follows' | 'cancels' | undefined {
  const last = chain.at(-1)!;
  const takesEffect = last.takesEffect!;
  const since = publicTime(text, { keyset, where, recovery: recovery! });
  const namespace = signatureNamespace('keyset');
  const by = ({ keys, keyset: one }: VerifiedKeyset) =>
    signersOf(text, { namespace, keys, where }).length >= one.threshold;
  if (by(last)) {
    if (since >= takesEffect) return 'follows';
    throw new RegistryError(
      'KEYSET_BROKEN',
      `${where}: made by recovered keys ${hours(takesEffect - since)} before they took effect`,
    );
  }
  const before = inForce(chain, takesEffect - 1);
  if (before === undefined || !by(before)) return undefined;
  if (since < takesEffect) return 'cancels';
  throw new RegistryError(
    'KEYSET_BROKEN',
    `${where}: made by keys that a recovery had replaced ${hours(since - takesEffect)} before`,
  );
}

/** The newest keyset of a chain that is in effect at a time: recoveries wait, and those that were cancelled never are. */
export function inForce<K extends Pick<VerifiedKeyset, 'takesEffect' | 'cancelled'>>(
  chain: readonly K[],
  now: number,
): K | undefined {
  return chain.findLast(({ takesEffect, cancelled }) => cancelled !== true && (takesEffect ?? 0) <= now);
}

/** @throws RegistryError RECOVERY_PENDING, KEYSET_BROKEN for a keyset that may sign nothing now */
export function assertInEffect(
  { keyset, takesEffect, cancelled }: VerifiedKeyset,
  { where, now }: { readonly where: string; readonly now: number | undefined },
): void {
  const what = `${where}: signed by keyset ${keyset.n} of ${keyset.author}, a recovery`;
  if (cancelled === true)
    throw new RegistryError('KEYSET_BROKEN', `${what} that the author cancelled`, {
      hint: 'Somebody tried to take over the author. Do not use this release.',
    });
  if (takesEffect === undefined || (now !== undefined && takesEffect <= now)) return;
  throw new RegistryError(
    'RECOVERY_PENDING',
    `${what} that takes effect at ${new Date(takesEffect).toISOString()}`,
    {
      hint: 'Until then the author can cancel it. Wait, or use an earlier version.',
      data: { takesEffect: new Date(takesEffect).toISOString() },
    },
  );
}

function hours(ms: number): string {
  return `${Math.ceil(ms / 3_600_000)} hours`;
}
