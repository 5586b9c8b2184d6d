/** Proofs that statements are in the log, as proof bundles hold them (docs/spec/proof.md §1.3). */
import path from 'node:path';
import {
  encodeProof,
  type LoggedText,
  type LogInclusion,
  layout,
  limits,
  type Policy,
  type ProofBundle,
  parseProof,
} from '@mlld/format';
import { looksRecovered } from '@mlld/trust';
import {
  type Checkpoint,
  formatLogProof,
  type HashReader,
  isIncluded,
  type LogPolicy,
  leafHash,
  logPolicyText,
  type NoteSigner,
  parseLogPolicy,
  parseLogProof,
  proveInclusion,
  treeRoot,
  verifyLogProof,
} from '@mlld/trust/log';
import { statementPath } from '../repository/statement-path.ts';
import { readRegularFile } from '../repository/tree.ts';
import { signCheckpoint } from './checkpoints.ts';
import type { Ledger } from './ledger.ts';
import { broken } from './prior.ts';

export interface ProofContext {
  readonly out: string;
  readonly policy: Policy;
  readonly signer: NoteSigner;
  readonly ledger: Ledger;
  /** The tree as it is published now. */
  readonly tree: Checkpoint;
  readonly note: string;
  readonly hashes: HashReader;
}

/** Makes the bundles of one build: what a distribution has already said, and still counts, stays as it is. */
export function openProofs(context: ProofContext) {
  const { out, policy, ledger } = context;
  const counts = parseLogPolicy(logPolicyText(policy));
  const notes = new Map<number, string>();
  const complete = (bundle: ProofBundle): string => {
    const entry = Buffer.from(bundle.statement);
    const logged = ledger.byPath.get(statementPath(entry) ?? '');
    if (logged === undefined) return encodeProof(bundle);
    const file = path.join(out, layout.proof(logged.sha256));
    const kept = readBundle(file);
    const log = keptInclusion(kept, { index: logged.index, entry, counts }) ?? include(logged.index, entry);
    return encodeProof({ ...bundle, keysets: withPlaces(bundle.keysets, kept?.keysets ?? []), log });
  };
  /** Of a recovery, and of the keyset after it, clients want to know when they were said. */
  const withPlaces = (keysets: readonly LoggedText[], before: readonly LoggedText[]): LoggedText[] =>
    keysets.map((text, i) => {
      if (!looksRecovered(text) && !looksRecovered(keysets[i - 1])) return text;
      const entry = Buffer.from(text.statement);
      const index = ledger.byPath.get(statementPath(entry) ?? '')?.index;
      if (index === undefined) return text;
      return { ...text, log: keptInclusion(before[i], { index, entry, counts }) ?? include(index, entry) };
    });
  const include = (index: number, entry: Uint8Array): LogInclusion => {
    const size = sizeFor(index, context);
    const root = treeRoot(size, context.hashes);
    const inclusion = proveInclusion(index, size, context.hashes);
    if (!isIncluded({ leaf: leafHash(entry), index, path: inclusion }, { size, root }))
      throw broken(out, `entry ${index} is not what its tiles say`);
    const checkpoint = notes.get(size) ?? noteFor(size, root, context);
    notes.set(size, checkpoint);
    return { index, proof: formatLogProof({ index, path: inclusion, checkpoint }) };
  };
  return { complete };
}

/** The tree that an entry is proved in: with a quorum the newest, which alone has cosignatures; else the first that had it. */
function sizeFor(index: number, { policy, ledger, tree }: ProofContext): number {
  if (policy.quorum > 0) return tree.size;
  let [low, high] = [0, ledger.sizes.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (ledger.sizes[middle]! > index) high = middle;
    else low = middle + 1;
  }
  return ledger.sizes[low] ?? tree.size;
}

/** Ed25519 signs deterministically: a checkpoint of long ago gets the same bytes again. */
function noteFor(size: number, root: Uint8Array, { policy, note, tree, signer }: ProofContext): string {
  if (policy.quorum > 0) return note;
  return signCheckpoint({ origin: tree.origin, size, root }, signer);
}

function readBundle(file: string): ProofBundle | undefined {
  try {
    const bytes = readRegularFile(file, limits.proofBytes);
    return bytes && parseProof(bytes);
  } catch {
    return undefined;
  }
}

function keptInclusion(
  kept: Pick<ProofBundle, 'log'> | undefined,
  { index, entry, counts }: { index: number; entry: Uint8Array; counts: LogPolicy },
): LogInclusion | undefined {
  try {
    const log = kept?.log;
    if (log?.index !== index) return undefined;
    verifyLogProof(parseLogProof(log.proof), { entry, policy: counts });
    return log;
  } catch {
    // A damaged bundle, or one whose checkpoint does not count any more: made anew.
    return undefined;
  }
}

/** Bundles of the distribution whose proofs may not count yet: those of entries from `ledger.settled` on. */
export function unsettledBundles(out: string, ledger: Ledger): Map<string, ProofBundle> {
  const bundles = new Map<string, ProofBundle>();
  for (const { index, sha256 } of ledger.byPath.values()) {
    if (index < ledger.settled) continue;
    const file = layout.proof(sha256);
    const bytes = readRegularFile(path.join(out, file), limits.proofBytes);
    if (bytes === undefined) continue;
    const { log: _old, ...bundle } = parseProof(bytes, file);
    bundles.set(file, bundle);
  }
  return bundles;
}
