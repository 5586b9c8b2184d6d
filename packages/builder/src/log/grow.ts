/** The next tree of a log: new entries, and a snapshot that commits to the index. Pure but for reading the distribution. */
import path from 'node:path';
import {
  encodeSnapshot,
  layout,
  limits,
  type ModuleName,
  parseSnapshot,
  RegistryError,
  type Sha256Hex,
  type Snapshot,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import {
  type Checkpoint,
  growEntries,
  growTree,
  type HashReader,
  hashesFromTiles,
  leafHash,
  type NoteSigner,
  snapshotDigits,
  tilePath,
  tileWidth,
} from '@mlld/trust/log';
import { releasedModules, type State } from '../build/state.ts';
import type { PolicyChain } from '../policy/read.ts';
import type { Repository } from '../repository/read.ts';
import { readRegularFile } from '../repository/tree.ts';
import { mergeCosignatures, signCheckpoint } from './checkpoints.ts';
import type { NewStatement } from './gather.ts';
import { changeTree, type IndexHashes, type IndexTree, wholeTree } from './index-tree.ts';
import { type Ledger, record } from './ledger.ts';
import { broken, type PriorLog } from './prior.ts';

export interface Grown {
  readonly tree: Checkpoint;
  readonly note: string;
  /** Tiles and bundles to write. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly hashes: HashReader;
  /** The last entry. */
  readonly snapshot: Uint8Array;
  readonly indexTree: IndexTree;
}

export interface GrowContext {
  readonly out: string;
  readonly repository: Repository;
  readonly policies: PolicyChain;
  readonly signer: NoteSigner;
  readonly prior: PriorLog | undefined;
  readonly ledger: Ledger;
  readonly statements: readonly NewStatement[];
  readonly options: { readonly cosignatures?: string | undefined };
}

interface IndexState {
  readonly state: State;
  readonly hashes: IndexHashes;
  readonly newest: string;
  readonly begun: boolean;
}

/** Grows the log, or returns it as it is where nothing is new: then nothing is written. */
export function grow(context: GrowContext, index: IndexState): Grown {
  const { prior, statements, policies, options } = context;
  const indexTree = nextIndexTree(context, index);
  const last = prior && lastSnapshot(prior);
  const snapshot = nextSnapshot(context, { indexTree, last, index });
  const isSame =
    prior !== undefined && statements.length === 0 && last !== undefined && sameState(last, snapshot);
  const entries = isSame
    ? []
    : [...statements.map(({ bytes }) => bytes), Buffer.from(encodeSnapshot(snapshot))];
  const { note, ...grown } = append(context, entries);
  const cosigned =
    options.cosignatures === undefined
      ? note
      : mergeCosignatures(note, options.cosignatures, policies.policy);
  return { ...grown, note: cosigned, indexTree, snapshot: entries.at(-1) ?? lastEntry(prior!) };
}

function lastEntry(prior: PriorLog): Uint8Array {
  const entry = prior.entries(Math.floor((prior.size - 1) / tileWidth)).at(-1);
  if (entry === undefined) throw broken('the distribution', 'its last entry is missing');
  return entry;
}

/** What the last published tree says about the index. */
export function lastSnapshot(prior: PriorLog): Snapshot {
  return parseSnapshot(lastEntry(prior), { where: 'the last entry of the log' });
}

function sameState(a: Snapshot, b: Omit<Snapshot, 'type' | 'v'>): boolean {
  const said = ({ root, depth, modules, policy, advisories }: Omit<Snapshot, 'type' | 'v'>) =>
    JSON.stringify([root, depth, modules, policy, advisories.sha256, advisories.count]);
  return said(a) === said(b);
}

function nextSnapshot(
  { repository, policies, prior, statements, ledger, out }: GrowContext,
  { indexTree, last, index }: { indexTree: IndexTree; last: Snapshot | undefined; index: IndexState },
): Omit<Snapshot, 'type' | 'v'> {
  const times = [index.newest, last?.at ?? '', ...statements.map(({ at }) => at)];
  const advisories = readRegularFile(path.join(out, layout.advisoryIndex), limits.distributionFileBytes);
  const files = [...ledger.byPath.keys(), ...statements.map(({ file }) => file)];
  const ids = files.map((file) => /^advisories\/\d{4}\/([^/]+)\/\d+\.json$/.exec(file)?.[1]);
  return {
    registry: repository.info.name,
    size: (prior?.size ?? 0) + statements.length,
    root: indexTree.root,
    depth: indexTree.digits,
    modules: index.state.names.size,
    policy: policies.policy.n,
    advisories: {
      sha256: sha256(advisories ?? new Uint8Array()),
      count: new Set(ids.filter((id) => id !== undefined)).size,
    },
    at: times.sort().at(-1) ?? '',
  };
}

function nextIndexTree({ out, prior }: GrowContext, { state, hashes, begun }: IndexState): IndexTree {
  const digits = snapshotDigits(state.names.size);
  const last = prior && lastSnapshot(prior);
  if (last?.depth === digits && !begun) {
    const read = (prefix: string) =>
      readRegularFile(path.join(out, layout.snapshot(digits, prefix)), limits.distributionFileBytes);
    const changed = changeTree({ root: last.root, digits, read }, hashes);
    if (changed !== undefined) return changed;
  }
  const all = releasedModules(state).map(
    (name) => [name, hashes.get(name) ?? hashOfIndex(out, name)] as const,
  );
  return wholeTree(all, digits);
}

function hashOfIndex(out: string, name: ModuleName): Sha256Hex {
  const bytes = readRegularFile(path.join(out, layout.index(name)), limits.indexBytes);
  if (bytes !== undefined) return sha256(bytes);
  throw new RegistryError('IO', `${layout.index(name)} is missing in ${out}`, { hint: 'Build with --full.' });
}

function append(
  { prior, ledger, signer, policies }: GrowContext,
  entries: readonly Uint8Array[],
): Pick<Grown, 'tree' | 'note' | 'files' | 'hashes'> {
  if (entries.length === 0 && prior !== undefined)
    return { tree: prior, note: prior.note, files: new Map(), hashes: prior.hashes };
  const from = prior?.size ?? 0;
  const nothing = () => new Uint8Array();
  const readTile = prior?.readTile ?? nothing;
  const { size, root, tiles } = growTree(from, readTile, entries.map(leafHash));
  const written = new Map(tiles.map(({ tile, octets }) => [tilePath(tile), octets]));
  const files = new Map([...written].map(([file, octets]) => [layout.tile(file), octets]));
  for (const bundle of growEntries(from, prior?.readBundle ?? nothing, entries))
    files.set(layout.tile(bundle.path), bundle.octets);
  for (const [i, entry] of entries.entries()) record(ledger, from + i, entry);
  const tree = { origin: policies.policy.log.origin, size, root };
  const hashes = hashesFromTiles(size, (tile) => written.get(tilePath(tile)) ?? readTile(tile));
  return { tree, note: signCheckpoint(tree, signer), files, hashes };
}
