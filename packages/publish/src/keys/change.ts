/** What a new keyset says, from the one before it (docs/spec/statements.md §6). Pure. */
import { type Keyset, limits, RegistryError } from '@mlld/format';
import { type PublicKey, parsePublicKey } from '@mlld/trust';

/** Without `threshold` the one of before stays. */
export type KeysetChange =
  | { readonly kind: 'init'; readonly keys: readonly PublicKey[]; readonly threshold?: number | undefined }
  | { readonly kind: 'add'; readonly keys: readonly PublicKey[]; readonly threshold?: number | undefined }
  | { readonly kind: 'rotate'; readonly keys: readonly PublicKey[]; readonly threshold?: number | undefined }
  /** Keys by fingerprint: who has lost a key need not have its file. */
  | {
      readonly kind: 'revoke';
      readonly fingerprints: readonly string[];
      readonly threshold?: number | undefined;
    }
  | { readonly kind: 'threshold'; readonly threshold: number }
  /** The keys stay: what changes is whose they are. */
  | { readonly kind: 'anchor'; readonly threshold?: undefined };

/** The part of a keyset that a change is about. */
export interface KeyRule {
  readonly keys: readonly PublicKey[];
  /** How many of the keys must sign the next keyset. */
  readonly threshold: number;
}

/**
 * What the keyset after `before` says; `before` itself, the same object, when the change is there already.
 * @throws RegistryError USAGE, UNKNOWN_KEY, VERSION_EXISTS (init of an author who has keys)
 */
export function applyChange(before: KeyRule | undefined, change: KeysetChange): KeyRule {
  const keys = keysAfter(before, change);
  const threshold = change.threshold ?? before?.threshold ?? 1;
  checkRule(keys, threshold);
  if (before === undefined) return { keys, threshold };
  const same = threshold === before.threshold && sameKeys(keys, before.keys);
  if (same) return before;
  if (change.kind !== 'init') return { keys, threshold };
  throw new RegistryError('VERSION_EXISTS', 'the author has a keyset already, with other keys', {
    hint: "'mlld keys list' shows it; 'mlld keys add', 'revoke' and 'rotate' change it.",
  });
}

export function ruleOf(keyset: Keyset): KeyRule {
  return { keys: keyset.keys.map(({ key }) => parsePublicKey(key)), threshold: keyset.threshold };
}

function keysAfter(before: KeyRule | undefined, change: KeysetChange): readonly PublicKey[] {
  if (change.kind === 'init') return distinct(change.keys);
  if (before === undefined) {
    throw new RegistryError('USAGE', 'the author has no keyset in this registry yet', {
      hint: "Make the first one with 'mlld keys init'.",
    });
  }
  if (change.kind === 'rotate') return distinct(change.keys);
  if (change.kind === 'add') return distinct([...before.keys, ...change.keys]);
  if (change.kind === 'threshold' || change.kind === 'anchor') return before.keys;
  const gone = new Set(change.fingerprints);
  return before.keys.filter(({ fingerprint }) => !gone.has(fingerprint));
}

function checkRule(keys: readonly PublicKey[], threshold: number): void {
  if (keys.length === 0) {
    throw new RegistryError('USAGE', 'this would leave no key', {
      hint: "Replace the keys with 'mlld keys rotate <new key>'.",
    });
  }
  if (keys.length > limits.keysPerKeyset) {
    const wanted = `wanted at most ${limits.keysPerKeyset} keys, found ${keys.length}`;
    throw new RegistryError('USAGE', wanted, { hint: 'Revoke keys that nobody uses any more.' });
  }
  if (threshold < 1 || threshold > Math.min(keys.length, limits.signaturesPerStatement)) {
    // Never lowered in silence: fewer signatures are a decision.
    const found = `a threshold of ${threshold} with ${keys.length} key${keys.length === 1 ? '' : 's'}`;
    throw new RegistryError('USAGE', `wanted a threshold from 1 to the number of keys, found ${found}`, {
      hint: `Name one that fits with --threshold, at most ${Math.min(keys.length, limits.signaturesPerStatement)}.`,
    });
  }
}

function distinct(keys: readonly PublicKey[]): PublicKey[] {
  return [...new Map(keys.map((key) => [key.fingerprint, key])).values()];
}

function sameKeys(a: readonly PublicKey[], b: readonly PublicKey[]): boolean {
  const known = new Set(b.map(({ fingerprint }) => fingerprint));
  return a.length === b.length && a.every(({ fingerprint }) => known.has(fingerprint));
}
