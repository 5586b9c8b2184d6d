/** A witness without a server: looks at a log, and cosigns what has only grown since it last looked (docs/spec/log.md §6). */
import type { KeyObject } from 'node:crypto';
import { cosign, formatNote, formatVerifierKey, parseNote } from '@mlld/trust/log';
import { lockState } from '../build/lock.ts';
import { signerOf } from '../log/key.ts';
import { readSeen, readShown, writeSeen } from './seen.ts';
import type { LogSource } from './source.ts';

export interface WitnessOptions {
  readonly source: LogSource;
  readonly key: KeyObject;
  /** The witness's name, as in its verifier key. */
  readonly name: string;
  readonly stateFile: string;
  /** Seconds since 1970. */
  readonly time: number;
}

export interface Cosigned {
  readonly registry: string;
  readonly vkey: string;
  readonly size: number;
  /** Size of the tree that was seen before. */
  readonly from: number;
  /** One line of a signed note, with its newline. */
  readonly line: string;
}

/**
 * Cosigns the newest checkpoint. The state is on disk before the signature is made, so that no crash makes the witness forget
 * what it has said.
 * @throws RegistryError LOCK_BUSY, and those of `readShown`: nothing is then signed
 */
export async function cosignLatest(options: WitnessOptions): Promise<Cosigned> {
  const { source, key, name, stateFile, time } = options;
  const signer = signerOf(key, name, 'cosignature/v1');
  const unlock = lockState(`${stateFile}.lock`);
  try {
    const { registry, pin, note, checkpoint, before } = await readShown(
      source,
      readSeen(stateFile),
      stateFile,
    );
    writeSeen(stateFile, { registry, policy: pin, note, rest: null });
    const { text } = parseNote(note);
    const line = formatNote({ text, signatures: [cosign(text, signer, time)] }).slice(text.length + 1);
    return {
      registry,
      vkey: formatVerifierKey(signer.key),
      size: checkpoint.size,
      from: before?.size ?? 0,
      line,
    };
  } finally {
    unlock();
  }
}
