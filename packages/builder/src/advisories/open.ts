/** The advisories of a registry for those who want to say something about one: what counts now, and who signs for the role. */
import type { Policy, RegistryInfo, Role } from '@mlld/format';
import { roleAt } from '@mlld/trust';
import { readPolicyChain } from '../policy/read.ts';
import { repositoryOf } from '../repository/read.ts';
import { openStatements } from '../repository/statements.ts';
import type { Tree } from '../repository/tree.ts';
import { nextId } from './check.ts';
import { advisoryIds, type ReadAdvisory, readAdvisory } from './history.ts';

export interface OpenAdvisories {
  /** Undefined where nothing about it is to be believed. */
  read(id: string): ReadAdvisory | undefined;
  /** The id of the next one. */
  nextId(at: string): string;
  /** Keys of the `advisories` role; undefined in a registry without a policy. */
  role(at: string): Role | undefined;
}

/** @throws RegistryError POLICY_BROKEN */
export function openAdvisories(tree: Tree, info: RegistryInfo): OpenAdvisories {
  const { keysOf, module } = repositoryOf(tree, { info });
  const policies: readonly Policy[] = readPolicyChain(tree, info.name)?.policies ?? [];
  const statements = openStatements({ tree, info, keysOf, policies });
  return {
    read: (id) => readAdvisory(id, { statements, keysOf, read: module }),
    nextId: (at) => nextId(advisoryIds(statements), at),
    role: (at) => roleAt(policies, 'advisories', at),
  };
}
