/** Since when something is public, and as of when a registry speaks (docs/spec/log.md §10). Pure: clocks are the caller's. */
import type { VerifiedHead } from './head.ts';
import type { AcceptedCheckpoint } from './policy.ts';

/** A log that this very client has seen with so many entries. */
export interface Sighting {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface LogTimeFacts {
  /** Place of the statement in the log. */
  readonly index: number;
  /** The checkpoint of its proof, and how many witnesses the registry's policy wants. */
  readonly accepted: AcceptedCheckpoint;
  readonly quorum: number;
  /** What its signer says, in milliseconds since 1970. */
  readonly claimed?: number | undefined;
  readonly sightings: readonly Sighting[];
}

export interface LogTime {
  /** Milliseconds since 1970: it was public at this time, and may have been before. */
  readonly at: number;
  readonly by: 'witnesses' | 'this client' | 'its signer';
}

/**
 * Since when a statement is public: the time by which a quorum of witnesses had cosigned it. Without witnesses what its signer says, but
 * not before this client last saw the log without it, and not after it first saw the log with it.
 */
export function publicSince({
  index,
  accepted,
  quorum,
  claimed,
  sightings,
}: LogTimeFacts): LogTime | undefined {
  const times = [...accepted.witnesses.values()].sort((a, b) => a - b);
  const witnessed = quorum > 0 && times.length >= quorum ? times[quorum - 1]! * 1000 : undefined;
  const withIt = sightings.find(({ size }) => size > index)?.at;
  if (witnessed !== undefined)
    return withIt !== undefined && withIt < witnessed
      ? { at: withIt, by: 'this client' }
      : { at: witnessed, by: 'witnesses' };
  const without = sightings.findLast(({ size }) => size <= index)?.at;
  const said = claimed ?? withIt ?? without;
  if (said === undefined) return undefined;
  const at = Math.min(Math.max(said, without ?? said), withIt ?? Number.POSITIVE_INFINITY);
  return { at, by: at === claimed ? 'its signer' : 'this client' };
}

/**
 * As of when a head is the registry's word: the time that as many of its witnesses as the quorum wants have reached with their
 * cosignatures; of a log without witnesses, the newest time that it states itself.
 */
export function headTime({ witnesses, snapshot }: VerifiedHead, quorum: number): LogTime {
  const times = [...witnesses.values()].sort((a, b) => b - a);
  const reached = times[Math.max(quorum, 1) - 1];
  if (reached !== undefined) return { at: reached * 1000, by: 'witnesses' };
  return { at: Date.parse(snapshot.at), by: 'its signer' };
}
