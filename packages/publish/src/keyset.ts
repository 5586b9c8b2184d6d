/** The keys that speak for an author: the registry's, or the first of a new author (docs/spec/statements.md §6). */
import { type Author, type Keyset, RegistryError, type SignedText } from '@mlld/format';
import type { Session } from './github/login.ts';
import { assertSameAccount } from './keys/anchors.ts';
import { readChain } from './keys/chain.ts';
import { continueOrStart, keptFile, readDraft, writeDraft } from './keys/draft.ts';
import { gather } from './keys/gather.ts';
import type { Environment } from './process.ts';
import type { RegistryTarget } from './registry/target.ts';
import type { SigningKey } from './sign/keys.ts';
import { unattended } from './ui.ts';

/** Who signs, and what has to be added to the registry for that. */
export interface Signer {
  readonly key: SigningKey;
  /** The author has no keyset yet: this key starts it. */
  readonly isNew: boolean;
}

export interface SignerSearch {
  readonly author: Author;
  readonly target: RegistryTarget;
  /** Keys of this machine, best first. */
  readonly keys: readonly SigningKey[];
  /** Absent where nobody is signed in: only for a registry that is committed to directly. */
  readonly session: Session | undefined;
  /** The registry is committed to directly: who may do that decides who publishes. */
  readonly direct: boolean;
}

/**
 * Chooses the key: one of the author's newest keyset; for a new author one that their GitHub account publishes.
 * @throws RegistryError NOT_OWNER, UNKNOWN_KEY (a key that was revoked), NO_SIGNING_KEY, KEYSET_BROKEN, GITHUB_*
 */
export async function chooseSigner(search: SignerSearch): Promise<Signer> {
  const { author, keys, target, session } = search;
  const { keysets, current: newest } = await readChain(target, author);
  if (newest === undefined) return { key: await firstKey(search), isNew: true };
  if (session !== undefined) assertSameAccount(newest.keyset, author, session.account);
  const key = keys.find((one) => newest.keys.has(one.key.fingerprint));
  if (key !== undefined) return { key, isNew: false };
  const found = keys.map((one) => one.key.fingerprint).join(', ');
  const revoked = keys.find((one) => keysets.some((old) => old.keys.has(one.key.fingerprint)));
  if (revoked !== undefined) {
    const { n } = newest.keyset;
    throw new RegistryError(
      'UNKNOWN_KEY',
      `${revoked.key.fingerprint} (${revoked.from}) was revoked: it is not in keyset ${n} of ${author}`,
      { hint: `Sign with a key of keyset ${n} (--key <file>): ${[...newest.keys.keys()].join(', ')}.` },
    );
  }
  throw new RegistryError(
    'NOT_OWNER',
    `none of your keys speaks for ${author}: keyset ${newest.keyset.n} names ${[...newest.keys.keys()].join(', ')}`,
    { hint: `Found here: ${found}. Name the right one with --key <file>.` },
  );
}

/**
 * A new author's first key must be known to be theirs: by the keys that GitHub shows for the account.
 * @throws RegistryError NOT_OWNER, NO_SIGNING_KEY, GITHUB_*
 */
export async function firstKey({ author, keys, session, direct }: SignerSearch): Promise<SigningKey> {
  const [first] = keys;
  if (first === undefined) throw new RegistryError('NO_SIGNING_KEY', 'found no SSH key to sign with');
  const own = session?.account.login.toLowerCase() === author;
  if (session === undefined || (!own && direct)) return first;
  if (!own) {
    throw new RegistryError(
      'NOT_OWNER',
      `wanted to publish for ${author}, GitHub knows you as ${session.account.login}`,
      {
        hint: `Set 'author: ${session.account.login.toLowerCase()}' in the module, or sign in as ${author}.`,
      },
    );
  }
  const published = await publishedKeys(session);
  const key = keys.find((one) => published.has(one.key.text));
  if (key !== undefined) return key;
  const web = `${session.github.endpoints.web}/settings/ssh/new`;
  throw new RegistryError(
    'NO_SIGNING_KEY',
    `none of your keys is among the SSH keys of ${session.account.login} on GitHub`,
    {
      hint: `Add one at ${web} as a signing key: ${keys.map((one) => `${one.key.fingerprint} (${one.from})`).join(', ')}`,
    },
  );
}

/** Public keys that GitHub shows to everyone for the account, as `<type> <base64>`. @throws RegistryError GITHUB_* */
export async function publishedKeys({ github, account }: Session): Promise<Set<string>> {
  const at = { username: account.login, per_page: 100 };
  const [authentication, signing] = await Promise.all([
    github.request('GET /users/{username}/keys', at),
    github.request('GET /users/{username}/ssh_signing_keys', at),
  ]);
  return new Set(
    [...authentication.data, ...signing.data].map(({ key }) => key.split(/\s+/).slice(0, 2).join(' ')),
  );
}

export interface FirstKeysetOptions {
  readonly author: Author;
  readonly registry: string;
  readonly key: SigningKey;
  readonly session: Session | undefined;
  readonly env: Environment;
  readonly home: string;
  readonly now: Date;
}

/**
 * The signed keyset 1 of a new author. It is kept in the home folder until the registry has it: two pull requests
 * that wait at the same time must bring the same bytes.
 * @throws RegistryError SIGNING_FAILED, IO
 */
export async function firstKeyset(options: FirstKeysetOptions): Promise<SignedText> {
  const { author, registry, key, session, home, env } = options;
  const own = session?.account.login.toLowerCase() === author ? session.account : undefined;
  const wanted: Keyset = {
    type: 'keyset',
    v: 1,
    registry,
    author,
    n: 1,
    threshold: 1,
    keys: [{ key: key.key.text }],
    anchors: own === undefined ? {} : { github: { id: own.id, login: own.login } },
    createdAt: options.now.toISOString(),
  };
  const file = keptFile({ home, registry, author, n: 1 });
  const begun = await readDraft(file).catch(() => undefined);
  const signers = { keys: [key.key], threshold: 1 };
  const { text } = await gather(continueOrStart(wanted, [begun]), {
    signers,
    keys: [key],
    named: true,
    env,
    ui: unattended(),
  });
  await writeDraft(file, text);
  return text;
}
