/**
 * Advisories in the cache (docs/spec/advisories.md §8.4): `advisories/index.json` as it came, `advisories/state.json` with when it
 * was asked for, and a file for each module of which a version is malware, `advisories/blocked/<author>/<name>`. The last one is
 * all that a locked import looks for: mostly it finds nothing, and that costs one call.
 */
import path from 'node:path';
import {
  type AdvisoryEntry,
  type AdvisoryStats,
  decode as d,
  isModuleName,
  layout,
  limits,
  type ModuleName,
  parseAdvisoryIndex,
  parseJson,
  parseSha256,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import { gateOf } from '@mlld/trust';
import type { Ops } from '../ops.ts';

/** The advisories of one registry, as far as a client knows and believes them. */
export interface AdvisoryBook {
  readonly registry: string;
  readonly entries: readonly AdvisoryEntry[];
  readonly stats: AdvisoryStats;
  /** How many the registry has ever logged. */
  readonly count: number;
  /** sha256 of the index; of no bytes where the registry has none. */
  readonly sha256: Sha256Hex;
  /** Milliseconds since 1970: when the registry was last asked. */
  readonly checkedAt: number;
  /** Entries of its log when it was; undefined where the registry has none, and its index is anybody's word. */
  readonly size?: number;
  /** Ids of entries that claim to be the role's and whose signed statement does not hold: they are nobody's gate. */
  readonly refused: readonly string[];
}

type FileOps = Pick<Ops, 'files'>;

/** What was kept; undefined for nothing, or what can't be read: it is asked for again. */
export function readBook({ files }: FileOps, folder: string, registry: string): AdvisoryBook | undefined {
  try {
    const bytes = files.read(path.join(folder, layout.advisoryState), limits.configBytes);
    if (bytes === undefined) return undefined;
    const state = parseState(bytes);
    const kept = files.read(path.join(folder, layout.advisoryIndex), limits.advisoryIndexBytes);
    if (kept === undefined) return state.count === 0 ? { registry, entries: [], ...state } : undefined;
    const entries = parseAdvisoryIndex(kept).advisories.map((one) =>
      state.refused.includes(one.id) ? { ...one, official: false } : one,
    );
    return { registry, entries, ...state };
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

type KeptState = Omit<AdvisoryBook, 'registry' | 'entries'>;

function parseState(bytes: Uint8Array): KeptState {
  const $ = `${layout.advisoryState}: $`;
  const value = d.object(parseJson(bytes, { maxBytes: limits.configBytes }), $);
  const stats = d.object(value.stats, `${$}.stats`);
  return d.compact({
    sha256: d.parsed(parseSha256)(value.sha256, `${$}.sha256`),
    count: d.integer(0)(value.count, `${$}.count`),
    checkedAt: d.integer(0)(value.checkedAt, `${$}.checkedAt`),
    size: d.optional(d.integer(0))(value.size, `${$}.size`),
    stats: stats as unknown as AdvisoryStats,
    refused: d.array(d.text(40), 1_000_000)(value.refused, `${$}.refused`),
  });
}

export interface BookToWrite extends AdvisoryBook {
  /** The index as it came; undefined where the registry has none, or it is the one that is kept. */
  readonly bytes?: Uint8Array | undefined;
}

/** Keeps a book. What a locked import looks for is there before the state says so. @throws RegistryError CACHE_READONLY, DISK_FULL, IO */
export function writeBook(ops: FileOps, folder: string, book: BookToWrite): void {
  const { bytes, refused, sha256, count, checkedAt, size, stats } = book;
  const index = path.join(folder, layout.advisoryIndex);
  if (bytes !== undefined) ops.files.write(index, bytes);
  else if (count === 0) ops.files.remove(index);
  writeBlocked(ops, folder, book.entries);
  const state = { sha256, count, checkedAt, ...(size === undefined ? {} : { size }), stats, refused };
  ops.files.write(path.join(folder, layout.advisoryState), `${JSON.stringify(state)}\n`);
}

/** What a locked import is told of malware in its module. */
export type BlockedEntry = Pick<AdvisoryEntry, 'id' | 'title' | 'summary' | 'affected' | 'patches'>;

function writeBlocked({ files }: FileOps, folder: string, entries: readonly AdvisoryEntry[]): void {
  const blocked = new Map<ModuleName, BlockedEntry[]>();
  for (const entry of entries) {
    if (gateOf(entry) !== 'locked') continue;
    const { id, title, summary, affected, patches } = entry;
    for (const { name } of affected)
      blocked.set(name, [...(blocked.get(name) ?? []), { id, title, summary, affected, patches }]);
  }
  for (const [name, list] of blocked) {
    const file = path.join(folder, layout.blocked(name));
    const text = `${JSON.stringify(list)}\n`;
    const known = files.read(file, limits.advisoryIndexBytes);
    if (known === undefined || new TextDecoder().decode(known) !== text) files.write(file, text);
  }
  for (const name of blockedNames({ files }, folder))
    if (!blocked.has(name)) files.remove(path.join(folder, layout.blocked(name)));
}

function blockedNames({ files }: FileOps, folder: string): ModuleName[] {
  const top = path.join(folder, path.dirname(path.dirname(layout.blocked('@a/b' as ModuleName))));
  return files.list(top).flatMap(({ name: author }) =>
    files
      .list(path.join(top, author))
      .map(({ name }) => `@${author}/${name}`)
      .filter(isModuleName),
  );
}

/** What is known of malware in a module; undefined, at the price of one look, if nothing is. */
export function readBlocked(
  { files }: FileOps,
  folder: string,
  name: ModuleName,
): readonly BlockedEntry[] | undefined {
  const where = path.join(folder, layout.blocked(name));
  // Mostly there is none, which `stat` says in a tenth of the time.
  if (files.stat(where) === undefined) return undefined;
  const bytes = files.read(where, limits.advisoryIndexBytes);
  if (bytes === undefined) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as BlockedEntry[];
  } catch (cause) {
    // It is there because something is malware: that it can't be read is no reason to run it.
    throw new RegistryError('MALWARE', `${name}: malware was reported in it, and ${where} can't be read`, {
      hint: 'Ask again: mlld audit --refresh.',
      cause,
    });
  }
}
