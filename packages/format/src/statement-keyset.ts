/** Keysets: the keys that speak for an author (docs/spec/statements.md §6). */
import * as d from './decode.ts';
import { RegistryError } from './errors.ts';
import { limits } from './limits.ts';
import { type Author, parseAuthor, parseRegistryName } from './name.ts';
import { openStatement, type ParseOptions } from './statement.ts';

/** `keyset`: the keys that speak for an author (statements.md §6). */
export interface Keyset {
  readonly type: 'keyset';
  readonly v: 1;
  readonly registry: string;
  readonly author: Author;
  /** 1, 2, 3, …; n + 1 is signed by `threshold` keys of n. */
  readonly n: number;
  readonly threshold: number;
  /** OpenSSH public keys, `ssh-ed25519 AAAA… comment`. */
  readonly keys: readonly KeysetKey[];
  readonly anchors: KeysetAnchors;
  readonly createdAt: string;
  /** The registry's quorum vouches for this keyset, and not the one before it: its keys were lost (statements.md §6.5). */
  readonly recovery?: KeysetRecovery;
}

export interface KeysetRecovery {
  /** Number of the registry's policy whose role `recovery` signs, and whose delay counts. */
  readonly policy: number;
  /** Why, for everybody to read. */
  readonly reason: string;
}

export interface KeysetKey {
  readonly key: string;
}

export interface KeysetAnchors {
  /** The account whose published keys these were; the id survives a rename, the login does not. */
  readonly github?: { readonly id: number; readonly login: string };
  /** A DNS name that the author controls. */
  readonly dns?: string;
}

/** Parses the bytes of a keyset. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_STATEMENT, TOO_LARGE */
export function parseKeyset(bytes: Uint8Array | string, { where = 'keyset' }: ParseOptions = {}): Keyset {
  const { value, $ } = openStatement(bytes, ['keyset'], where);
  d.onlyMembers(
    value,
    ['type', 'v', 'registry', 'author', 'n', 'threshold', 'keys', 'anchors', 'createdAt', 'recovery'],
    $,
  );
  const keyset: Keyset = d.compact({
    type: 'keyset' as const,
    v: 1 as const,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    author: d.parsed(parseAuthor)(value.author, `${$}.author`),
    n: d.integer(1, limits.keysetChain)(value.n, `${$}.n`),
    threshold: d.integer(1, limits.keysPerKeyset)(value.threshold, `${$}.threshold`),
    keys: d.array(keysetKey, limits.keysPerKeyset)(value.keys, `${$}.keys`),
    anchors: anchors(value.anchors, `${$}.anchors`),
    createdAt: d.instant(value.createdAt, `${$}.createdAt`),
    recovery: d.optional(recovery)(value.recovery, `${$}.recovery`),
  });
  if (keyset.recovery !== undefined && keyset.n === 1)
    throw new RegistryError('BAD_STATEMENT', `${$}.recovery: keyset 1 replaces no keys`);
  const distinct = new Set(keyset.keys.map(({ key }) => key.split(' ')[1]));
  if (distinct.size !== keyset.keys.length)
    throw new RegistryError('BAD_STATEMENT', `${$}.keys: a key stands twice`);
  if (keyset.threshold > keyset.keys.length) {
    throw new RegistryError(
      'BAD_STATEMENT',
      `${$}.threshold: wanted at most ${keyset.keys.length}, found ${keyset.threshold}`,
    );
  }
  return keyset;
}

/** An OpenSSH public key in one line. */
export const publicKeyText: d.Decoder<string> = (value, path) => {
  const key = d.text(limits.signatureBytes)(value, path);
  if (!/^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}(?: [^\n]*)?$/.test(key))
    throw d.badShape(path, 'an OpenSSH public key', key);
  return key;
};

const recovery: d.Decoder<KeysetRecovery> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['policy', 'reason'], path);
  return {
    policy: d.integer(1, limits.policyChain)(found.policy, `${path}.policy`),
    reason: d.text(1000)(found.reason, `${path}.reason`),
  };
};

const keysetKey: d.Decoder<KeysetKey> = (value, path) => {
  const entry = d.object(value, path);
  d.onlyMembers(entry, ['key'], path);
  return { key: publicKeyText(entry.key, `${path}.key`) };
};

const anchors: d.Decoder<KeysetAnchors> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['github', 'dns'], path);
  const github: d.Decoder<{ id: number; login: string }> = (one, at) => {
    const account = d.object(one, at);
    d.onlyMembers(account, ['id', 'login'], at);
    return {
      id: d.integer(1)(account.id, `${at}.id`),
      login: d.text(limits.authorChars)(account.login, `${at}.login`),
    };
  };
  return d.compact({
    github: d.optional(github)(found.github, `${path}.github`),
    dns: d.optional(d.parsed(parseRegistryName))(found.dns, `${path}.dns`),
  });
};
