/** What a person asked to change, with the keys that they named by file, text or fingerprint. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Author, printable, RegistryError } from '@mlld/format';
import { type PublicKey, parsePublicKey } from '@mlld/trust';
import { firstKey, publishedKeys } from '../keyset.ts';
import type { SigningKey } from '../sign/keys.ts';
import { isOwner } from './anchors.ts';
import type { AuthorChain } from './chain.ts';
import type { KeysetChange } from './change.ts';
import type { ChangeKeysOptions } from './types.ts';
import type { Work } from './work.ts';

export interface ChangeContext {
  readonly work: Work;
  readonly author: Author;
  readonly keys: readonly SigningKey[];
  readonly chain: AuthorChain;
}

/** @throws RegistryError USAGE, NO_SIGNING_KEY, UNKNOWN_KEY, BAD_KEY, WEAK_KEY, GITHUB_* */
export async function readChange(options: ChangeKeysOptions, context: ChangeContext): Promise<KeysetChange> {
  const { kind, keys: words, threshold } = options.change;
  if (kind === 'threshold') {
    if (threshold !== undefined) return { kind, threshold };
    throw new RegistryError('USAGE', 'wanted the new threshold, found nothing');
  }
  if (kind === 'anchor' || kind === 'cancel') return { kind: 'anchor' };
  if (kind === 'revoke')
    return { kind, threshold, fingerprints: await fingerprintsOf(words, options, context.chain) };
  if (kind === 'init') return { kind, threshold, keys: await firstKeys(words, options, context) };
  if (words.length === 0) throw new RegistryError('USAGE', `wanted keys to ${kind}, found none`);
  // All keys are new; the old threshold may be more than they are.
  if (kind === 'recover') {
    const keys = await Promise.all(words.map((word) => publicKey(word, options)));
    return { kind: 'rotate', threshold: threshold ?? 1, keys };
  }
  return { kind, threshold, keys: await Promise.all(words.map((word) => publicKey(word, options))) };
}

/** At least one key of a new author is one that their GitHub account publishes. */
async function firstKeys(
  words: readonly string[],
  options: ChangeKeysOptions,
  { work, author, keys, chain }: ChangeContext,
): Promise<PublicKey[]> {
  const session = work.direct ? await work.sessionIfAny() : await work.session();
  const known = chain.keysets.length > 0;
  if (words.length === 0) {
    const newest = chain.keysets.at(-1);
    if (newest !== undefined) return [...newest.keys.values()];
    return [(await firstKey({ author, target: work.target, keys, session, direct: work.direct })).key];
  }
  const wanted = await Promise.all(words.map((word) => publicKey(word, options)));
  if (known || session === undefined || !isOwner(undefined, author, session.account)) return wanted;
  const published = await publishedKeys(session);
  if (wanted.some(({ text }) => published.has(text))) return wanted;
  const web = `${session.github.endpoints.web}/settings/ssh/new`;
  throw new RegistryError(
    'NO_SIGNING_KEY',
    `none of these keys is among the SSH keys of ${session.account.login} on GitHub`,
    { hint: `Add one at ${web} as a signing key: ${wanted.map((key) => key.fingerprint).join(', ')}` },
  );
}

/** A key by its `.pub` file, its private file beside that, or its text. @throws RegistryError NO_SIGNING_KEY, BAD_KEY, WEAK_KEY */
async function publicKey(word: string, { cwd, env, home = env.HOME }: ChangeKeysOptions): Promise<PublicKey> {
  if (/^(?:ssh|ecdsa|sk)-\S+ /.test(word.trim())) return parsePublicKey(word.trim());
  const file = path.resolve(cwd, home === undefined ? word : word.replace(/^~(?=\/)/, home));
  const pub = file.endsWith('.pub') ? file : `${file}.pub`;
  const text = await readFile(pub, 'utf8').catch(() => undefined);
  if (text !== undefined) return parsePublicKey(text.trim());
  throw new RegistryError(
    'NO_SIGNING_KEY',
    `wanted the public key '${printable(pub)}', there is no such file`,
    {
      hint: "Name a .pub file, or give the key as text in quotes: 'ssh-ed25519 AAAA…'.",
    },
  );
}

/** Keys of any keyset of the author may be named: what is revoked already is no error. */
async function fingerprintsOf(
  words: readonly string[],
  options: ChangeKeysOptions,
  { keysets }: AuthorChain,
): Promise<string[]> {
  if (words.length === 0) throw new RegistryError('USAGE', 'wanted keys to revoke, found none');
  const known = new Set(keysets.flatMap(({ keys }) => [...keys.keys()]));
  const found = await Promise.all(
    words.map(async (word) =>
      word.startsWith('SHA256:') ? word : (await publicKey(word, options)).fingerprint,
    ),
  );
  const stranger = found.find((fingerprint) => !known.has(fingerprint));
  if (stranger === undefined) return found;
  throw new RegistryError('UNKNOWN_KEY', `${printable(stranger)} is and was no key of this author`, {
    hint: `The newest keyset has ${[...(keysets.at(-1)?.keys.keys() ?? [])].join(', ') || 'none'}.`,
  });
}
