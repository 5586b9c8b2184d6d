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
 * A note with the cosignatures of a folder's files put in, in the order of the policy's witnesses. Lines about another checkpoint, and those by nobody of the policy, are left out.
 */
export function mergeCosignatures(note: string, folder: string, policy: Policy): string {
  const { text } = parseNote(note);
  const lines = readdirSync(folder)
    .sort()
    .flatMap((name) => cosignatureLines(path.join(folder, name)));
  return addCosignatures(
    note,
    lines.flatMap((line) => readLine(text, line)),
    policy,
  );
}

/** A note with what witnesses of the policy have said of it; of what one has said, the latest. */
export function addCosignatures(
  note: string,
  offered: readonly NoteSignature[],
  { witnesses }: Pick<Policy, 'witnesses'>,
): string {
  const { text, signatures } = parseNote(note);
  const keys = witnesses.map((vkey) => parseVerifierKey(vkey));
  const ours = signatures.filter((one) => !keys.some((key) => isOf(one, key)));
  const cosigned = keys.flatMap((key) => {
    const all = [...signatures, ...offered]
      .filter((one) => isOf(one, key))
      .map((one) => ({ one, at: cosignedAt(text, one, key) ?? -1 }))
      .filter(({ at }) => at >= 0);
    const latest = Math.max(...all.map(({ at }) => at));
    return all
      .filter(({ at }) => at === latest)
      .slice(0, 1)
      .map(({ one }) => one);
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
