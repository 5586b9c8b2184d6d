/** The registry's policies, as its repository holds them: who recovers lost keys (docs/spec/statements.md §6.5). */
import {
  type Keyset,
  layout,
  limits,
  type Policy,
  parsePolicy,
  RegistryError,
  type SignedText,
} from '@mlld/format';
import { parsePublicKey, verifyPolicyChain } from '@mlld/trust';
import type { RegistryTarget } from '../registry/target.ts';
import { readSigned } from './chain.ts';
import type { KeyRule } from './change.ts';

/** All policies from 1 on, verified; none of a registry without them. @throws RegistryError POLICY_BROKEN, BAD_SIGNATURE */
export async function readPolicies({ info, list, read }: RegistryTarget): Promise<readonly Policy[]> {
  const names = await list('policy');
  const count = names.filter((name) => /^[1-9]\d*\.json$/.test(name)).length;
  const chain: SignedText[] = [];
  for (let n = 1; n <= Math.min(count, limits.policyChain); n++) {
    const text = await readSigned(read, layout.policy(n));
    if (text === undefined)
      throw new RegistryError(
        'POLICY_BROKEN',
        `${layout.policy(n)}: the registry lacks it, or its signature`,
      );
    chain.push(text);
  }
  if (chain.length > 0) verifyPolicyChain(chain, { registry: info.name });
  return chain.map(({ statement }) => parsePolicy(statement));
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
