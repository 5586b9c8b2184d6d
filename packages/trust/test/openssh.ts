/** The real `ssh-keygen`, as the oracle of the tests. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

export const hasSshKeygen = spawnSync('ssh-keygen', ['-?'], { stdio: 'ignore' }).error === undefined;

export interface OpenSshKey {
  readonly file: string;
  /** The line of the `.pub` file. */
  readonly line: string;
}

export interface AcceptOptions {
  readonly namespace: string;
  readonly signature: string;
  /** Options of the line in allowed_signers, as `valid-before="20260301Z"`. */
  readonly limits?: string;
  /** As of when, `20260301120000Z`. */
  readonly time?: string;
  /** Public keys that were revoked. */
  readonly revoked?: readonly string[];
}

export interface OpenSsh {
  key(type: string, bits?: number): OpenSshKey;
  /** Armour by `ssh-keygen -Y sign`. */
  sign(key: OpenSshKey, data: Uint8Array, options: { namespace: string; hash?: string }): string;
  /** Whether `ssh-keygen -Y verify` accepts the signature by exactly this key. */
  accepts(line: string, data: Uint8Array, options: AcceptOptions): boolean;
  remove(): void;
}

export function openSsh(): OpenSsh {
  const dir = mkdtempSync(path.join(tmpdir(), 'mlld-openssh-'));
  let made = 0;
  const run = (args: readonly string[], input: Uint8Array = new Uint8Array()) =>
    spawnSync('ssh-keygen', args, { input, cwd: dir, env: { PATH: process.env.PATH, HOME: dir } });
  return {
    key(type, bits) {
      const file = path.join(dir, `key-${made++}`);
      const size = bits === undefined ? [] : ['-b', String(bits)];
      must(run(['-q', '-t', type, ...size, '-N', '', '-C', 'alice@example.org', '-f', file]));
      return { file, line: readFileSync(`${file}.pub`, 'utf8') };
    },
    sign(key, data, { namespace, hash = 'sha512' }) {
      const result = run(['-Y', 'sign', '-f', key.file, '-n', namespace, '-O', `hashalg=${hash}`], data);
      return must(result).stdout.toString();
    },
    accepts(line, data, { namespace, signature, limits = '', time, revoked = [] }) {
      writeFileSync(path.join(dir, 'signers'), `alice ${limits} ${line}\n`);
      writeFileSync(path.join(dir, 'revoked'), revoked.map((key) => `${key.trim()}\n`).join(''));
      writeFileSync(path.join(dir, 'signature'), signature);
      const args = ['-Y', 'verify', '-f', 'signers', '-I', 'alice', '-n', namespace, '-s', 'signature'];
      const asOf = time === undefined ? [] : ['-O', `verify-time=${time}`];
      const without = revoked.length === 0 ? [] : ['-r', 'revoked'];
      return run([...args, ...asOf, ...without], data).status === 0;
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function must(result: ReturnType<typeof spawnSync>): { stdout: Buffer } {
  if (result.status !== 0) throw new Error(`ssh-keygen ended with ${result.status}: ${result.stderr}`);
  return { stdout: Buffer.from(result.stdout) };
}
