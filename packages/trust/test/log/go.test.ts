/** Agreement with Go's golang.org/x/mod (Debian: golang-go, golang-golang-x-mod-dev), an implementation of other hands. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatCheckpoint,
  formatNote,
  formatVerifierKey,
  growTree,
  type Hash,
  isConsistent,
  isIncluded,
  isSignedBy,
  noteSigner,
  parseNote,
  parseVerifierKey,
  proveConsistency,
  proveInclusion,
  signaturesOf,
  signNote,
  tilePath,
  treeRoot,
} from '../../src/log/index.ts';
import { leavesOf, memoryReader, turned } from './tree.ts';

const gopath = process.env.MLLD_GO_PACKAGES ?? '/usr/share/gocode';
const absent =
  spawnSync('go', ['version']).status !== 0 ||
  !existsSync(path.join(gopath, 'src/golang.org/x/mod/sumdb/tlog'));
const why = absent
  ? ' (skipped: wants Go and its x/mod packages: apt install golang-go golang-golang-x-mod-dev)'
  : '';

const size = 600;
const sizes = [1, 2, 3, 5, 8, 64, 100, 255, 256, 257, 300];
const leaves = leavesOf(size);
const read = memoryReader(leaves);
const base64 = (hash: Hash) => Buffer.from(hash).toString('base64');

interface Answer {
  readonly Roots: readonly string[];
  readonly Inclusion: Readonly<Record<string, readonly string[] | null>>;
  readonly Consistency: Readonly<Record<string, readonly string[] | null>>;
  readonly Tiles: Readonly<Record<string, string>>;
  readonly Included: readonly boolean[];
  readonly Consistent: readonly boolean[];
  readonly Opened: readonly boolean[];
  readonly Key: string;
  readonly Note: string;
}

/** Proofs, most of them with something wrong: a bit turned, a hash too many or too few, another place or size. */
const changedPath = (hashes: readonly Hash[]): fc.Arbitrary<Hash[]> =>
  fc.tuple(fc.constantFrom('none', 'none', 'turn', 'cut', 'add'), fc.nat()).map(([change, at]) => {
    if (change === 'turn' && hashes.length > 0)
      return hashes.with(at % hashes.length, turned(hashes[at % hashes.length]!, at));
    if (change === 'cut') return hashes.slice(0, -1);
    return change === 'add' ? [...hashes, leaves[at % size]!] : [...hashes];
  });
const near = (value: number) => fc.constantFrom(value, value, value, Math.max(1, value - 1), value + 1);
const inclusions = fc.sample(
  fc.tuple(fc.integer({ min: 1, max: size - 1 }), fc.nat()).chain(([total, any]) => {
    const index = any % total;
    const whole = { leaf: leaves[index]!, root: treeRoot(total, read) };
    const where = {
      path: changedPath(proveInclusion(index, total, read)),
      index: near(index),
      size: near(total),
    };
    return fc.record({ leaf: fc.constant(whole.leaf), root: fc.constant(whole.root), ...where });
  }),
  500,
);
const consistences = fc.sample(
  fc.tuple(fc.integer({ min: 1, max: size - 1 }), fc.nat()).chain(([to, any]) => {
    const from = 1 + (any % to);
    const roots = { fromRoot: treeRoot(from, read), toRoot: treeRoot(to, read) };
    return fc.record({
      from: near(from),
      to: near(to),
      path: changedPath(proveConsistency(from, to, read)),
      fromRoot: fc.constant(roots.fromRoot),
      toRoot: fc.constant(roots.toRoot),
    });
  }),
  500,
);
const signer = noteSigner('registry.example.org/log', 'ed25519', Buffer.alloc(32, 3));
const text = formatCheckpoint({ origin: 'registry.example.org/log', size, root: treeRoot(size, read) });
const good = formatNote({ text, signatures: [signNote(text, signer)] });
const notes = [good, good.replace('600', '601'), good.replace('— ', '—  '), good.slice(0, -1), `${good}x\n`];

describe.skipIf(absent)(`against Go's x/mod${why}`, () => {
  let answer: Answer;
  const home = mkdtempSync(path.join(tmpdir(), 'mlld-go-'));

  beforeAll(() => {
    const question = {
      Size: size,
      Sizes: sizes,
      Inclusions: inclusions.map((one) => ({
        Size: one.size,
        Index: one.index,
        Root: base64(one.root),
        Leaf: base64(one.leaf),
        Path: one.path.map(base64),
      })),
      Consistences: consistences.map((one) => ({
        From: one.from,
        To: one.to,
        FromRoot: base64(one.fromRoot),
        ToRoot: base64(one.toRoot),
        Path: one.path.map(base64),
      })),
      Notes: notes.map((note) => ({ Key: formatVerifierKey(signer.key), Note: note })),
      Text: text,
    };
    const program = fileURLToPath(new URL('go/main.go', import.meta.url));
    const result = spawnSync('go', ['run', program], {
      input: JSON.stringify(question),
      env: {
        PATH: process.env.PATH,
        HOME: home,
        GO111MODULE: 'off',
        GOPATH: gopath,
        GOCACHE: path.join(home, 'cache'),
      },
      maxBuffer: 64 * 1024 * 1024,
    });
    if (result.status !== 0) throw new Error(`go run ended with ${result.status}: ${result.stderr}`);
    answer = JSON.parse(result.stdout.toString()) as Answer;
  }, 180_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('has the same roots', () => {
    for (let leavesThere = 1; leavesThere <= size; leavesThere++)
      expect(base64(treeRoot(leavesThere, read))).toBe(answer.Roots[leavesThere - 1]);
  });

  it('makes the same proofs', () => {
    for (const total of sizes) {
      for (let i = 0; i < total; i++) {
        expect(proveInclusion(i, total, read).map(base64)).toEqual(answer.Inclusion[`${total}/${i}`] ?? []);
        expect(proveConsistency(i + 1, total, read).map(base64)).toEqual(
          answer.Consistency[`${i + 1}/${total}`] ?? [],
        );
      }
    }
  });

  it('makes the same tiles, at the same paths', () => {
    const { tiles } = growTree(0, () => new Uint8Array(), leaves);
    const ours = Object.fromEntries(tiles.map(({ tile, octets }) => [tilePath(tile), base64(octets)]));
    // Go also lists each width that a partial tile has had on the way.
    const others = Object.keys(answer.Tiles).filter((tile) => !(tile in ours));
    expect(others.filter((tile) => !tile.includes('.p/'))).toEqual([]);
    for (const [tile, octets] of Object.entries(ours)) expect(octets === answer.Tiles[tile], tile).toBe(true);
  });

  it('accepts the same proofs, and refuses the same', () => {
    const included = inclusions.map(({ leaf, index, path: hashes, size: total, root }) =>
      isIncluded({ leaf, index, path: hashes }, { size: total, root }),
    );
    expect(included).toEqual(answer.Included);
    const consistent = consistences.map(({ from, to, fromRoot, toRoot, path: hashes }) =>
      isConsistent(hashes, { size: from, root: fromRoot }, { size: to, root: toRoot }),
    );
    expect(consistent).toEqual(answer.Consistent);
    for (const both of [included, consistent]) expect(new Set(both).size).toBe(2);
  });

  it('opens our notes, and we open its', () => {
    expect(answer.Opened).toEqual([true, false, false, false, false]);
    const key = parseVerifierKey(answer.Key);
    const note = parseNote(answer.Note);
    expect(note.text).toBe(text);
    expect(signaturesOf(note, key).map((one) => isSignedBy(text, one, key))).toEqual([true]);
  });
});
