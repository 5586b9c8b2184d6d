/**
 * The lock file, `mlld-lock.json` (docs/spec/lock.md): a superset of what today's mlld (2.0.5) reads and writes. It alone
 * decides what a locked program runs: no network, no expiry.
 *
 * Decoded with the platform's own JSON parser and checked entry by entry: this file is read at every start.
 */
import { parseSha256, type Sha256Hex } from './digest.ts';
import { printable, RegistryError } from './errors.ts';
import type { Evidence } from './index-file.ts';
import { limits } from './limits.ts';
import { type ModuleName, parseAuthor, parseModuleName, parseRegistryName } from './name.ts';
import { parsePath } from './path.ts';
import { isVersion } from './version-syntax.ts';

/** One locked version. */
export interface LockedModule {
  readonly name: ModuleName;
  /** What was asked for: a range, an exact version, a tag, or `latest`. */
  readonly wanted: string;
  readonly version: string;
  /** Identity of the registry it came from (names.md §4). */
  readonly registry: string;
  readonly entry: string;
  /** All files by path, the entry among them. */
  readonly files: ReadonlyMap<string, Sha256Hex>;
  /** Content digest; absent for records that never stated one. */
  readonly digest?: Sha256Hex;
  /** Base URLs that a fresh machine gets the bytes from, without asking an index. */
  readonly sources: readonly string[];
  /** What this module's imports are pinned to. */
  readonly imports: ReadonlyMap<ModuleName, string>;
  readonly evidence: Evidence;
  /** sha256 of the release statement: its proof bundle in the cache. */
  readonly statement?: Sha256Hex;
  /** What the release declared that its code needs, and what of it the user granted. */
  readonly needs: readonly string[];
  readonly granted: readonly string[];
  /** What its code can reach for, as it was when the user took it: `kind:name`, sorted. Absent where nobody looked. */
  readonly capabilities?: readonly string[];
  /** Of an MCP server: what the user agreed to. */
  readonly mcp?: LockedMcp;
  readonly fetchedAt: string;
}

/** What a user agreed to when they installed an MCP server (docs/spec/mcp.md §5). */
export interface LockedMcp {
  /** `host:api.example.org`, `read:project`, `write:{folder}`, `env:NAME`, `command:git`; sorted. */
  readonly granted: readonly string[];
  /** What they configured, by the name of the input. No secrets. */
  readonly config: ReadonlyMap<string, string>;
  /** The listing that they approved in place of the one that the module brings: sha256 of its surface. */
  readonly surface?: Sha256Hex;
}

/** The keyset of an author as it was last seen: it may only grow from there (statements.md §6). */
export interface AuthorPin {
  readonly keyset: number;
  readonly sha256: Sha256Hex;
}

/**
 * Keys of `modules` are `@author/name` for the version that the program itself imports, and `@author/name@<version>` for
 * others that stand beside it.
 */
export interface Lock {
  readonly modules: ReadonlyMap<string, LockedModule>;
  readonly authors: ReadonlyMap<string, AuthorPin>;
  /** Entries of today's mlld that hold too little to be used; they are resolved again and then replaced. */
  readonly legacy: ReadonlyMap<string, LegacyEntry>;
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

/** What today's mlld says about a module: a wish, and the hash of its entry file. */
export interface LegacyEntry {
  readonly wanted: string;
  readonly version?: string;
  /** Hash of the entry file. */
  readonly entrySha256?: Sha256Hex;
}

export const emptyLock: Lock = { modules: new Map(), authors: new Map(), legacy: new Map() };

/** The key of a version that stands beside the program's own. */
export function besideKey(name: ModuleName, version: string): string {
  return `${name}@${version}`;
}

/**
 * Parses a lock file of this project, of today's mlld, or of 2025 (`imports`, `registryVersion` absent).
 * @throws RegistryError BAD_LOCK, TOO_LARGE
 */
export function parseLock(text: string, where = 'mlld-lock.json'): Lock {
  const root = parseRoot(text, where);
  const modules = new Map<string, LockedModule>();
  const legacy = new Map<string, LegacyEntry>();
  for (const [key, value] of entries(root.modules, `${where}: modules`)) {
    const path = `${where}: modules['${printable(key)}']`;
    const entry = record(value, path);
    const ours = guard(path, () => (entry.registry === undefined ? undefined : decodeModule(key, entry)));
    if (ours !== undefined) modules.set(key, ours);
    else if (isReference(key))
      legacy.set(
        key,
        guard(path, () => decodeLegacy(entry)),
      );
  }
  for (const [key, value] of entries(root.imports, `${where}: imports`)) {
    if (isReference(key))
      legacy.set(
        key,
        guard(`${where}: imports['${printable(key)}']`, () => decodeLegacy(record(value, key))),
      );
  }
  const metadata = root.metadata === undefined ? {} : record(root.metadata, `${where}: metadata`);
  return {
    modules,
    authors: decodeAuthors(root.authors, where),
    legacy,
    ...(typeof metadata.createdAt === 'string' ? { createdAt: metadata.createdAt } : {}),
    ...(typeof metadata.updatedAt === 'string' ? { updatedAt: metadata.updatedAt } : {}),
  };
}

/** The bytes of a lock file: keys sorted, so that a change of one module is a change of its own lines only. */
export function encodeLock(lock: Lock): string {
  const modules: Record<string, unknown> = {};
  for (const key of [...lock.modules.keys(), ...lock.legacy.keys()].sort()) {
    const locked = lock.modules.get(key);
    if (locked !== undefined) modules[key] = encodeModule(locked);
    else modules[key] = encodeLegacy(lock.legacy.get(key)!);
  }
  const root = {
    lockfileVersion: 1,
    modules,
    ...(lock.authors.size > 0
      ? { authors: Object.fromEntries([...lock.authors].sort(([a], [b]) => (a < b ? -1 : 1))) }
      : {}),
    metadata: { createdAt: lock.createdAt ?? lock.updatedAt, updatedAt: lock.updatedAt ?? lock.createdAt },
  };
  return `${JSON.stringify(root, null, 2)}\n`;
}

function encodeModule(m: LockedModule): object {
  const entrySha256 = m.files.get(m.entry)!;
  const others = [...m.files].filter(([path]) => path !== m.entry).sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    version: m.wanted,
    resolved: entrySha256,
    source: `registry://${m.name}@${m.version}`,
    integrity: `sha256:${entrySha256}`,
    fetchedAt: m.fetchedAt,
    registryVersion: m.version,
    ...(m.sources[0] === undefined ? {} : { sourceUrl: m.sources[0] + m.entry }),
    registry: m.registry,
    ...(m.digest === undefined ? {} : { digest: m.digest }),
    entry: m.entry,
    ...(others.length > 0 ? { files: Object.fromEntries(others) } : {}),
    sources: m.sources,
    ...(m.imports.size > 0
      ? { imports: Object.fromEntries([...m.imports].sort(([a], [b]) => (a < b ? -1 : 1))) }
      : {}),
    evidence: m.evidence,
    ...(m.statement === undefined ? {} : { statement: m.statement }),
    needs: m.needs,
    ...(m.granted.length > 0 ? { granted: m.granted } : {}),
    ...(m.capabilities === undefined ? {} : { capabilities: m.capabilities }),
    ...(m.mcp === undefined ? {} : { mcp: encodeMcp(m.mcp) }),
  };
}

function encodeMcp({ granted, config, surface }: LockedMcp): object {
  return {
    granted,
    ...(config.size > 0
      ? { config: Object.fromEntries([...config].sort(([a], [b]) => (a < b ? -1 : 1))) }
      : {}),
    ...(surface === undefined ? {} : { surface }),
  };
}

function decodeMcp(value: unknown): LockedMcp {
  const found = record(value, 'mcp');
  const config = new Map<string, string>();
  for (const [name, one] of entries(found.config, 'mcp.config'))
    config.set(name, text(one, `mcp.config.${printable(name)}`));
  return {
    granted: texts(found.granted, 'mcp.granted'),
    config,
    ...(found.surface === undefined ? {} : { surface: parseSha256(text(found.surface, 'mcp.surface')) }),
  };
}

function encodeLegacy(entry: LegacyEntry): object {
  return {
    version: entry.wanted,
    ...(entry.entrySha256 === undefined
      ? {}
      : { resolved: entry.entrySha256, integrity: `sha256:${entry.entrySha256}` }),
    ...(entry.version === undefined ? {} : { registryVersion: entry.version }),
  };
}

type Loose = Readonly<Record<string, unknown>>;

function decodeModule(key: string, value: Loose): LockedModule {
  const version = text(value.registryVersion, 'registryVersion');
  if (!isVersion(version)) throw wanted('registryVersion', 'a version', version);
  const name = parseModuleName(key.includes('@', 1) ? key.slice(0, key.indexOf('@', 1)) : key);
  if (key !== name && key !== besideKey(name, version))
    throw wanted('key', `${name} or ${besideKey(name, version)}`, key);
  const entry = parsePath(text(value.entry, 'entry'));
  const files = new Map<string, Sha256Hex>([[entry, parseSha256(text(value.resolved, 'resolved'))]]);
  for (const [path, hash] of entries(value.files, 'files'))
    files.set(parsePath(path), parseSha256(text(hash, `files.${path}`)));
  const imports = new Map<ModuleName, string>();
  for (const [dependency, pinned] of entries(value.imports, 'imports')) {
    const to = text(pinned, `imports.${dependency}`);
    if (!isVersion(to)) throw wanted(`imports.${dependency}`, 'a version', to);
    imports.set(parseModuleName(dependency), to);
  }
  return {
    name,
    wanted: text(value.version, 'version'),
    version,
    // A folder of the cache is called by it.
    registry: parseRegistryName(text(value.registry, 'registry')),
    entry,
    files,
    ...(value.digest === undefined ? {} : { digest: parseSha256(text(value.digest, 'digest')) }),
    sources: texts(value.sources, 'sources'),
    imports,
    evidence: evidence(value.evidence),
    ...(value.statement === undefined ? {} : { statement: parseSha256(text(value.statement, 'statement')) }),
    needs: texts(value.needs, 'needs'),
    granted: texts(value.granted, 'granted'),
    ...(value.capabilities === undefined ? {} : { capabilities: texts(value.capabilities, 'capabilities') }),
    ...(value.mcp === undefined ? {} : { mcp: decodeMcp(value.mcp) }),
    fetchedAt: text(value.fetchedAt, 'fetchedAt'),
  };
}

function decodeLegacy(value: Loose): LegacyEntry {
  const hash = [value.resolved, value.integrity, value.hash].find(
    (one) => typeof one === 'string' && /^(?:sha256:)?[0-9a-f]{64}$/.test(one),
  );
  const version = [value.registryVersion, /@([^@/]+)$/.exec(String(value.source ?? ''))?.[1]].find(
    (one): one is string => typeof one === 'string' && isVersion(one),
  );
  return {
    wanted: typeof value.version === 'string' ? value.version : 'latest',
    ...(version === undefined ? {} : { version }),
    ...(hash === undefined ? {} : { entrySha256: parseSha256(hash as string) }),
  };
}

function decodeAuthors(value: unknown, where: string): Map<string, AuthorPin> {
  const authors = new Map<string, AuthorPin>();
  for (const [author, pin] of entries(value, `${where}: authors`)) {
    const path = `${where}: authors['${printable(author)}']`;
    const found = record(pin, path);
    if (!Number.isSafeInteger(found.keyset) || (found.keyset as number) < 1)
      throw new RegistryError('BAD_LOCK', `${path}.keyset: wanted a whole number from 1`);
    const sha256 = guard(path, () => {
      parseAuthor(author);
      return parseSha256(text(found.sha256, 'sha256'));
    });
    authors.set(author, { keyset: found.keyset as number, sha256 });
  }
  return authors;
}

function parseRoot(source: string, where: string): Loose {
  if (source.length > limits.lockBytes)
    throw new RegistryError('TOO_LARGE', `${where}: wanted at most ${limits.lockBytes} characters`);
  let root: unknown;
  try {
    root = JSON.parse(source);
  } catch (cause) {
    throw new RegistryError('BAD_LOCK', `${where}: the file is no JSON`, {
      cause,
      hint: 'Merge conflict? Take either side and run mlld install; or restore the file from git.',
    });
  }
  const found = record(root, where);
  const version = found.lockfileVersion;
  if (version !== undefined && version !== 1) {
    throw new RegistryError(
      'BAD_LOCK',
      `${where}: lockfileVersion ${printable(String(version))}, this program reads 1`,
      { hint: 'Update mlld.' },
    );
  }
  return found;
}

/** Keys of today's lock files are references, but also local paths and `@root`. */
function isReference(key: string): boolean {
  return /^@[a-z0-9-]+\/[a-z0-9-]+(?:@[^/]*)?$/.test(key);
}

function record(value: unknown, path: string): Loose {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wanted(path, 'an object', value);
  return value as Loose;
}

function entries(value: unknown, path: string): [string, unknown][] {
  return value === undefined ? [] : Object.entries(record(value, path));
}

function text(value: unknown, path: string): string {
  if (typeof value !== 'string' || value.length > 4000) throw wanted(path, 'a text', value);
  return value;
}

function texts(value: unknown, path: string): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wanted(path, 'a list of texts', value);
  return value.map((one, i) => text(one, `${path}[${i}]`));
}

function evidence(value: unknown): Evidence {
  if (value !== 0 && value !== 1 && value !== 2 && value !== 3 && value !== 4)
    throw wanted('evidence', 'a level from 0 to 4', value);
  return value;
}

function wanted(path: string, what: string, found: unknown): RegistryError {
  return new RegistryError('BAD_LOCK', `${path}: wanted ${what}, found ${shown(found)}`);
}

/** Nested values are only named: printing them could take more stack than there is. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  return printable(JSON.stringify(value), 80);
}

function guard<T>(path: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new RegistryError('BAD_LOCK', `${path}: ${message}`, {
      cause,
      hint: 'Restore the file from git, or delete the entry and run mlld install.',
    });
  }
}
