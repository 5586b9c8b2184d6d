/**
 * What is logged: each statement's place by its path in the repository, and where the published trees end. It follows from the
 * entries alone; the state folder keeps it, so that a build need not read them all.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { growTree, leafHash, tileWidth } from '@mlld/trust/log';
import { statementPath } from '../repository/statement-path.ts';
import { broken, type PriorLog } from './prior.ts';

export interface LoggedStatement {
  readonly index: number;
  /** sha256 of the statement's bytes. */
  readonly sha256: Sha256Hex;
}

export interface Ledger {
  readonly byPath: Map<string, LoggedStatement>;
  /** Sizes of the trees that were published, ascending: each ends in a snapshot. */
  readonly sizes: number[];
  /** Entries whose proofs are known to count: those of trees that reached the quorum. */
  settled: number;
}

/** Notes an entry. */
export function record(ledger: Ledger, index: number, entry: Uint8Array): void {
  const file = statementPath(entry);
  if (file === undefined) ledger.sizes.push(index + 1);
  else ledger.byPath.set(file, { index, sha256: sha256(entry) });
}

const version = 1;
const ledgerFile = (stateFolder: string) => path.join(stateFolder, 'log');

/** The ledger of a log: as it was kept, if that is of exactly this tree, else read from the entries. @throws RegistryError LOG_BROKEN */
export function openLedger(out: string, stateFolder: string, prior: PriorLog | undefined): Ledger {
  if (prior === undefined) return { byPath: new Map(), sizes: [], settled: 0 };
  return readKept(stateFolder, prior) ?? readEntries(out, prior);
}

function readKept(stateFolder: string, { size, root }: PriorLog): Ledger | undefined {
  try {
    const [head = '', sizes = '', ...rows] = readFileSync(ledgerFile(stateFolder), 'utf8').split('\n');
    const kept = JSON.parse(head) as Record<string, unknown>;
    const same = kept.v === version && kept.size === size && kept.root === hex(root);
    if (!same || kept.rows !== rows.length) return undefined;
    const byPath = new Map<string, LoggedStatement>();
    for (const row of rows) {
      const [index = '', hash = '', file = ''] = row.split('\t');
      byPath.set(file, { index: Number(index), sha256: hash as Sha256Hex });
    }
    return { byPath, sizes: JSON.parse(sizes) as number[], settled: Number(kept.settled) };
  } catch {
    return undefined;
  }
}

function readEntries(out: string, prior: PriorLog): Ledger {
  const ledger: Ledger = { byPath: new Map(), sizes: [], settled: 0 };
  const leaves: Uint8Array[] = [];
  for (let bundle = 0; bundle * tileWidth < prior.size; bundle++) {
    for (const entry of prior.entries(bundle)) {
      record(ledger, leaves.length, entry);
      leaves.push(leafHash(entry));
    }
  }
  const { root } = growTree(0, () => new Uint8Array(), leaves);
  if (leaves.length !== prior.size || Buffer.compare(root, prior.root) !== 0)
    throw broken(out, 'its entries give another root');
  return ledger;
}

/** Keeps the ledger beside the tree that it is of. Atomic: written beside and renamed. */
export function writeLedger(
  stateFolder: string,
  ledger: Ledger,
  tree: { size: number; root: Uint8Array },
): void {
  const rows = [...ledger.byPath].map(([file, { index, sha256: hash }]) => `${index}\t${hash}\t${file}`);
  const head = {
    v: version,
    size: tree.size,
    root: hex(tree.root),
    rows: rows.length,
    settled: ledger.settled,
  };
  const temporary = `${ledgerFile(stateFolder)}.${process.pid}.tmp`;
  writeFileSync(temporary, [JSON.stringify(head), JSON.stringify(ledger.sizes), ...rows].join('\n'));
  renameSync(temporary, ledgerFile(stateFolder));
}

const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');
