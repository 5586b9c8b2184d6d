/** Which SSH key signs: the one that is asked for, else the ones that git, ~/.ssh and the agent know, in this order. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { type PublicKey, parsePublicKey } from '@mlld/trust';
import { askGit } from '../git.ts';
import { type Environment, run } from '../process.ts';

/** A key that can be asked to sign. */
export interface SigningKey {
  readonly key: PublicKey;
  /** The `.pub` file; without one the agent holds the key. */
  readonly file?: string;
  /** The private key's file where it has no `.pub` beside it. */
  readonly privateFile?: string;
  /** Where it was found, for people. */
  readonly from: string;
}

export interface KeySearch {
  /** Path of a key (private or `.pub`), or a public key as text. */
  readonly wanted?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly home: string;
}

/** In the order of trust: hardware-backed and ed25519 keys before others. */
const HOME_KEYS = ['id_ed25519_sk.pub', 'id_ed25519.pub', 'id_ecdsa.pub', 'id_rsa.pub'];

/**
 * All keys that could sign, best first; only the wanted one if one is wanted. Keys that the registry refuses (RSA below
 * 3072 bits, DSA) are left out unless wanted by name.
 * @throws RegistryError NO_SIGNING_KEY, BAD_KEY, WEAK_KEY
 */
export async function findKeys(search: KeySearch): Promise<SigningKey[]> {
  const wanted = search.wanted ?? search.env.MLLD_SIGNING_KEY;
  if (wanted !== undefined && wanted !== '') return [await wantedKey(wanted, search)];
  const found: SigningKey[] = [];
  const refused: string[] = [];
  const add = async (from: string, load: () => Promise<SigningKey | undefined>) => {
    try {
      const one = await load();
      if (one !== undefined && !found.some(({ key }) => key.fingerprint === one.key.fingerprint))
        found.push(one);
    } catch (cause) {
      if (!(cause instanceof RegistryError)) throw cause;
      refused.push(`${from}: ${cause.message}`);
    }
  };
  const configured = await gitKey(search);
  if (configured !== undefined) await add('git config user.signingkey', () => wantedKey(configured, search));
  for (const name of HOME_KEYS) {
    const file = path.join(search.home, '.ssh', name);
    if (existsSync(file)) await add(file, () => keyFromFile(file, file));
  }
  for (const line of await agentKeys(search))
    await add('ssh-agent', async () => ({ key: parsePublicKey(line), from: 'ssh-agent' }));
  if (found.length === 0) throw noKey(refused);
  return found;
}

async function wantedKey(wanted: string, search: KeySearch): Promise<SigningKey> {
  const text = wanted.replace(/^key::/, '');
  if (/^(ssh|ecdsa|sk-ssh|sk-ecdsa)-?\S* [A-Za-z0-9+/=]+/.test(text)) {
    return { key: parsePublicKey(text.trim()), from: 'ssh-agent' };
  }
  const file = path.resolve(search.cwd, wanted.replace(/^~(?=\/)/, search.home));
  const pub = file.endsWith('.pub') ? file : `${file}.pub`;
  if (existsSync(pub)) return keyFromFile(pub, wanted);
  if (!existsSync(file)) {
    throw new RegistryError(
      'NO_SIGNING_KEY',
      `wanted the key '${printable(wanted)}', there is no such file`,
      {
        hint: 'Name an SSH key with --key <file>, or make one: ssh-keygen -t ed25519',
      },
    );
  }
  return { key: await publicHalf(file, search), privateFile: file, from: wanted };
}

async function keyFromFile(file: string, from: string): Promise<SigningKey> {
  const text = (await readFile(file, 'utf8')).trim();
  return { key: parsePublicKey(text), file, from };
}

/** The public key of a private key file, which ssh-keygen reads. */
async function publicHalf(file: string, { env }: KeySearch): Promise<PublicKey> {
  const ran = await run('ssh-keygen', ['-y', '-P', '', '-f', file], { env });
  if (ran.code === 0) return parsePublicKey(ran.stdout.trim());
  throw new RegistryError(
    'NO_SIGNING_KEY',
    `'${printable(file)}' can't be read as a key, and has no .pub file beside it`,
    {
      hint: `Write one: ssh-keygen -y -f ${file} > ${file}.pub`,
    },
  );
}

/** git's signing key, if git signs by SSH. */
async function gitKey({ cwd, env }: KeySearch): Promise<string | undefined> {
  const setting = (name: string) => askGit(['config', name], { cwd, env }).catch(() => undefined);
  if ((await setting('gpg.format')) !== 'ssh') return undefined;
  const key = await setting('user.signingkey');
  return key === undefined || key === '' ? undefined : key;
}

async function agentKeys({ env }: KeySearch): Promise<string[]> {
  if (!env.SSH_AUTH_SOCK) return [];
  const ran = await run('ssh-add', ['-L'], { env, timeout: 5_000 }).catch(() => undefined);
  return ran?.code === 0 ? ran.stdout.trim().split('\n').filter(Boolean) : [];
}

function noKey(refused: readonly string[]): RegistryError {
  const tried = refused.length === 0 ? '' : ` (refused: ${refused.join('; ')})`;
  return new RegistryError('NO_SIGNING_KEY', `found no SSH key to sign with${tried}`, {
    hint: "Make one with 'ssh-keygen -t ed25519' and add its .pub to your GitHub account, or name one with --key <file>.",
  });
}
