/** The log as an earlier build left it in the distribution: the truth that the next one continues. */
import path from 'node:path';
import { layout, limits, type Policy, RegistryError } from '@mlld/format';
import {
  acceptCheckpoint,
  type Checkpoint,
  decodeEntries,
  entriesPath,
  type HashReader,
  hashesFromTiles,
  logPolicyText,
  parseLogPolicy,
  type Tile,
  tilePath,
  tileWidth,
  treeRoot,
} from '@mlld/trust/log';
import { readRegularFile } from '../repository/tree.ts';

export interface PriorLog extends Checkpoint {
  /** The signed note, with its cosignatures. */
  readonly note: string;
  readonly readTile: (tile: Tile) => Uint8Array;
  readonly readBundle: (index: number, width: number) => Uint8Array;
  /** Entries of bundle `index`, as many as the log has there. */
  readonly entries: (index: number) => readonly Uint8Array[];
  readonly hashes: HashReader;
}

/** Bytes of a bundle of 256 entries with their lengths. */
const bundleBytes = tileWidth * (limits.logEntryBytes + 2);

/**
 * Reads and verifies the newest checkpoint of a distribution against the keys of any policy and the tiles. `checkpoint` is
 * written before `head`: after a build that was interrupted between them it is ahead, and it has been signed.
 * @returns undefined for a distribution without a log
 * @throws RegistryError LOG_BROKEN, and those of `acceptCheckpoint`
 */
export function readPriorLog(out: string, policies: readonly Policy[]): PriorLog | undefined {
  const bytes = readRegularFile(path.join(out, layout.checkpoint), limits.noteBytes);
  if (bytes === undefined) {
    if (readRegularFile(path.join(out, layout.head), limits.headBytes) === undefined) return undefined;
    throw broken(out, 'it has a head and no checkpoint');
  }
  const note = Buffer.from(bytes).toString('utf8');
  const newest = policies.at(-1)!;
  const keys = [...new Set(policies.flatMap(({ log }) => log.keys))];
  const anyKey = logPolicyText({ log: { ...newest.log, keys }, witnesses: [], quorum: 0 });
  const { checkpoint } = acceptCheckpoint(note, parseLogPolicy(anyKey), `${out}/${layout.checkpoint}`);
  const { readTile, readBundle } = logReaders(out);
  const { size, root } = checkpoint;
  const hashes = hashesFromTiles(size, readTile);
  if (Buffer.compare(treeRoot(size, hashes), root) !== 0) throw broken(out, 'its tiles give another root');
  const entries = (index: number) => {
    const width = Math.min(tileWidth, size - index * tileWidth);
    return decodeEntries(readBundle(index, width)).slice(0, width);
  };
  return { ...checkpoint, note, readTile, readBundle, entries, hashes };
}

export function broken(out: string, problem: string): RegistryError {
  return new RegistryError('LOG_BROKEN', `the log in ${out} can't be continued: ${problem}`, {
    hint: 'Restore the distribution as it was last published, and build again. Never start the log anew.',
  });
}

/** Reads tiles and bundles from a folder: a partial one that is gone has become a full one (log.md §4.2). */
export function logReaders(out: string): Pick<PriorLog, 'readTile' | 'readBundle'> {
  const read = (partial: string, full: string, most: number): Uint8Array => {
    const found =
      readRegularFile(path.join(out, layout.tile(partial)), most) ??
      readRegularFile(path.join(out, layout.tile(full)), most);
    if (found === undefined) throw broken(out, `tile/${partial} is missing`);
    return found;
  };
  return {
    readTile: (tile) => read(tilePath(tile), tilePath({ ...tile, width: tileWidth }), tileWidth * 32),
    readBundle: (index, width) => read(entriesPath(index, width), entriesPath(index, tileWidth), bundleBytes),
  };
}
