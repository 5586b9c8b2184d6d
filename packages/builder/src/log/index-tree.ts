/** The index tree (docs/spec/snapshot.md), changed where modules changed: a publish rewrites the files on one path. */
import type { ModuleName, Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { type SnapshotDigits, snapshotFiles, snapshotKey, snapshotPrefixes } from '@mlld/trust/log';

export interface IndexTree {
  readonly root: Sha256Hex;
  readonly digits: SnapshotDigits;
  /** Files to write by prefix; undefined takes one away. */
  readonly files: ReadonlyMap<string, Uint8Array | undefined>;
  /** Whether `files` is all of the tree. */
  readonly whole: boolean;
}

export interface OldTree {
  readonly root: Sha256Hex;
  readonly digits: SnapshotDigits;
  readonly read: (prefix: string) => Uint8Array | undefined;
}

/** Index files' hashes by module; undefined: the module has none. */
export type IndexHashes = ReadonlyMap<ModuleName, Sha256Hex | undefined>;

export function wholeTree(
  hashes: Iterable<readonly [ModuleName, Sha256Hex]>,
  digits: SnapshotDigits,
): IndexTree {
  const files = snapshotFiles(hashes, digits);
  return { root: sha256(files.get('')!), digits, files, whole: true };
}

/** The tree with some modules changed; undefined where the files that are there are not those of the old root. */
export function changeTree(old: OldTree, hashes: IndexHashes): IndexTree | undefined {
  const files = new Map<string, Uint8Array | undefined>();
  const touched = new Set<string>();
  for (const [name, hash] of hashes) {
    const prefixes = snapshotPrefixes(name, old.digits);
    if (!loadPath(old, prefixes, files)) return undefined;
    const bucket = prefixes.at(-1)!;
    const changed = changeBucket(files.get(bucket), snapshotKey(name), hash);
    if (changed === undefined) continue;
    files.set(bucket, changed);
    for (const prefix of prefixes) touched.add(prefix);
  }
  const upwards = [...touched].sort((a, b) => b.length - a.length);
  for (const prefix of upwards) if (prefix !== '') setChild(files, prefix, parentOf(prefix));
  const changes = [...touched].map((prefix) => [prefix, emptied(prefix, files.get(prefix))] as const);
  const root = touched.has('') ? sha256(files.get('')!) : old.root;
  return { root, digits: old.digits, files: new Map(changes), whole: false };
}

const parentOf = (prefix: string) => (prefix.length > 2 ? prefix.slice(0, 2) : '');

/** Reads the files of a path, each only if the one above it holds its hash. */
function loadPath(
  { root, read }: OldTree,
  prefixes: readonly string[],
  files: Map<string, Uint8Array | undefined>,
): boolean {
  let wanted: string | undefined = root;
  for (const [i, prefix] of prefixes.entries()) {
    if (!files.has(prefix)) {
      const bytes: Uint8Array | undefined = wanted === undefined ? undefined : read(prefix);
      if (wanted !== undefined && (bytes === undefined || sha256(bytes) !== wanted)) return false;
      files.set(prefix, bytes);
    }
    const next = prefixes[i + 1];
    if (next === undefined) return true;
    const node = files.get(prefix) ?? new Uint8Array(32 * 16 ** (next.length - prefix.length));
    files.set(prefix, node);
    const at = slot(prefix, next);
    const hash = Buffer.from(node.subarray(at, at + 32)).toString('hex');
    wanted = hash === '0'.repeat(64) ? undefined : hash;
  }
  return true;
}

const slot = (prefix: string, next: string) => 32 * Number.parseInt(next.slice(prefix.length), 16);

/** The bucket with the entry put in, replaced or taken out; undefined if it is as it should be. */
function changeBucket(
  bytes: Uint8Array | undefined,
  key: string,
  hash: Sha256Hex | undefined,
): Uint8Array | undefined {
  const text = bytes === undefined ? '' : Buffer.from(bytes).toString('hex');
  const entries = text.match(/.{128}/g) ?? [];
  const kept = entries.filter((entry) => !entry.startsWith(key));
  const changed = (hash === undefined ? kept : [...kept, key + hash]).sort();
  return changed.join('') === text ? undefined : Buffer.from(changed.join(''), 'hex');
}

function setChild(files: Map<string, Uint8Array | undefined>, prefix: string, parent: string): void {
  const bytes = emptied(prefix, files.get(prefix));
  const node = Buffer.from(files.get(parent)!);
  node.fill(0, slot(parent, prefix), slot(parent, prefix) + 32);
  if (bytes !== undefined) node.write(sha256(bytes), slot(parent, prefix), 'hex');
  files.set(parent, node);
}

/** A bucket or node without anything has no file; the root always has one. */
function emptied(prefix: string, bytes: Uint8Array | undefined): Uint8Array | undefined {
  return prefix !== '' && bytes?.every((octet) => octet === 0) === true ? undefined : bytes;
}
