/** An OpenSSH allowed_signers file (ssh-keygen(1), ALLOWED SIGNERS): anybody checks our signatures without our programs. */
import { type StatementType, signatureNamespace } from '@mlld/format';
import { parsePublicKey } from '@mlld/trust';
import type { KnownKeyset } from '../repository/model.ts';
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
  'collection',
  'advisory',
  'advisory-vote',
];

/**
 * One line a key: the author is the principal, of all keysets of the chain, since an older one may have signed what
 * is older: `-O verify-time` asks about then. A key that was taken away is valid before that. The policy's roles follow, as `<role>@<registry>`.
 */
export function allowedSigners(repository: Repository, author?: string): string {
  const authors = author === undefined ? repository.authors() : [author];
  const lines = authors.flatMap((name) => {
    const { keysets } = repository.keysOf(name);
    const texts = new Set(keysets.flatMap(({ keys }) => [...keys.values()].map(({ text }) => text)));
    return [...texts].map((text) => line(name, authorTypes, text, goneAt(keysets, text)));
  });
  const chain = author === undefined ? readPolicyChain(repository.tree, repository.info.name) : undefined;
  for (const [role, { keys }] of chain?.policy.roles ?? []) {
    const types = roleTypes[role] ?? ['advisory', 'keyset', 'decision'];
    for (const key of keys)
      lines.push(line(`${role}@${repository.info.name}`, types, parsePublicKey(key).text));
  }
  return lines.map((one) => `${one}\n`).join('');
}

const roleTypes: Readonly<Record<string, readonly StatementType[] | undefined>> = {
  root: ['policy', 'statistics'],
  statistics: ['statistics'],
};

/** When an author took a key away; undefined for one of the newest keyset. */
function goneAt(keysets: readonly KnownKeyset[], text: string): string | undefined {
  const has = ({ keys }: KnownKeyset) => [...keys.values()].some((key) => key.text === text);
  const last = keysets.findLastIndex((one) => one.cancelled !== true && has(one));
  return keysets.find((one, i) => i > last && one.cancelled !== true)?.keyset.createdAt;
}

function line(principal: string, types: readonly StatementType[], key: string, before?: string): string {
  const namespaces = `namespaces="${types.map(signatureNamespace).join(',')}"`;
  const until = before === undefined ? '' : `,valid-before="${openSshTime(before)}"`;
  return `${principal} ${namespaces}${until} ${key}`;
}

/** `20260301120000Z`: ssh-keygen(1), TIME FORMATS. */
function openSshTime(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
}
