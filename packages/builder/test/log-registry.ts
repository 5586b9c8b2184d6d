/** A policy, its log key and what checks a distribution's log as a client, a witness or a monitor would. */
import { createHash, createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import {
  encodePolicy,
  type Head,
  layout,
  type ModuleName,
  type Policy,
  parseHead,
  parsePolicy,
  parseProof,
  parseRegistryInfo,
  type Snapshot,
} from '@mlld/format';
import {
  decodeEntries,
  entriesPath,
  formatVerifierKey,
  growTree,
  hashesFromTiles,
  leafHash,
  logPolicyText,
  type NoteKeyType,
  noteSigner,
  parseLogPolicy,
  parseLogProof,
  type SnapshotDigits,
  snapshotPrefixes,
  type Tile,
  tilePath,
  tileWidth,
  verifyHead,
  verifyLogProof,
  verifySnapshot,
} from '@mlld/trust/log';
import { expect } from 'vitest';
import { type Files, minute, registryName, sha256, signer } from './registry.ts';

export const origin = `${registryName}/log`;

const seedOf = (name: string) => createHash('sha256').update(`log key of ${name}`).digest();

/** A log key or a witness: always the same one for a name. */
export function noteKey(name: string, type: NoteKeyType = 'ed25519') {
  const seed = seedOf(name);
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const pem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({
    format: 'pem',
    type: 'pkcs8',
  });
  const made = noteSigner(type === 'ed25519' ? origin : `${name}.example.org`, type, seed);
  return { signer: made, vkey: formatVerifierKey(made.key), pem: String(pem) };
}

export const logKey = noteKey('log');

/** `policy/<n>.json`, signed by the named root keys. */
export function policyFiles(change: Partial<Policy> = {}, by: readonly string[] = ['root']): Files {
  const policy: Policy = {
    type: 'policy',
    v: 1,
    registry: registryName,
    n: 1,
    roles: new Map([['root', { keys: [signer('root').key], threshold: 1 }]]),
    log: { origin, keys: [logKey.vkey] },
    witnesses: [],
    quorum: 0,
    reserved: [],
    recoveryDelayHours: 168,
    createdAt: minute(0),
    ...change,
  };
  const text = encodePolicy(policy);
  const file = `policy/${policy.n}.json`;
  return new Map([
    [file, text],
    [`${file}.sig`, by.map((name) => signer(name).sign(text, 'mlld-policy@v1')).join('')],
  ]);
}

export interface ReadLog {
  readonly head: Head;
  readonly size: number;
  readonly root: Uint8Array;
  readonly snapshot: Snapshot;
  readonly entries: readonly Buffer[];
  readonly hashes: ReturnType<typeof hashesFromTiles>;
}

const read = (out: string, file: string) => readFileSync(path.join(out, file));

/** Reads all of a distribution's log and checks everything that can be checked of it. */
export function readLog(out: string): ReadLog {
  const head = parseHead(read(out, layout.head));
  const policy = parsePolicy(read(out, layout.policy(head.policy)));
  const { checkpoint, snapshot } = verifyHead(head, policy);
  const { size, root } = checkpoint;
  expect(read(out, layout.checkpoint).toString()).toBe(head.checkpoint);
  const entries: Buffer[] = [];
  for (let at = 0; at * tileWidth < size; at++) {
    const width = Math.min(tileWidth, size - at * tileWidth);
    entries.push(
      ...decodeEntries(read(out, layout.tile(entriesPath(at, width)))).map((one) => Buffer.from(one)),
    );
  }
  const grown = growTree(0, () => new Uint8Array(), entries.map(leafHash));
  expect([grown.size, Buffer.from(grown.root)]).toEqual([size, Buffer.from(root)]);
  // Every tile is there, and as the entries make it.
  for (const { tile, octets } of grown.tiles)
    expect(read(out, layout.tile(tilePath(tile))).equals(octets), tilePath(tile)).toBe(true);
  const hashes = hashesFromTiles(size, (tile: Tile) => read(out, layout.tile(tilePath(tile))));
  return { head, size, root, snapshot, entries, hashes };
}

/** Checks each index file, and names without one, against the snapshot; and each proof bundle against the policy. */
export function checkDistribution(out: string, names: readonly string[]): ReadLog {
  const log = readLog(out);
  const { snapshot } = log;
  const policy = parsePolicy(read(out, layout.policy(log.head.policy)));
  const digits = snapshot.depth as SnapshotDigits;
  expect(parseRegistryInfo(read(out, layout.registry)).snapshotDepth).toBe(digits);
  expect([snapshot.modules, snapshot.policy]).toEqual([names.length, log.head.policy]);
  for (const name of [...names, '@nobody/nothing'] as ModuleName[]) {
    const prefixes = snapshotPrefixes(name, digits);
    const files = new Map(prefixes.map((prefix) => [prefix, readIf(out, layout.snapshot(digits, prefix))]));
    const wanted = readIf(out, layout.index(name));
    expect(verifySnapshot({ name, digits, root: snapshot.root, files })).toBe(wanted && sha256(wanted));
  }
  const counts = parseLogPolicy(logPolicyText(policy));
  for (const entry of log.entries) {
    if (JSON.parse(entry.toString()).type !== 'release') continue;
    const bundle = parseProof(read(out, layout.proof(sha256(entry))));
    const proof = parseLogProof(bundle.log?.proof ?? '');
    expect(verifyLogProof(proof, { entry, policy: counts }).checkpoint.size).toBeGreaterThan(proof.index);
    expect(bundle.log?.index).toBe(proof.index);
  }
  return log;
}

function readIf(out: string, file: string): Buffer | undefined {
  return existsSync(path.join(out, file)) ? read(out, file) : undefined;
}
