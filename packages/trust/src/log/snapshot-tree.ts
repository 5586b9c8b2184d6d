/**
 * The index tree (docs/spec/snapshot.md): proves that an index file is the current one, or that a name has none. Every file of
 * the tree has a path that follows from the module's name, so a client asks for the proof together with what it proves.
 *
 * - A **key** is the sha256 of a module's name. A **bucket** holds the keys that share their first digits, sorted, each 32
 *   octets and the 32 octets of the sha256 of its index file.
 * - A **node** holds the sha256 of each child, 32 octets each in the order of the next digits, zeros for no child. The root
 *   has 256 children by two digits; below it 16 by one more digit, or 256 by two more.
 */
import { type ModuleName, RegistryError, type Sha256Hex } from '@mlld/format';
import { sha256 } from '../digest.ts';

/** Hex digits that the keys of one bucket share. */
export type SnapshotDigits = 0 | 2 | 3 | 4;

/** The digits for so many modules: buckets of about 32 entries at most, and few files (snapshot.md §2). */
export function snapshotDigits(modules: number): SnapshotDigits {
  if (modules <= 32) return 0;
  if (modules <= 32 * 256) return 2;
  return modules <= 32 * 4096 ? 3 : 4;
}

export function snapshotKey(name: ModuleName): Sha256Hex {
  return sha256(name);
}

/** Prefixes of the files that prove something about a name, root first; the last is its bucket's (snapshot.md §3). */
export function snapshotPrefixes(name: ModuleName, digits: SnapshotDigits): readonly string[] {
  const key = snapshotKey(name);
  if (digits === 0) return [''];
  return digits === 2 ? ['', key.slice(0, 2)] : ['', key.slice(0, 2), key.slice(0, digits)];
}

/** All files of the tree by prefix; the root's is the empty one. */
export function snapshotFiles(
  entries: Iterable<readonly [ModuleName, Sha256Hex]>,
  digits: SnapshotDigits,
): ReadonlyMap<string, Uint8Array> {
  const sorted = [...entries].map(([name, hash]) => ({ key: snapshotKey(name), hash }));
  sorted.sort((a, b) => (a.key < b.key ? -1 : 1));
  const buckets = new Map<string, string[]>();
  for (const { key, hash } of sorted) {
    const prefix = key.slice(0, digits);
    const bucket = buckets.get(prefix);
    if (bucket === undefined) buckets.set(prefix, [key + hash]);
    else bucket.push(key + hash);
  }
  const files = new Map<string, Uint8Array>();
  for (const [prefix, lines] of buckets) files.set(prefix, Buffer.from(lines.join(''), 'hex'));
  if (digits === 0) return files.size > 0 ? files : new Map([['', new Uint8Array()]]);
  for (const length of digits === 2 ? [0] : [2, 0])
    addNodes(files, { length, below: length === 0 ? 2 : digits });
  return files;
}

/** Adds the nodes whose prefixes have `length` digits, over files whose prefixes have `below`. */
function addNodes(
  files: Map<string, Uint8Array>,
  { length, below }: { length: number; below: number },
): void {
  const fanout = 16 ** (below - length);
  const nodes = new Map<string, Buffer>();
  if (length === 0) nodes.set('', Buffer.alloc(32 * fanout));
  for (const [prefix, bytes] of files) {
    if (prefix.length !== below) continue;
    const parent = prefix.slice(0, length);
    const node = nodes.get(parent) ?? Buffer.alloc(32 * fanout);
    node.write(sha256(bytes), 32 * Number.parseInt(prefix.slice(length), 16), 'hex');
    nodes.set(parent, node);
  }
  for (const [prefix, node] of nodes) files.set(prefix, node);
}

export interface SnapshotProof {
  readonly name: ModuleName;
  readonly digits: SnapshotDigits;
  /** sha256 of the root, from the snapshot statement. */
  readonly root: Sha256Hex;
  /** Files by prefix, as `snapshotPrefixes` names them; absent ones as the server says. */
  readonly files: ReadonlyMap<string, Uint8Array | undefined>;
}

/**
 * What the tree says about a name: the sha256 of its index file, or undefined, proven, when it has none.
 * @throws RegistryError NOT_IN_SNAPSHOT when the files do not belong to this root (snapshot.md §4)
 */
export function verifySnapshot({ name, digits, root, files }: SnapshotProof): Sha256Hex | undefined {
  let wanted: string = root;
  const prefixes = snapshotPrefixes(name, digits);
  for (const [i, prefix] of prefixes.entries()) {
    const bytes = files.get(prefix);
    if (bytes === undefined || sha256(bytes) !== wanted) throw notOfRoot(name, prefix, { wanted, bytes });
    const next = prefixes[i + 1];
    if (next === undefined) return findInBucket(bytes, snapshotKey(name));
    const at = 32 * Number.parseInt(next.slice(prefix.length), 16);
    wanted = Buffer.from(bytes.subarray(at, at + 32)).toString('hex');
    if (wanted === '0'.repeat(64)) return undefined;
  }
  return undefined;
}

function findInBucket(bytes: Uint8Array, key: string): Sha256Hex | undefined {
  for (let at = 0; at + 64 <= bytes.length; at += 64) {
    const entry = Buffer.from(bytes.subarray(at, at + 64)).toString('hex');
    if (entry.startsWith(key)) return entry.slice(64) as Sha256Hex;
  }
  return undefined;
}

function notOfRoot(
  name: ModuleName,
  prefix: string,
  { wanted, bytes }: { wanted: string; bytes: Uint8Array | undefined },
): RegistryError {
  const found = bytes === undefined ? 'no file' : `sha256 ${sha256(bytes)}`;
  return new RegistryError(
    'NOT_IN_SNAPSHOT',
    `${name}: wanted the file '${prefix === '' ? 'root' : prefix}' of the index tree with sha256 ${wanted}, found ${found}`,
    {
      hint: 'The registry was changed in between, or a mirror mixes two states. Try again, or another mirror.',
    },
  );
}
