/** The proof that a statement is in the registry's log (docs/spec/log.md §3, §5, §7). */
import { concat, digest, equal, fromBase64, hex } from './bytes.ts';
import { ed25519 } from './sshsig.ts';

interface Checkpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * Whether `entry` is in the log that one of the verifier keys signs for.
 * @returns the checkpoint that it is in
 * @throws Error that says what does not hold
 */
export async function verifyInclusion(
  proofText: string,
  { entry, keys }: { readonly entry: Uint8Array; readonly keys: readonly string[] },
): Promise<Checkpoint> {
  const end = proofText.indexOf('\n\n');
  const lines = proofText.slice(0, end).split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Error('no proof of a log');
  if (lines[0]?.startsWith('extra ')) lines.shift();
  const index = Number(/^index (\d{1,16})$/.exec(lines.shift() ?? '')?.[1] ?? Number.NaN);
  const checkpoint = await openCheckpoint(proofText.slice(end + 2), keys);
  const leaf = await digest('SHA-256', concat(Uint8Array.of(0), entry));
  const root = await rootOf({ leaf, index, size: checkpoint.size, path: lines.map(fromBase64) });
  if (root === undefined || !equal(root, checkpoint.root))
    throw new Error(`the statement is not at place ${index} of the log`);
  return checkpoint;
}

/** Verifies the log's own signature of a checkpoint. */
async function openCheckpoint(note: string, keys: readonly string[]): Promise<Checkpoint> {
  const at = note.lastIndexOf('\n\n');
  const text = note.slice(0, at + 1);
  for (const key of keys) {
    const { name, id, raw } = await openKey(key);
    const octets = note
      .slice(at + 2)
      .split('\n')
      .map((line) => /^— (\S+) (\S+)$/.exec(line))
      .filter((match) => match?.[1] === name)
      .map((match) => fromBase64(match?.[2] ?? ''))
      .find((one) => hex(one.subarray(0, 4)) === id);
    if (octets === undefined) continue;
    if (!(await ed25519(raw, octets.subarray(4), new TextEncoder().encode(text))))
      throw new Error("the log's signature does not hold");
    const [origin = '', size = '', root = ''] = text.split('\n');
    return { origin, size: Number(size), root: fromBase64(root) };
  }
  throw new Error('the checkpoint is not signed by the log');
}

/** `<name>+<id>+<base64 of type and key>` */
async function openKey(text: string): Promise<{ name: string; id: string; raw: Uint8Array }> {
  const [name, id, base64] = splitKey(text);
  const octets = fromBase64(base64);
  if (octets[0] !== 1 || octets.length !== 33) throw new Error("the log's key is no Ed25519 key");
  const wanted = hex(await digest('SHA-256', concat(new TextEncoder().encode(`${name}\n`), octets))).slice(
    0,
    8,
  );
  if (wanted !== id) throw new Error("the log's key does not have its own id");
  return { name, id, raw: octets.subarray(1) };
}

/** Base64 may hold a plus. */
function splitKey(text: string): [string, string, string] {
  const first = text.indexOf('+');
  const second = text.indexOf('+', first + 1);
  return [text.slice(0, first), text.slice(first + 1, second), text.slice(second + 1)];
}

interface Path {
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly path: readonly Uint8Array[];
}

/** RFC 9162 §2.1.3.2; undefined for a path that is too short or too long. */
async function rootOf({ leaf, index, size, path }: Path): Promise<Uint8Array | undefined> {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index >= size) return undefined;
  let [at, last, found] = [index, size - 1, leaf];
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      found = await node(sibling, found);
      while (at % 2 === 0 && at !== 0) [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
    } else found = await node(found, sibling);
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? found : undefined;
}

function node(left: Uint8Array, right: Uint8Array): Promise<Uint8Array> {
  return digest('SHA-256', concat(Uint8Array.of(1), left, right));
}
