/** The policy chain of a registry repository (docs/spec/statements.md §10). */
import {
  isRegistryError,
  layout,
  limits,
  type Policy,
  parsePolicy,
  RegistryError,
  type SignedText,
} from '@mlld/format';
import { type VerifiedPolicy, verifyPolicyChain } from '@mlld/trust';
import { readSignatures, readStatement } from '../repository/files.ts';
import type { Tree } from '../repository/tree.ts';

/** The numbers of the policies that have a file, sorted. */
export function policyNumbers(tree: Tree): number[] {
  return tree
    .list('policy')
    .map(({ name, kind }) => (kind === 'file' ? /^([1-9]\d{0,5})\.json$/.exec(name)?.[1] : undefined))
    .filter((n) => n !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

/** The chain as its files are, not verified. @throws RegistryError POLICY_BROKEN for a gap; TOO_LARGE, BAD_SIGNATURE */
export function readPolicies(tree: Tree): SignedText[] {
  return policyNumbers(tree).map((n, i) => {
    const file = layout.policy(n);
    if (n !== i + 1 || n > limits.policyChain)
      throw new RegistryError(
        'POLICY_BROKEN',
        `${file}: wanted policy ${i + 1} of at most ${limits.policyChain}`,
      );
    return {
      statement: readStatement(tree, file)?.text ?? '',
      signatures: readSignatures(tree, layout.signature(file)),
    };
  });
}

export interface PolicyChain extends VerifiedPolicy {
  readonly chain: readonly SignedText[];
  /** Each of them, read. */
  readonly policies: readonly Policy[];
}

/**
 * The verified chain; undefined for a repository without a policy.
 * @throws RegistryError POLICY_BROKEN and those of `verifyPolicyChain`
 */
export function readPolicyChain(tree: Tree, registry: string): PolicyChain | undefined {
  const chain = readPolicies(tree);
  if (chain.length === 0) return undefined;
  try {
    const verified = verifyPolicyChain(chain, { registry });
    return { chain, policies: chain.map(({ statement }) => parsePolicy(statement)), ...verified };
  } catch (cause) {
    // A client is warned of somebody's hand; here it is most often a proposal that not all have signed.
    if (!isRegistryError(cause, 'POLICY_BROKEN')) throw cause;
    throw new RegistryError('POLICY_BROKEN', cause.message, {
      hint: "'mlld registry policy show' says who is missing; they run 'mlld registry policy sign'.",
      cause,
    });
  }
}
