/** The registry's policies, as its repository holds them: who recovers lost keys (docs/spec/statements.md §6.5). */
import { readPolicyChain } from '@mlld/builder';
import { type Keyset, type Policy, RegistryError } from '@mlld/format';
import { parsePublicKey } from '@mlld/trust';
import type { RegistryTarget } from '../registry/target.ts';
import { readingTree } from '../registry/tree.ts';
import type { KeyRule } from './change.ts';

/** All policies from 1 on, verified; none of a registry without them. @throws RegistryError POLICY_BROKEN, BAD_SIGNATURE */
export async function readPolicies(target: RegistryTarget): Promise<readonly Policy[]> {
  const chain = await readingTree(target, (tree) => readPolicyChain(tree, target.info.name));
  return chain?.policies ?? [];
}

/** Whose signatures a recovery wants. @throws RegistryError KEYSET_BROKEN */
export function recoveryRule({ recovery }: Keyset, policies: readonly Policy[]): KeyRule {
  const policy = policies.find(({ n }) => n === recovery?.policy);
  const role = policy?.roles.get('recovery') ?? policy?.roles.get('root');
  if (role !== undefined)
    return { keys: role.keys.map((key) => parsePublicKey(key)), threshold: role.threshold };
  throw new RegistryError(
    'KEYSET_BROKEN',
    `this registry has no policy ${recovery?.policy}: nobody can recover keys by it`,
  );
}
