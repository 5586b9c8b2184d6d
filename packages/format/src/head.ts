/** `head`: the newest checkpoint of a registry's log and the snapshot in it, in one small file (docs/spec/log.md §9). */
import * as d from './decode.ts';
import { RegistryError } from './errors.ts';
import { parseJson } from './json.ts';
import { limits } from './limits.ts';

export interface Head {
  readonly v: 1;
  /** The signed note, byte for byte, with the cosignatures that the registry has (C2SP tlog-checkpoint). */
  readonly checkpoint: string;
  readonly snapshot: {
    /** The snapshot statement, byte for byte. */
    readonly statement: string;
    /** Its place in the log: the last leaf. */
    readonly index: number;
    /** Its inclusion proof in the checkpoint's tree, from the leaf's sibling up, in base64. */
    readonly proof: readonly string[];
  };
  /** Number of the newest policy. */
  readonly policy: number;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseHead(bytes: Uint8Array | string, where = 'head'): Head {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes: limits.headBytes }), $);
  if (value.v !== 1) {
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads heads of schema 1`, {
      hint: 'Update mlld.',
    });
  }
  const snapshot = d.object(value.snapshot, `${$}.snapshot`);
  return {
    v: 1,
    checkpoint: d.string(value.checkpoint, `${$}.checkpoint`),
    snapshot: {
      statement: d.string(snapshot.statement, `${$}.snapshot.statement`),
      index: d.integer(0)(snapshot.index, `${$}.snapshot.index`),
      proof: d.array(hash, 53)(snapshot.proof, `${$}.snapshot.proof`),
    },
    policy: d.integer(1, limits.policyChain)(value.policy, `${$}.policy`),
  };
}

export function encodeHead({ v, checkpoint, snapshot, policy }: Head): string {
  const { statement, index, proof } = snapshot;
  return `${JSON.stringify({ v, checkpoint, snapshot: { statement, index, proof }, policy }, null, 1)}\n`;
}

const hash: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!/^[A-Za-z0-9+/]{43}=$/.test(found)) throw d.badShape(path, 'the base64 of 32 octets', found);
  return found;
};
