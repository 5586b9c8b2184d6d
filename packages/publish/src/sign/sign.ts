/** Signing by OpenSSH: key files, the agent and hardware keys alike (docs/spec/statements.md §4). */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { parseSignature, verifySignature } from '@mlld/trust';
import { type Environment, lastWords, run } from '../process.ts';
import type { SigningKey } from './keys.ts';

export interface SignOptions {
  /** What the signature is for, as `signatureNamespace` gives it. */
  readonly namespace: string;
  readonly key: SigningKey;
  readonly env: Environment;
}

/**
 * Signs bytes with `ssh-keygen -Y sign` and verifies the result before it is returned. A passphrase or a touch is asked for
 * by OpenSSH itself.
 * @returns the signature in SSHSIG armour
 * @throws RegistryError SIGNING_FAILED, PROGRAM_MISSING
 */
export async function sign(bytes: Uint8Array | string, options: SignOptions): Promise<string> {
  const { key, namespace } = options;
  const armour = await withKeyFile(key, (file) => runKeygen(file, bytes, options));
  const { key: signer } = verifySignature({
    bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes,
    signature: parseSignature(armour),
    namespace,
  });
  if (signer.fingerprint !== key.key.fingerprint) {
    throw new RegistryError(
      'SIGNING_FAILED',
      `wanted a signature by ${key.key.fingerprint}, ssh-keygen used ${signer.fingerprint}`,
      {
        hint: `The private key beside ${key.from} belongs to another public key.`,
      },
    );
  }
  return armour;
}

/** A key that only the agent holds is named to ssh-keygen by a file of its public half. */
async function withKeyFile<T>(key: SigningKey, use: (file: string) => Promise<T>): Promise<T> {
  const known = key.file ?? key.privateFile;
  if (known !== undefined) return use(known);
  const dir = await mkdtemp(path.join(tmpdir(), 'mlld-sign-'));
  try {
    const file = path.join(dir, 'key.pub');
    await writeFile(file, `${key.key.text}\n`);
    await chmod(file, 0o600);
    return await use(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function runKeygen(
  file: string,
  bytes: Uint8Array | string,
  { namespace, key, env }: SignOptions,
): Promise<string> {
  const ran = await run('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', file], { env, input: bytes });
  if (ran.code === 0) return ran.stdout;
  const said = lastWords(ran.stderr);
  throw new RegistryError('SIGNING_FAILED', `ssh-keygen did not sign with ${key.from}: ${said}`, {
    hint: hintFor(ran.stderr, file),
  });
}

function hintFor(stderr: string, file: string): string {
  if (/passphrase/i.test(stderr))
    return `The key has a passphrase: run 'ssh-add ${file.replace(/\.pub$/, '')}' first, or run this in a terminal.`;
  if (/agent refused|device not found|user presence|timed out/i.test(stderr))
    return 'Plug in the key and touch it when it blinks, or allow the request in the agent.';
  if (/couldn't load public key|no such (file|identity)|not found|No private key/i.test(stderr))
    return 'Neither a private key file nor the agent has this key: run ssh-add, or name another with --key <file>.';
  if (/unknown option|illegal option/i.test(stderr))
    return 'ssh-keygen is too old: OpenSSH 8.1 or newer signs files.';
  return 'Name another key with --key <file>.';
}
