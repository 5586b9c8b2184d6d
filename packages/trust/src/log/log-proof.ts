/**
 * Proofs that an entry is in a log, verified without a network (docs/spec/log.md §7; C2SP tlog-proof v1), and the check
 * that a log only grew (log.md §8).
 */
import { assertSize, limits, printable, RegistryError } from '@mlld/format';
import { decodeBase64, encodeBase64 } from '../base64.ts';
import { type Checkpoint, formatCheckpoint } from './checkpoint.ts';
import { equal, type Hash, isConsistent, isIncluded, isWhole, leafHash } from './merkle.ts';
import { type AcceptedCheckpoint, acceptCheckpoint, type LogPolicy } from './policy.ts';

export interface LogProof {
  readonly index: number;
  /** From the leaf's sibling up. */
  readonly path: readonly Hash[];
  /** The signed note, byte for byte. */
  readonly checkpoint: string;
  /** Not covered by anything: never to be believed. */
  readonly extra?: Uint8Array;
}

const header = 'c2sp.org/tlog-proof@v1';

/** Reads a `.tlog-proof`. @throws RegistryError BAD_NOTE, TOO_LARGE */
export function parseLogProof(text: string, where = 'log proof'): LogProof {
  assertSize(text, where, limits.noteBytes);
  const end = text.indexOf('\n\n');
  const [first, ...lines] = text.slice(0, Math.max(0, end)).split('\n');
  if (first !== header) throw bad(where, `wanted '${header}' in the first line`);
  const hasExtra = lines[0]?.startsWith('extra ') === true;
  const extra = hasExtra ? decodeBase64(lines.shift()!.slice('extra '.length)) : undefined;
  if (hasExtra && extra === undefined) throw bad(where, 'the extra data is no base64');
  const index = /^index (0|[1-9]\d{0,15})$/.exec(lines.shift() ?? '')?.[1];
  if (index === undefined || !isWhole(Number(index))) throw bad(where, 'wanted the line of the index');
  // A path is never longer than the 53 levels that a tree can have here.
  const path = lines.length > 53 ? [undefined] : lines.map((line) => hashOf(line));
  if (path.includes(undefined)) throw bad(where, 'wanted lines of base64 of 32 octets, at most 53');
  return {
    index: Number(index),
    path: path as Hash[],
    checkpoint: text.slice(end + 2),
    ...(extra === undefined ? {} : { extra }),
  };
}

export function formatLogProof({ index, path, checkpoint, extra }: LogProof): string {
  const lines = [
    header,
    ...(extra === undefined ? [] : [`extra ${encodeBase64(extra)}`]),
    `index ${index}`,
    ...path.map((hash) => encodeBase64(hash)),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/**
 * Verifies that `entry` is in a log of the policy (log.md §7.2), and returns the checkpoint that it is in.
 * @throws RegistryError NOT_INCLUDED, and those of `acceptCheckpoint`
 */
export function verifyLogProof(
  proof: LogProof,
  { entry, policy, where = 'log proof' }: { entry: Uint8Array; policy: LogPolicy; where?: string },
): AcceptedCheckpoint {
  const accepted = acceptCheckpoint(proof.checkpoint, policy, where);
  const { index, path } = proof;
  if (!isIncluded({ leaf: leafHash(entry), index, path }, accepted.checkpoint)) {
    throw new RegistryError(
      'NOT_INCLUDED',
      `${where}: the entry is not at index ${index} of the log ${printable(accepted.checkpoint.origin, 80)} at size ${accepted.checkpoint.size}`,
    );
  }
  return accepted;
}

/**
 * Checks that a log has only grown from the checkpoint that was seen to the one that is shown, whichever of the two is the
 * larger (log.md §8). `data` of the error holds both, for everyone to see.
 * @throws RegistryError LOG_FORK, WRONG_SUBJECT
 */
export function checkGrowth(seen: Checkpoint, shown: Checkpoint, path: readonly Hash[]): void {
  if (seen.origin !== shown.origin)
    throw new RegistryError(
      'WRONG_SUBJECT',
      `wanted a checkpoint of ${printable(seen.origin, 80)}, found one of ${printable(shown.origin, 80)}`,
    );
  const [from, to] = seen.size <= shown.size ? [seen, shown] : [shown, seen];
  if (isConsistent(path, from, to)) return;
  const contradiction = from.size === to.size && !equal(from.root, to.root);
  throw new RegistryError(
    'LOG_FORK',
    `the log ${printable(seen.origin, 80)} ${
      contradiction
        ? `has two roots of size ${to.size}`
        : `is not shown to have grown from size ${from.size} to ${to.size}`
    }`,
    {
      hint: 'Believe nothing from this registry until its operator has explained both checkpoints.',
      data: { seen: formatCheckpoint(seen), shown: formatCheckpoint(shown) },
    },
  );
}

function hashOf(line: string): Hash | undefined {
  const hash = decodeBase64(line);
  return hash?.length === 32 ? hash : undefined;
}

function bad(where: string, problem: string): RegistryError {
  return new RegistryError('BAD_NOTE', `${where}: ${problem}`);
}
