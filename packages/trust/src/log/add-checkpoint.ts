/**
 * The request by which a log asks a witness for a cosignature, and what a witness answers (docs/spec/log.md §11; C2SP
 * tlog-witness v1, `add-checkpoint`). Pure: the caller keeps what was cosigned, and signs.
 */
import { assertSize, limits, printable, RegistryError } from '@mlld/format';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { equal, type Hash, isConsistent, isWhole } from './merkle.ts';
import { isSignedBy, type Note, parseNote, signaturesOf, type VerifierKey } from './note.ts';

export interface AddCheckpoint {
  /** Size of the tree that the witness cosigned last, as the log believes. */
  readonly old: number;
  /** Consistency proof from `old` to the checkpoint. */
  readonly proof: readonly Hash[];
  /** The signed note, byte for byte. */
  readonly checkpoint: string;
}

/** Hashes of a consistency proof: a tree of 2⁶³ leaves needs no more. */
const mostHashes = 63;

/** @throws RegistryError BAD_NOTE, TOO_LARGE */
export function parseAddCheckpoint(body: string): AddCheckpoint {
  const where = 'add-checkpoint';
  assertSize(body, where, limits.addCheckpointBytes);
  const end = body.indexOf('\n\n');
  const [first = '', ...lines] = body.slice(0, Math.max(0, end)).split('\n');
  const old = /^old (0|[1-9]\d{0,15})$/.exec(first)?.[1];
  if (end < 0 || old === undefined || !isWhole(Number(old)))
    throw bad(`wanted the line 'old <size>' first, found '${printable(first, 60)}'`);
  const proof = lines.length > mostHashes ? [undefined] : lines.map(hashOf);
  if (proof.includes(undefined)) throw bad(`wanted at most ${mostHashes} lines of the base64 of 32 octets`);
  return { old: Number(old), proof: proof as Hash[], checkpoint: body.slice(end + 2) };
}

export function formatAddCheckpoint({ old, proof, checkpoint }: AddCheckpoint): string {
  return `old ${old}\n${proof.map((hash) => `${encodeBase64(hash)}\n`).join('')}\n${checkpoint}`;
}

export interface WitnessView {
  /** The keys that a log of this origin signs with; none for one that is not witnessed. */
  readonly keysOf: (origin: string) => readonly VerifierKey[];
  /** The last checkpoint of the origin that was cosigned. */
  readonly latestOf: (origin: string) => Checkpoint | undefined;
}

/** The status of the answer, and with 200 what to keep and then to cosign; with 409 the size to say. */
export type Judgement =
  | { readonly status: 200; readonly checkpoint: Checkpoint; readonly note: Note }
  | { readonly status: 400 | 403 | 404 | 422; readonly reason: string }
  | { readonly status: 409; readonly size: number };

/** Judges a request by what the witness has cosigned. The order of the checks is that of tlog-witness. */
export function judgeCheckpoint(body: string, { keysOf, latestOf }: WitnessView): Judgement {
  let request: AddCheckpoint;
  let note: Note;
  let checkpoint: Checkpoint;
  try {
    request = parseAddCheckpoint(body);
    note = parseNote(request.checkpoint);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { status: 400, reason: error.message };
  }
  const keys = keysOf(checkpoint.origin);
  if (keys.length === 0) return { status: 404, reason: 'no log of this origin is witnessed here' };
  const signed = keys.some((key) => signaturesOf(note, key).some((one) => isSignedBy(note.text, one, key)));
  if (!signed) return { status: 403, reason: 'no known key of this log signed the checkpoint' };
  const { old, proof } = request;
  if (old > checkpoint.size)
    return { status: 400, reason: 'the old size is above the size of the checkpoint' };
  const latest = latestOf(checkpoint.origin);
  if (old !== (latest?.size ?? 0)) return { status: 409, size: latest?.size ?? 0 };
  return grows(latest, { checkpoint, proof })
    ? { status: 200, checkpoint, note }
    : { status: 422, reason: 'the proof does not show that the log only grew' };
}

function grows(
  latest: Checkpoint | undefined,
  { checkpoint, proof }: { readonly checkpoint: Checkpoint; readonly proof: readonly Hash[] },
): boolean {
  if (latest === undefined || latest.size === 0) return proof.length === 0;
  if (latest.size === checkpoint.size) return proof.length === 0 && equal(latest.root, checkpoint.root);
  return isConsistent(proof, latest, checkpoint);
}

function hashOf(line: string): Hash | undefined {
  const hash = decodeBase64(line);
  return hash?.length === 32 ? hash : undefined;
}

function bad(problem: string): RegistryError {
  return new RegistryError('BAD_NOTE', `add-checkpoint: ${problem}`);
}
