/** An OpenSSH allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS): anybody checks our signatures without our programs. */
import { type StatementType, signatureNamespace } from '@mlld/format';
import { parsePublicKey } from '@mlld/trust';
import type { Repository } from '../repository/read.ts';
import { readPolicyChain } from './read.ts';

/** What an author signs. */
const authorTypes: readonly StatementType[] = [
  'keyset',
  'release',
  'tag',
  'yank',
  'deprecate',
  'transfer',
  'review',
  'trust',
  'star',
  'report',
  'advisory',
  'advisory-vote',
];

/**
 * One line a key: the author is the principal, of all keysets of the chain, since an older one may have signed what
 * is older. The policy's roles follow, as `<role>@<registry>`.
 */
export function allowedSigners(repository: Repository, author?: string): string {
  const authors = author === undefined ? repository.authors() : [author];
  const lines = authors.flatMap((name) => {
    const keys = repository.keysOf(name).keysets.flatMap((known) => [...known.keys.values()]);
    return [...new Set(keys.map(({ text }) => text))].map((text) => line(name, authorTypes, text));
  });
  const chain = author === undefined ? readPolicyChain(repository.tree, repository.info.name) : undefined;
  for (const [role, { keys }] of chain?.policy.roles ?? []) {
    const types: readonly StatementType[] = role === 'root' ? ['policy'] : ['advisory', 'keyset', 'decision'];
    for (const key of keys)
      lines.push(line(`${role}@${repository.info.name}`, types, parsePublicKey(key).text));
  }
  return lines.map((one) => `${one}\n`).join('');
}

function line(principal: string, types: readonly StatementType[], key: string): string {
  return `${principal} namespaces="${types.map(signatureNamespace).join(',')}" ${key}`;
}
