/** What a client has accepted of a registry's log: it may only grow from there (docs/spec/resolve.md §6.2). */
import path from 'node:path';
import { decode as d, limits, parseJson, parseSha256 } from '@mlld/format';
import type { PolicyPin } from '@mlld/trust';
import type { Ops } from '../ops.ts';

export interface LogState {
  readonly policy: PolicyPin;
  /** The signed note, byte for byte. */
  readonly checkpoint: string;
}

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
  };
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
