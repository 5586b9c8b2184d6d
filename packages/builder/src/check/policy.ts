/** The policy chain of a repository, and the names that its newest policy reserves. */
import { authorOf, layout, type ModuleName, type Policy, RegistryError, shortName } from '@mlld/format';
import { type Finding, findingOf } from '../finding.ts';
import { policyNumbers, readPolicyChain } from '../policy/read.ts';
import type { Repository } from '../repository/read.ts';

export function checkPolicy(repository: Repository): Finding[] {
  try {
    readPolicyChain(repository.tree, repository.info.name);
    return [];
  } catch (error) {
    const at = error instanceof RegistryError ? /^policy\/(\d+)\.json/.exec(error.message)?.[1] : undefined;
    const n = at === undefined ? policyNumbers(repository.tree).at(-1) : Number(at);
    return [findingOf('policy/chain', { file: layout.policy(n ?? 1) }, error)];
  }
}

/** Authors and `author/name`s that the newest policy reserves; none where the chain does not verify. */
export function reservedByPolicy({ tree, info }: Repository): ReadonlySet<string> {
  let policy: Policy | undefined;
  try {
    policy = readPolicyChain(tree, info.name)?.policy;
  } catch {
    // Told by checkPolicy.
  }
  return new Set(policy?.reserved ?? []);
}

export function isReserved(name: ModuleName, reserved: ReadonlySet<string>): boolean {
  return reserved.has(authorOf(name)) || reserved.has(`${authorOf(name)}/${shortName(name)}`);
}
