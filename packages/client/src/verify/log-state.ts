/** What a client has accepted of a registry's log: it may only grow from there (docs/spec/resolve.md §6.2). */
import path from 'node:path';
import { decode as d, limits, parseJson, parseSha256 } from '@mlld/format';
import type { PolicyPin } from '@mlld/trust';
import type { Sighting } from '@mlld/trust/log';
import type { Ops } from '../ops.ts';

export interface LogState {
  readonly policy: PolicyPin;
  /** The signed note, byte for byte. */
  readonly checkpoint: string;
  /** When this client saw the log grow: smallest first, at most `mostSightings`. */
  readonly sightings: readonly Sighting[];
}

const mostSightings = 200;

const fileName = 'log-state.json';

/** Undefined for a registry whose log was never seen. @throws RegistryError BAD_JSON, BAD_SHAPE, IO: never taken for «never seen» */
export function readLogState({ files }: Pick<Ops, 'files'>, folder: string): LogState | undefined {
  const where = path.join(folder, fileName);
  const bytes = files.read(where, limits.headBytes);
  if (bytes === undefined) return undefined;
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.headBytes }), $);
  const policy = d.object(value.policy, `${$}.policy`);
  return {
    policy: {
      n: d.integer(1)(policy.n, `${$}.policy.n`),
      sha256: d.parsed(parseSha256)(policy.sha256, `${$}.policy.sha256`),
    },
    checkpoint: d.string(value.checkpoint, `${$}.checkpoint`),
    sightings: d.array(sighting, mostSightings)(value.sightings ?? [], `${$}.sightings`),
  };
}

const sighting: d.Decoder<Sighting> = (value, at) => {
  const found = d.object(value, at);
  return { size: d.integer(0)(found.size, `${at}.size`), at: d.integer(0)(found.at, `${at}.at`) };
};

/** With a larger size, the time of its first sight is kept. */
export function withSighting(before: readonly Sighting[], seen: Sighting): readonly Sighting[] {
  const last = before.at(-1);
  if (last !== undefined && last.size >= seen.size) return before;
  return [...before, seen].slice(-mostSightings);
}

/** @throws RegistryError CACHE_READONLY, DISK_FULL, IO */
export function writeLogState({ files }: Pick<Ops, 'files'>, folder: string, state: LogState): void {
  files.write(path.join(folder, fileName), `${JSON.stringify(state, null, 2)}\n`, { durable: true });
}

export function sameState(a: LogState | undefined, b: LogState): boolean {
  return (
    a !== undefined &&
    a.checkpoint === b.checkpoint &&
    a.policy.n === b.policy.n &&
    a.policy.sha256 === b.policy.sha256
  );
}
