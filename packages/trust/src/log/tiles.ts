/**
 * A log as static files (docs/spec/log.md §4; C2SP tlog-tiles): tiles of 256 hashes, eight levels of the tree in one, and
 * bundles of 256 entries.
 */
import { limits, RegistryError } from '@mlld/format';
import { type Hash, type HashReader, isWhole, nodeHash, treeRoot } from './merkle.ts';

/** Hashes in a full tile, entries in a full bundle. */
export const tileWidth = 256;

export interface Tile {
  /** Level of the tile: its hashes are roots of perfect subtrees of 256^level leaves. */
  readonly level: number;
  /** Its number within the level. */
  readonly index: number;
  /** Hashes in it, 1 to 256. */
  readonly width: number;
}

/** `0/x001/x234/067`, and for a partial tile `0/x001/x234/067.p/5`. */
export function tilePath({ level, index, width }: Tile): string {
  return `${level}/${numberPath(index, width)}`;
}

/** `entries/x001/x234/067[.p/5]`. */
export function entriesPath(index: number, width: number): string {
  return `entries/${numberPath(index, width)}`;
}

/** Reads what `tilePath` and `entriesPath` write; level `entries` for a bundle. @throws RegistryError BAD_TILE */
export function parseTilePath(path: string): Omit<Tile, 'level'> & { readonly level: number | 'entries' } {
  const [, level, groups, partial] =
    /^(entries|0|[1-9]|[1-5]\d|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path) ?? [];
  const index = groups === undefined ? Number.NaN : Number(groups.replaceAll(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  const good = isWhole(index) && (partial === undefined || width < tileWidth);
  if (!good || numberPath(index, width) !== path.slice(path.indexOf('/') + 1))
    throw new RegistryError('BAD_TILE', `'${path.slice(0, 80)}' is no path of a tile`);
  return { level: level === 'entries' ? level : Number(level), index, width };
}

function numberPath(index: number, width: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g)!;
  const last = groups.pop();
  return `${groups.map((group) => `x${group}/`).join('')}${last}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** Hashes that a tree of `size` leaves has at a level of tiles. */
function hashesAt(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile of a level and number in a tree of `size` leaves, as wide as it is there. */
function tileAt(level: number, index: number, size: number): Tile {
  return { level, index, width: Math.min(tileWidth, hashesAt(level, size) - index * tileWidth) };
}

/** The tiles that a tree of `to` leaves has and one of `from` leaves has not: new ones and wider ones. */
export function newTiles(from: number, to: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; hashesAt(level, to) > 0; level++) {
    const [before, after] = [hashesAt(level, from), hashesAt(level, to)];
    if (before === after) break;
    for (let index = Math.floor(before / tileWidth); index * tileWidth < after; index++)
      tiles.push(tileAt(level, index, to));
  }
  return tiles;
}

/** The octets of a tile; those of a wider one, up to the full one, do as well. */
export type TileReader = (tile: Tile) => Uint8Array;

/**
 * Reads hashes of a tree of `size` leaves from its tiles, each tile once: use one reader for many proofs. What tiles say is not to be believed: believe the proof that
 * was made from them, when it holds for a signed root.
 * @throws RegistryError BAD_TILE, when reading
 */
export function hashesFromTiles(size: number, readTile: TileReader): HashReader {
  const tiles = new Map<string, Uint8Array>();
  const nodes = new Map<string, Hash>();
  const read: HashReader = (level, index) => {
    if (level % 8 !== 0) {
      const key = `${level}/${index}`;
      const node = nodes.get(key) ?? nodeHash(read(level - 1, index * 2), read(level - 1, index * 2 + 1));
      nodes.set(key, node);
      return node;
    }
    const tile = tileAt(level / 8, Math.floor(index / tileWidth), size);
    const path = tilePath(tile);
    const octets = tiles.get(path) ?? checkTile(tile, readTile(tile));
    tiles.set(path, octets);
    const at = (index % tileWidth) * 32;
    return octets.subarray(at, at + 32);
  };
  return read;
}

/** The tiles that `prove` reads of a tree of `size` leaves: what to fetch, all at once, before it is run. */
export function tilesNeeded(size: number, prove: (read: HashReader) => unknown): Tile[] {
  const needed = new Map<string, Tile>();
  prove(
    hashesFromTiles(size, (tile) => {
      needed.set(tilePath(tile), tile);
      return new Uint8Array(tile.width * 32);
    }),
  );
  return [...needed.values()];
}

function checkTile(tile: Tile, octets: Uint8Array): Uint8Array {
  const fits =
    octets.length % 32 === 0 && octets.length <= tileWidth * 32 && octets.length >= tile.width * 32;
  if (!fits) {
    throw new RegistryError(
      'BAD_TILE',
      `tile/${tilePath(tile)}: wanted ${tile.width * 32} octets, found ${octets.length}`,
    );
  }
  return octets;
}

function subtree(octets: Uint8Array, first: number, count: number): Hash {
  if (count === 1) return octets.subarray(first * 32, first * 32 + 32);
  const half = count / 2;
  return nodeHash(subtree(octets, first, half), subtree(octets, first + half, half));
}

export interface GrownTree {
  readonly size: number;
  readonly root: Hash;
  /** The tiles to write, with their octets. */
  readonly tiles: readonly { readonly tile: Tile; readonly octets: Uint8Array }[];
}

/**
 * Appends leaves to a tree of `size` leaves. Reads only tiles of its right edge: at most one a level.
 * @throws RegistryError BAD_TILE
 */
export function growTree(size: number, readTile: TileReader, leaves: readonly Hash[]): GrownTree {
  const grown = size + leaves.length;
  const written = new Map<string, { tile: Tile; octets: Uint8Array }>();
  let hashes = leaves;
  for (let level = 0; hashes.length > 0; level++) {
    const before = hashesAt(level, size);
    const edge = before % tileWidth;
    const start = Math.floor(before / tileWidth);
    const old = edge === 0 ? undefined : tileAt(level, start, size);
    const known = old === undefined ? new Uint8Array() : checkTile(old, readTile(old)).subarray(0, edge * 32);
    const all = Buffer.concat([known, ...hashes]);
    const parents: Hash[] = [];
    for (let at = 0; at < all.length; at += tileWidth * 32) {
      const octets = all.subarray(at, at + tileWidth * 32);
      const tile = { level, index: start + at / (tileWidth * 32), width: octets.length / 32 };
      written.set(tilePath(tile), { tile, octets });
      if (tile.width === tileWidth) parents.push(subtree(octets, 0, tileWidth));
    }
    hashes = parents;
  }
  const read = hashesFromTiles(grown, (tile) => written.get(tilePath(tile))?.octets ?? readTile(tile));
  return { size: grown, root: treeRoot(grown, read), tiles: [...written.values()] };
}

/** The octets of a bundle: each entry after its length as a big-endian uint16. @throws RegistryError TOO_LARGE */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > limits.logEntryBytes)
        throw new RegistryError(
          'TOO_LARGE',
          `entry of the log: wanted at most ${limits.logEntryBytes} bytes, found ${entry.length}`,
        );
      return [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry];
    }),
  );
}

/** The entries of a bundle, at most 256. @throws RegistryError BAD_TILE */
export function decodeEntries(octets: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = octets.length - at < 2 ? Number.POSITIVE_INFINITY : octets[at]! * 256 + octets[at + 1]!;
    if (at + 2 + length > octets.length || entries.length === tileWidth)
      throw new RegistryError('BAD_TILE', `bundle of entries: entry ${entries.length} passes the end`);
    entries.push(octets.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return entries;
}

/**
 * Appends entries to the bundles of a log of `size` entries; `readBundle` is asked for the last one, if it is partial.
 * @throws RegistryError BAD_TILE, TOO_LARGE
 */
export function growEntries(
  size: number,
  readBundle: (index: number, width: number) => Uint8Array,
  entries: readonly Uint8Array[],
): { readonly path: string; readonly octets: Uint8Array }[] {
  const edge = size % tileWidth;
  const start = Math.floor(size / tileWidth);
  const known =
    edge === 0 || entries.length === 0 ? [] : decodeEntries(readBundle(start, edge)).slice(0, edge);
  if (entries.length > 0 && known.length !== edge)
    throw new RegistryError(
      'BAD_TILE',
      `${entriesPath(start, edge)}: wanted ${edge} entries, found ${known.length}`,
    );
  const all = entries.length === 0 ? [] : [...known, ...entries];
  const bundles: { path: string; octets: Uint8Array }[] = [];
  for (let at = 0; at < all.length; at += tileWidth) {
    const bundle = all.slice(at, at + tileWidth);
    bundles.push({ path: entriesPath(start + at / tileWidth, bundle.length), octets: encodeEntries(bundle) });
  }
  return bundles;
}
