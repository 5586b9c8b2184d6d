/** Files of a distribution that somebody else keeps: below a URL or in a folder. Bounded; nothing of it is believed. */
import path from 'node:path';
import { layout, limits, parseRegistryInfo, printable, RegistryError, type SignedText } from '@mlld/format';
import { readSignedText } from '@mlld/trust';
import {
  entriesPath,
  type HashReader,
  hashesFromTiles,
  type Tile,
  tilePath,
  tilesNeeded,
  tileWidth,
} from '@mlld/trust/log';
import { readRegularFile } from '../repository/tree.ts';

export interface LogSource {
  /** For messages. */
  readonly where: string;
  /** A file's bytes, or undefined if there is none. @throws RegistryError TOO_LARGE, UNREACHABLE, HTTP_STATUS */
  read(file: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

/** The distribution at a URL, or in a folder. */
export function openSource(where: string, fetchUrl: typeof fetch = fetch): LogSource {
  if (!/^https?:\/\//.test(where))
    return { where, read: async (file, maxBytes) => readRegularFile(path.join(where, file), maxBytes, file) };
  const base = where.endsWith('/') ? where : `${where}/`;
  return { where, read: (file, maxBytes) => download(fetchUrl, base + file, maxBytes) };
}

async function download(
  fetchUrl: typeof fetch,
  url: string,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  try {
    const answer = await fetchUrl(url, {
      signal: AbortSignal.timeout(limits.answerMs),
      headers: { 'cache-control': 'no-cache' },
    });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new RegistryError('HTTP_STATUS', `${url}: status ${answer.status}`);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const part of answer.body ?? []) {
      size += part.length;
      if (size > maxBytes) throw new RegistryError('TOO_LARGE', `${url}: wanted at most ${maxBytes} bytes`);
      parts.push(part);
    }
    return Buffer.concat(parts);
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('UNREACHABLE', `${url}: ${printable((cause as Error).message)}`, { cause });
  }
}

/** A file that has to be there, as text. @throws RegistryError FILE_NOT_FOUND */
export async function readText(source: LogSource, file: string, maxBytes: number): Promise<string> {
  return Buffer.from(await required(source, [file], maxBytes)).toString('utf8');
}

async function required(source: LogSource, files: readonly string[], maxBytes: number): Promise<Uint8Array> {
  for (const file of files) {
    const bytes = await source.read(file, maxBytes);
    if (bytes !== undefined) return bytes;
  }
  throw new RegistryError('FILE_NOT_FOUND', `${source.where}: there is no ${files[0]}`);
}

export async function readRegistryName(source: LogSource): Promise<string> {
  return parseRegistryInfo(await required(source, [layout.registry], limits.registryJsonBytes)).name;
}

/** The chain of policies, as long as it is. */
export async function readRemotePolicies(source: LogSource): Promise<SignedText[]> {
  const chain: SignedText[] = [];
  for (let n = 1; n <= limits.policyChain; n++) {
    const signed = await readSignedText(layout.policy(n), source.read);
    if (signed === undefined) break;
    chain.push(signed);
  }
  return chain;
}

/** A tile, or the full one that it has become since (log.md §4.2). */
export function readTile(source: LogSource, tile: Tile): Promise<Uint8Array> {
  const files = [tile, { ...tile, width: tileWidth }].map((one) => layout.tile(tilePath(one)));
  return required(source, files, tileWidth * 32);
}

export function readBundle(source: LogSource, index: number, width: number): Promise<Uint8Array> {
  const files = [width, tileWidth].map((one) => layout.tile(entriesPath(index, one)));
  return required(source, files, tileWidth * (limits.logEntryBytes + 2));
}

/** What `prove` makes of a tree of `size` leaves: its tiles are fetched first, all of them. */
export async function proveFrom<T>(
  source: LogSource,
  size: number,
  prove: (read: HashReader) => T,
): Promise<T> {
  const tiles = new Map<string, Uint8Array>();
  await Promise.all(
    tilesNeeded(size, prove).map(async (tile) => tiles.set(tilePath(tile), await readTile(source, tile))),
  );
  return prove(hashesFromTiles(size, (tile) => tiles.get(tilePath(tile))!));
}
