/** Takes away what no published tree has: partial tiles of trees before the last two, and what an interrupted build left. */
import { readdirSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import { parseTilePath, type SnapshotDigits, tileWidth } from '@mlld/trust/log';
import { variants } from '../build/writer.ts';

type Remove = (file: string) => void;

/** Full tiles stay for ever, partial ones while they are of one of the trees of `sizes`. */
export function sweepTiles(
  out: string,
  { sizes, remove }: { sizes: readonly number[]; remove: Remove },
): void {
  for (const file of filesBelow(path.join(out, 'tile')))
    if (!sizes.some((size) => isTileOf(file, size))) take(out, layout.tile(file), remove);
}

/** Removes a file, and its folder when that was the last one in it. */
function take(out: string, file: string, remove: Remove): void {
  remove(file);
  try {
    rmdirSync(path.join(out, path.dirname(file)));
  } catch {
    // Others are in it.
  }
}

function isTileOf(file: string, size: number): boolean {
  try {
    const { level, index, width } = parseTilePath(file);
    const hashes = Math.floor(size / tileWidth ** (level === 'entries' ? 0 : level));
    return Math.min(tileWidth, hashes - index * tileWidth) === width;
  } catch {
    return false;
  }
}

export function sweepSnapshot(
  out: string,
  { digits, kept, remove }: { digits: SnapshotDigits; kept: ReadonlyMap<string, unknown>; remove: Remove },
): void {
  const files = new Set([...kept.keys()].map((prefix) => layout.snapshot(digits, prefix)));
  for (const file of filesBelow(path.join(out, 'snapshot')))
    if (!files.has(`snapshot/${file}`)) take(out, `snapshot/${file}`, remove);
}

/** Paths below a folder, without those of compressed variants. */
function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const walk = (prefix: string): void => {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(path.join(folder, prefix));
    } catch {
      return;
    }
    for (const entry of entries) {
      const inner = `${prefix}${entry.name}`;
      if (entry.isDirectory()) walk(`${inner}/`);
      else if (!variants.some((variant) => inner.endsWith(variant))) found.push(inner);
    }
  };
  walk('');
  return found;
}

const list = (folder: string) => readdirSync(folder, { withFileTypes: true });
