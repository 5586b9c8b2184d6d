/** Who has signed the policies of a repository, and who is still missing. */
import {
  layout,
  type Policy,
  parsePolicy,
  type Role,
  type Sha256Hex,
  signatureNamespace,
} from '@mlld/format';
import { parsePublicKey, roleSigners, sha256 } from '@mlld/trust';
import type { Tree } from '../repository/tree.ts';
import { readPolicies } from './read.ts';

export interface RoleStatus {
  /** Number of the policy whose root keys have to sign. */
  readonly of: number;
  readonly threshold: number;
  /** Root keys with their fingerprints, and whether each has signed. */
  readonly keys: readonly { readonly key: string; readonly fingerprint: string; readonly signed: boolean }[];
  readonly reached: boolean;
}

export interface PolicyStatus {
  readonly policy: Policy;
  readonly sha256: Sha256Hex;
  /** The root of the policy before, from the second on, and its own. */
  readonly roots: readonly RoleStatus[];
  readonly complete: boolean;
}

/** @throws RegistryError POLICY_BROKEN for a gap; BAD_SIGNATURE, BAD_JSON, BAD_SHAPE … */
export function policyStatuses(tree: Tree): PolicyStatus[] {
  const statuses: PolicyStatus[] = [];
  for (const [i, text] of readPolicies(tree).entries()) {
    const where = layout.policy(i + 1);
    const policy = parsePolicy(text.statement, { where });
    const before = statuses.at(-1)?.policy;
    const roots = [...(before === undefined ? [] : [before]), policy].map(({ n, roles }) => {
      const role = roles.get('root')!;
      const namespace = signatureNamespace('policy');
      const signed = roleSigners(text, { role, namespace, where }).map((key) => key.fingerprint);
      return statusOf(n, role, signed);
    });
    statuses.push({
      policy,
      sha256: sha256(text.statement),
      roots,
      complete: roots.every(({ reached }) => reached),
    });
  }
  return statuses;
}

function statusOf(of: number, { keys, threshold }: Role, signed: readonly string[]): RoleStatus {
  const rows = keys.map((key) => {
    const { fingerprint } = parsePublicKey(key);
    return { key, fingerprint, signed: signed.includes(fingerprint) };
  });
  return { of, threshold, keys: rows, reached: signed.length >= threshold };
}
