/** The policy chain of a registry repository (docs/spec/statements.md §10). */
import { layout, limits, RegistryError, type SignedText } from '@mlld/format';
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
}

/**
 * The verified chain; undefined for a repository without a policy.
 * @throws RegistryError POLICY_BROKEN and those of `verifyPolicyChain`
 */
export function readPolicyChain(tree: Tree, registry: string): PolicyChain | undefined {
  const chain = readPolicies(tree);
  return chain.length === 0 ? undefined : { chain, ...verifyPolicyChain(chain, { registry }) };
}
