/** Checkpoints of a log as its builder signs them, and the cosignatures that witnesses add (docs/spec/log.md §5, §6). */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { limits, type Policy } from '@mlld/format';
import {
  type Checkpoint,
  cosignedAt,
  formatCheckpoint,
  formatNote,
  isQuorum,
  logPolicyText,
  type NoteSignature,
  type NoteSigner,
  parseLogPolicy,
  parseNote,
  parseVerifierKey,
  signaturesOf,
  signNote,
  type VerifierKey,
} from '@mlld/trust/log';
import { readRegularFile } from '../repository/tree.ts';

export function signCheckpoint(checkpoint: Checkpoint, signer: NoteSigner): string {
  const text = formatCheckpoint(checkpoint);
  return formatNote({ text, signatures: [signNote(text, signer)] });
}

/**
 * A note with the cosignatures of a folder's files put in, in the order of the policy's witnesses; what a witness has said
 * before stays. Lines about another checkpoint, and those by nobody of the policy, are left out.
 */
export function mergeCosignatures(note: string, folder: string, { witnesses }: Policy): string {
  const { text, signatures } = parseNote(note);
  const lines = readdirSync(folder)
    .sort()
    .flatMap((name) => cosignatureLines(path.join(folder, name)));
  const offered = lines.flatMap((line) => readLine(text, line));
  const keys = witnesses.map((vkey) => parseVerifierKey(vkey));
  const ours = signatures.filter((one) => !keys.some((key) => isOf(one, key)));
  const cosigned = keys.flatMap((key) => {
    const all = [...signatures, ...offered].filter(
      (one) => isOf(one, key) && cosignedAt(text, one, key) !== undefined,
    );
    return all.slice(0, 1);
  });
  return formatNote({ text, signatures: [...ours, ...cosigned] });
}

function isOf({ name, id }: NoteSignature, key: VerifierKey): boolean {
  return name === key.name && id === key.id;
}

function cosignatureLines(file: string): string[] {
  const bytes = readRegularFile(file, limits.noteBytes);
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
  return text.split('\n').filter((line) => line.startsWith('— '));
}

function readLine(text: string, line: string): readonly NoteSignature[] {
  try {
    return parseNote(`${text}\n${line}\n`).signatures;
  } catch {
    return [];
  }
}

/** How many of the policy's witnesses have cosigned a note, and whether that is the quorum. */
export function quorumOf(
  note: string,
  policy: Policy,
): { readonly cosigned: number; readonly reached: boolean } {
  const parsed = parseNote(note);
  const { witnesses, groups, quorum, logs } = parseLogPolicy(logPolicyText(policy));
  const names = [...witnesses]
    .filter(([, key]) =>
      signaturesOf(parsed, key).some((one) => cosignedAt(parsed.text, one, key) !== undefined),
    )
    .map(([name]) => name);
  return {
    cosigned: names.length,
    reached: isQuorum({ witnesses, groups, quorum, logs }, new Set(names)),
  };
}
