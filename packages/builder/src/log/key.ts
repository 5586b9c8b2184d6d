/** The key that signs a log's checkpoints: Ed25519 in PKCS#8 PEM, readable by its owner alone (docs/spec/log.md §5). */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { type Policy, RegistryError } from '@mlld/format';
import { formatVerifierKey, type NoteKeyType, type NoteSigner, noteSigner } from '@mlld/trust/log';

/** Reads a key from PEM text, or from the file that is named. @throws RegistryError NO_LOG_KEY, BAD_KEY */
export function readNoteKey(setting: string): KeyObject {
  const pem = setting.includes('-----BEGIN') ? setting : readKeyFile(setting);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch (cause) {
    throw new RegistryError('BAD_KEY', 'wanted an Ed25519 private key in PKCS#8 PEM', {
      cause,
      hint: makeOne,
    });
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new RegistryError('BAD_KEY', `wanted an Ed25519 key, found ${key.asymmetricKeyType}`, {
    hint: makeOne,
  });
}

const makeOne = "Make one with 'mlld registry log-key <file>'.";

function readKeyFile(file: string): string {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat === undefined)
    throw new RegistryError('NO_LOG_KEY', `there is no key file ${file}`, { hint: makeOne });
  if (!stat.isFile()) throw new RegistryError('BAD_KEY', `${file} is no regular file`);
  if (process.platform !== 'win32' && (stat.mode & 0o077) !== 0) {
    throw new RegistryError(
      'BAD_KEY',
      `${file}: others may read this key (mode ${(stat.mode & 0o777).toString(8)})`,
      { hint: `chmod 600 ${file}; if others could have read it, make a new one and rotate.` },
    );
  }
  return readFileSync(file, 'utf8');
}

/** A signer by a private key, under a name. */
export function signerOf(key: KeyObject, name: string, type: NoteKeyType): NoteSigner {
  const seed = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url');
  return noteSigner(name, type, seed);
}

/** The signer of a registry's log. @throws RegistryError UNKNOWN_KEY if the policy does not name the key */
export function logSigner(key: KeyObject, { log, n }: Policy): NoteSigner {
  const signer = signerOf(key, log.origin, 'ed25519');
  const vkey = formatVerifierKey(signer.key);
  if (log.keys.includes(vkey)) return signer;
  throw new RegistryError(
    'UNKNOWN_KEY',
    `the log key ${vkey} is none of policy ${n}: ${log.keys.join(', ')}`,
    {
      hint: "Name the key of the policy with --log-key, or propose this one: 'mlld registry policy propose --log-key <vkey>'.",
    },
  );
}

/** Makes a key; the file must not be there yet. @throws RegistryError IO */
export function writeNoteKey(file: string): KeyObject {
  const { privateKey } = generateKeyPairSync('ed25519');
  try {
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new RegistryError('IO', `can't write the key to ${file}: ${(cause as Error).message}`, { cause });
  }
  return privateKey;
}
