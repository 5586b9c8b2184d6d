/** The keys that speak for an author: the registry's, or the first of a new author (docs/spec/statements.md §6). */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { splitSignatures } from '@mlld/builder';
import {
  type Author,
  encodeStatement,
  type Keyset,
  layout,
  limits,
  parseKeyset,
  RegistryError,
  type SignedText,
  signatureNamespace,
  userLayout,
} from '@mlld/format';
import { verifyKeysetChain } from '@mlld/trust';
import type { Session } from './github/login.ts';
import type { Environment } from './process.ts';
import type { RegistryTarget } from './registry/target.ts';
import type { SigningKey } from './sign/keys.ts';
import { sign } from './sign/sign.ts';

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
 * Chooses the key: one of the author's keyset; for a new author one that their GitHub account publishes.
 * @throws RegistryError NOT_OWNER, NO_SIGNING_KEY, KEYSET_BROKEN, GITHUB_*
 */
export async function chooseSigner(search: SignerSearch): Promise<Signer> {
  const { author, keys, target } = search;
  const chain = await readChain(target, author);
  if (chain.length > 0) {
    const { keyset, keys: known } = verifyKeysetChain(chain, { registry: target.info.name, author });
    const key = keys.find((one) => known.has(one.key.fingerprint));
    if (key !== undefined) return { key, isNew: false };
    throw new RegistryError(
      'NOT_OWNER',
      `none of your keys speaks for ${author}: keyset ${keyset.n} names ${[...known.keys()].join(', ')}`,
      {
        hint: `Found here: ${keys.map((one) => one.key.fingerprint).join(', ')}. Name the right one with --key <file>.`,
      },
    );
  }
  return { key: await firstKey(search), isNew: true };
}

async function readChain(target: RegistryTarget, author: Author): Promise<SignedText[]> {
  const names = await target.list(layout.keysetFolder(author));
  const count = names.filter((name) => /^[1-9]\d*\.json$/.test(name)).length;
  const chain: SignedText[] = [];
  for (let n = 1; n <= Math.min(count, limits.keysetChain); n++) {
    const file = layout.keyset(author, n);
    const [statement, signature] = await Promise.all([
      target.read(file),
      target.read(layout.signature(file)),
    ]);
    if (statement === undefined || signature === undefined) {
      throw new RegistryError('KEYSET_BROKEN', `${file}: the registry lacks it, or its signature`);
    }
    chain.push({ statement, signatures: splitSignatures(signature, layout.signature(file)) });
  }
  return chain;
}

/** A new author's first key must be known to be theirs: by the keys that GitHub shows for the account. */
async function firstKey({ author, keys, session, direct }: SignerSearch): Promise<SigningKey> {
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

/** Public keys that GitHub shows to everyone for the account, as `<type> <base64>`. */
async function publishedKeys({ github, account }: Session): Promise<Set<string>> {
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
 */
export async function firstKeyset(options: FirstKeysetOptions): Promise<SignedText> {
  const { author, registry, key, session } = options;
  const file = path.join(options.home, userLayout.home, 'keysets', registry, `${author}.json`);
  const kept = await readKept(file, options);
  if (kept !== undefined) return kept;
  const own = session?.account.login.toLowerCase() === author ? session.account : undefined;
  const keyset: Keyset = {
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
  const statement = encodeStatement(keyset);
  parseKeyset(statement);
  const signatures = [
    await sign(statement, { namespace: signatureNamespace('keyset'), key, env: options.env }),
  ];
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ statement, signatures })}\n`);
  return { statement, signatures };
}

/** The kept one, if it is still what would be signed today. */
async function readKept(
  file: string,
  { author, registry, key, session }: FirstKeysetOptions,
): Promise<SignedText | undefined> {
  try {
    const kept = JSON.parse(await readFile(file, 'utf8')) as SignedText;
    const { keyset, keys } = verifyKeysetChain([kept], { registry, author });
    const id = session?.account.login.toLowerCase() === author ? session.account.id : undefined;
    return keys.has(key.key.fingerprint) && keyset.anchors.github?.id === id ? kept : undefined;
  } catch {
    return undefined;
  }
}
