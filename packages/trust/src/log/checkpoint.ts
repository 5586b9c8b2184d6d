/**
 * Checkpoints (docs/spec/log.md §5.4; C2SP tlog-checkpoint v1): the size and root of a log's tree, as the text of a signed
 * note; and what cosigners say of them (log.md §6; C2SP tlog-cosignature v1).
 */
import { printable, RegistryError } from '@mlld/format';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { isWhole, type TreeHead } from './merkle.ts';
import { type NoteSignature, type NoteSigner, type VerifierKey, verifyRaw } from './note.ts';

export interface Checkpoint extends TreeHead {
  /** Names the log for ever: `registry.example.org/log`. */
  readonly origin: string;
}

/** Reads the text of a checkpoint. Lines after the third are allowed and say nothing. @throws RegistryError BAD_NOTE */
export function parseCheckpoint(text: string, where = 'checkpoint'): Checkpoint {
  const [origin, size, root, ...rest] = text.endsWith('\n') ? text.slice(0, -1).split('\n') : [];
  const hash = root === undefined ? undefined : decodeBase64(root);
  const good =
    origin !== undefined &&
    origin !== '' &&
    size !== undefined &&
    /^(?:0|[1-9]\d{0,15})$/.test(size) &&
    isWhole(Number(size)) &&
    hash?.length === 32 &&
    rest.every((line) => line !== '');
  if (!good) {
    throw new RegistryError(
      'BAD_NOTE',
      `${where}: wanted an origin, a size and the base64 of 32 octets, a line each, found '${printable(text, 120)}'`,
    );
  }
  return { origin, size: Number(size), root: hash };
}

export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${encodeBase64(root)}\n`;
}

/** What a cosigner signs: when it saw the checkpoint, and its text (tlog-cosignature, «Ed25519 signed message»). */
function cosignedMessage(text: string, time: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${time}\n${text}`);
}

/** Says, as of `time` (seconds since 1970), that this is the largest consistent checkpoint that the signer has seen. */
export function cosign(text: string, signer: NoteSigner, time: number): NoteSignature {
  if (signer.key.type !== 'cosignature/v1' || !isWhole(time))
    throw new RegistryError('BAD_KEY', 'a cosignature wants a cosigner key, and a time in whole seconds');
  const stamp = Buffer.alloc(8);
  stamp.writeBigUInt64BE(BigInt(time));
  const { name, id } = signer.key;
  return { name, id, octets: Buffer.concat([stamp, signer.sign(cosignedMessage(text, time))]) };
}

/** When the cosigner saw the checkpoint, in seconds since 1970; undefined if the signature is not its own. */
export function cosignedAt(text: string, signature: NoteSignature, key: VerifierKey): number | undefined {
  if (key.type !== 'cosignature/v1' || signature.octets.length !== 72) return undefined;
  const time = Number(Buffer.from(signature.octets).readBigUInt64BE());
  if (!isWhole(time)) return undefined;
  return verifyRaw(key, cosignedMessage(text, time), signature.octets.subarray(8)) ? time : undefined;
}
