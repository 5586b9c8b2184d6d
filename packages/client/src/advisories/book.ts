/** The advisories of a registry, as current as its log says (docs/spec/advisories.md §8). */
import path from 'node:path';
import { isRegistryError, layout, limits, parseAdvisoryIndex, RegistryError } from '@mlld/format';
import { advisoryStats, sha256, verifyAdvisoryIndex } from '@mlld/trust';
import type { Net } from '../fetch/net.ts';
import type { Registry } from '../fetch/registry.ts';
import type { Logged } from '../verify/log-check.ts';
import { type AdvisoryBook, type BookToWrite, readBook, writeBook } from './store.ts';

export interface Advisories {
  /**
   * What its log commits to now, fetched only if it is not what is kept; what is kept where nobody can be asked, or there is no log.
   * @throws RegistryError NOT_IN_SNAPSHOT, ADVISORIES_INCOMPLETE, WRONG_SUBJECT, UNREACHABLE, and what checking a log throws
   */
  current(): Promise<AdvisoryBook | undefined>;
  /** As `current`, and of a registry without a log whatever it shows. @throws RegistryError also OFFLINE */
  refresh(): Promise<AdvisoryBook>;
}

/** Milliseconds that what was read is used again: one resolution, not a resident process's life. */
const memoryMs = 10_000;

interface Context {
  readonly net: Net;
  readonly cacheDir: string;
  readonly registry: Registry;
}

export function openAdvisories(context: Context): Advisories {
  const { net, registry, cacheDir } = context;
  const folderOf = async () => {
    const name = await registry.identity();
    return { name, folder: path.join(cacheDir, name) };
  };
  /** By the sha256 that the log commits to: asked for once. */
  const asked = new Map<string, Promise<AdvisoryBook>>();
  const proven = (logged: Logged): Promise<AdvisoryBook> => {
    const wanted = logged.head.snapshot.advisories.sha256;
    const known = asked.get(wanted) ?? folderOf().then((place) => provenBook(context, place, logged));
    asked.set(wanted, known);
    known.catch(() => asked.delete(wanted));
    return known;
  };
  let kept: { readonly book: Promise<AdvisoryBook | undefined>; readonly since: number } | undefined;
  /** Many modules of one resolution ask: it is read once for all of them. */
  const keptBook = () => {
    const now = net.ops.tick();
    if (kept === undefined || now - kept.since > memoryMs)
      kept = { since: now, book: folderOf().then(({ name, folder }) => readBook(net.ops, folder, name)) };
    return kept.book;
  };
  return {
    async current() {
      const logged = net.offline ? undefined : await registry.logged();
      return logged === undefined ? keptBook() : proven(logged);
    },
    async refresh() {
      if (net.offline)
        throw new RegistryError('OFFLINE', 'the advisories of a registry are not asked for offline', {
          hint: 'Run mlld audit without --offline, or without --refresh.',
        });
      kept = undefined;
      const logged = await registry.logged();
      return logged === undefined ? unprovenBook(context, await folderOf()) : proven(logged);
    },
  };
}

interface Place {
  readonly name: string;
  readonly folder: string;
}

const nothing = sha256('');

/** §8.2: the index whose sha256 the log's snapshot holds, with as many advisories as were ever logged. */
async function provenBook({ net, registry }: Context, place: Place, first: Logged): Promise<AdvisoryBook> {
  const { ops } = net;
  const kept = readBook(ops, place.folder, place.name);
  const same = (logged: Logged) =>
    kept?.sha256 === logged.head.snapshot.advisories.sha256 && kept.size !== undefined;
  const found = same(first) ? undefined : await fetchProven({ net, registry, place }, first);
  const logged = found?.logged ?? first;
  const { size } = logged.head.checkpoint;
  const book: BookToWrite =
    found === undefined
      ? { ...kept!, checkedAt: ops.now(), size }
      : { ...found.book, checkedAt: ops.now(), size };
  // Another process may have seen a later state meanwhile.
  if ((kept?.size ?? 0) <= size) keep(net, place, book);
  return book;
}

interface Fetching {
  readonly net: Net;
  readonly registry: Registry;
  readonly place: Place;
}

async function fetchProven(fetching: Fetching, first: Logged) {
  try {
    return { logged: first, book: await fetchFor(fetching, first) };
  } catch (error) {
    if (!isRegistryError(error, 'NOT_IN_SNAPSHOT')) throw error;
  }
  // Published in between, perhaps: the log is asked once more.
  const second = (await fetching.registry.logged({ anew: true })) ?? first;
  return { logged: second, book: await fetchFor(fetching, second) };
}

type FetchedBook = Omit<BookToWrite, 'checkedAt'>;

async function fetchFor({ net, registry, place }: Fetching, logged: Logged): Promise<FetchedBook> {
  const { sha256: wanted, count } = logged.head.snapshot.advisories;
  if (wanted === nothing && count === 0) return emptyBook(place);
  const bytes = await registry.file(layout.advisoryIndex, limits.advisoryIndexBytes);
  if (bytes === undefined)
    throw incomplete(place, `its log has ${count} advisories, and the file is not there`);
  const found = sha256(bytes);
  if (found !== wanted) {
    throw new RegistryError(
      'NOT_IN_SNAPSHOT',
      `${place.name}: the log commits to advisories ${wanted}, found ${found}`,
      { hint: 'An old or forged list of advisories was shown. Try again, or another mirror.' },
    );
  }
  const book = readIndex(place, bytes, logged.policies);
  if (book.count !== count || book.entries.length > count)
    throw incomplete(place, `its log has ${count} advisories, the file says ${book.count}`);
  for (const { message } of book.errors) net.warn(`an advisory does not hold, and only warns: ${message}`);
  return book;
}

function incomplete({ name }: Place, problem: string): RegistryError {
  return new RegistryError('ADVISORIES_INCOMPLETE', `${name}: ${layout.advisoryIndex}: ${problem}`, {
    hint: 'A registry that hides advisories is not to be used. Try another mirror, and tell its operators.',
  });
}

function readIndex({ name }: Place, bytes: Uint8Array, policies: Logged['policies']) {
  const index = parseAdvisoryIndex(bytes, `advisories of ${name}`);
  if (index.registry !== name)
    throw new RegistryError('WRONG_SUBJECT', `advisories of ${name}: they are of ${index.registry}`);
  const { entries, refused } = verifyAdvisoryIndex(index, policies);
  const official = new Set(index.advisories.filter((one) => one.official).map(({ id }) => id));
  return {
    registry: name,
    entries,
    stats: index.stats,
    count: index.count,
    sha256: sha256(bytes),
    bytes,
    refused: entries.filter((one) => !one.official && official.has(one.id)).map(({ id }) => id),
    errors: refused,
  };
}

function emptyBook({ name }: Place): FetchedBook {
  return { registry: name, entries: [], stats: advisoryStats([]), count: 0, sha256: nothing, refused: [] };
}

/** Of a registry without a log: nobody commits to it, and no policy makes a gate of it. */
async function unprovenBook({ net, registry }: Context, place: Place): Promise<AdvisoryBook> {
  const bytes = await registry.file(layout.advisoryIndex, limits.advisoryIndexBytes);
  const found = bytes === undefined ? emptyBook(place) : readIndex(place, bytes, []);
  const book = { ...found, checkedAt: net.ops.now() };
  keep(net, place, book);
  return book;
}

function keep({ ops, warn }: Net, { folder }: Place, book: BookToWrite): void {
  try {
    writeBook(ops, folder, book);
  } catch (error) {
    if (!isRegistryError(error, 'CACHE_READONLY')) throw error;
    warn('the advisories can’t be kept, because the cache can’t be written');
  }
}
