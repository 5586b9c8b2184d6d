/**
 * A registry's chain of policies (docs/spec/statements.md §10): number 1 is signed by its own root, each next one by the
 * root of the one before and by its own. A client that has once seen a policy pins it, and the chain may only grow from there.
 */
import {
  type Policy,
  type PolicyRole,
  parsePolicy,
  RegistryError,
  type Role,
  type Sha256Hex,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { sha256 } from './digest.ts';
import { checkSubject, signersOf } from './keyset.ts';
import { type PublicKey, parsePublicKey } from './public-key.ts';

/** A policy as a client last saw it. */
export interface PolicyPin {
  readonly n: number;
  readonly sha256: Sha256Hex;
}

export interface PolicyChainOptions {
  /** Identity of the registry that is asked. */
  readonly registry: string;
  readonly pin?: PolicyPin | undefined;
}

export interface VerifiedPolicy {
  readonly policy: Policy;
  readonly pin: PolicyPin;
}

/**
 * Verifies a chain from number 1 on and returns its last policy. The first failing rule decides the code: WRONG_SUBJECT
 * (another registry), POLICY_BROKEN (a gap, too few signatures, or not the chain of the pin), BAD_SIGNATURE, WEAK_KEY, BAD_KEY.
 * Expiry is not judged here: it stops new resolution, never the reading of the chain.
 * @throws RegistryError also BAD_JSON, BAD_SHAPE, BAD_STATEMENT
 */
export function verifyPolicyChain(chain: readonly SignedText[], options: PolicyChainOptions): VerifiedPolicy {
  const { registry, pin } = options;
  let last: VerifiedPolicy | undefined;
  for (const [i, text] of chain.entries()) {
    last = verifyLink(text, { n: i + 1, before: last?.policy, registry });
    if (pin !== undefined && last.pin.n === pin.n && last.pin.sha256 !== pin.sha256)
      throw anotherHistory(pin, last.pin);
  }
  if (last === undefined)
    throw new RegistryError('POLICY_BROKEN', `${registry}: wanted a policy, the chain is empty`);
  if (pin !== undefined && last.pin.n < pin.n) {
    throw new RegistryError(
      'POLICY_BROKEN',
      `${registry}: this client has seen policy ${pin.n}, the chain shown ends at ${last.pin.n}`,
      {
        hint: 'An old state of the registry was shown. Try another mirror.',
      },
    );
  }
  return last;
}

interface LinkOptions {
  readonly n: number;
  readonly before: Policy | undefined;
  readonly registry: string;
}

function verifyLink(text: SignedText, { n, before, registry }: LinkOptions): VerifiedPolicy {
  const where = `policy/${n}.json`;
  const policy = parsePolicy(text.statement, { where });
  checkSubject(where, [['registry', registry, policy.registry]]);
  if (policy.n !== n)
    throw new RegistryError('POLICY_BROKEN', `${where}: wanted policy ${n}, found ${policy.n}`);
  if (before !== undefined) requireRole(text, { role: before.roles.get('root')!, of: n - 1, where });
  requireRole(text, { role: policy.roles.get('root')!, of: n, where });
  return { policy, pin: { n, sha256: sha256(text.statement) } };
}

interface RoleOptions {
  readonly role: Role;
  /** Number of the policy that the role is of. */
  readonly of: number;
  readonly where: string;
}

function requireRole(text: SignedText, { role, of, where }: RoleOptions): void {
  const signed = roleSigners(text, { role, namespace: signatureNamespace('policy'), where });
  if (signed.length >= role.threshold) return;
  throw new RegistryError(
    'POLICY_BROKEN',
    `${where}: wanted signatures by ${role.threshold} root keys of policy ${of}, found ${signed.length}`,
    { hint: 'Someone replaced the policy without holding the root keys. Do not go on with this registry.' },
  );
}

/**
 * The keys of a role when something was said: those of the policy that counted then, so that rotating keys takes back nothing. A role
 * that a policy does not name is its root's (statements.md §10.1). Undefined before the first policy.
 */
export function roleAt(policies: readonly Policy[], role: PolicyRole, at: string): Role | undefined {
  const then = policies.findLast(({ createdAt }) => Date.parse(createdAt) <= Date.parse(at));
  return then?.roles.get(role) ?? then?.roles.get('root');
}

/** The distinct keys of a role that signed a text. @throws RegistryError BAD_SIGNATURE, BAD_KEY, WEAK_KEY */
export function roleSigners(
  text: SignedText,
  { role, namespace, where }: { readonly role: Role; readonly namespace: string; readonly where: string },
): PublicKey[] {
  const keys = new Map(role.keys.map((key) => parsePublicKey(key)).map((key) => [key.fingerprint, key]));
  return signersOf(text, { namespace, keys, where });
}

function anotherHistory(pin: PolicyPin, found: PolicyPin): RegistryError {
  return new RegistryError(
    'POLICY_BROKEN',
    `policy ${pin.n}: this client has seen ${pin.sha256}, found ${found.sha256}`,
    {
      hint: 'Two histories of one registry exist. Ask its maintainers by another way before you go on.',
    },
  );
}
