import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { bareEnvironment, runProcess } from './process.ts';

export interface ThrowawayKeyOptions {
  /** Folder that the two files are written to. */
  readonly dir: string;
  readonly name?: string;
  readonly type?: 'ed25519' | 'rsa' | 'ecdsa';
  /** Size, for RSA and ECDSA. */
  readonly bits?: number;
  readonly passphrase?: string;
  readonly comment?: string;
}

/** An OpenSSH key pair made for one test. */
export interface ThrowawayKey {
  /** Path of the private key; the public one is `<file>.pub`. */
  readonly file: string;
  /** The public key, one line: `<type> <base64> <comment>`. */
  readonly publicKey: string;
}

/** Makes an OpenSSH key pair with `ssh-keygen`. */
export async function throwawayKey(options: ThrowawayKeyOptions): Promise<ThrowawayKey> {
  const type = options.type ?? 'ed25519';
  const file = path.join(options.dir, options.name ?? `id_${type}`);
  const args = [
    '-q',
    '-t',
    type,
    '-N',
    options.passphrase ?? '',
    '-C',
    options.comment ?? 'alice@example.org',
    '-f',
    file,
  ];
  if (options.bits !== undefined) args.push('-b', String(options.bits));
  const result = await runProcess('ssh-keygen', args, { env: bareEnvironment({ HOME: options.dir }) });
  if (result.code !== 0) throw new Error(`ssh-keygen ended with ${result.code}: ${result.stderr.trim()}`);
  return { file, publicKey: (await readFile(`${file}.pub`, 'utf8')).trim() };
}

/** Key pairs of several people, in files that are called as they are. */
export async function throwawayKeys(dir: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => throwawayKey({ dir, name, comment: `${name}@example.org` })));
}
