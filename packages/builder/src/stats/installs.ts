/** Which requests install which module (docs/spec/statistics.md §2.2), by what a distribution says of its own files. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isModuleName, isVersion, layout, type ModuleName, parseIndex, RegistryError } from '@mlld/format';
import type { LogRequest } from './request.ts';

/** A version, or several of one module that can't be told apart. */
export interface Installed {
  readonly name: ModuleName;
  readonly version: string | undefined;
}

export interface InstallTable {
  /** What a request installs; undefined for any other request. */
  read(request: Pick<LogRequest, 'method' | 'target' | 'status'>): Installed | undefined;
}

/** Reads all index files. @param base path of the distribution's root on its host, for instance `/registry/` */
export function installTable(distribution: string, base: string): InstallTable {
  const files = new Map<string, Installed | 'several'>();
  const latest = new Map<ModuleName, string>();
  const versions = new Set<string>();
  for (const { name, bytes } of indexFiles(distribution)) {
    const index = parseIndex(bytes, layout.index(name));
    const tagged = index.header.tags.get('latest') ?? index.versions[0]?.version;
    if (tagged !== undefined) latest.set(name, tagged);
    for (const line of index.versions) {
      versions.add(`${name}@${line.version}`);
      const own = { name, version: line.version };
      if (line.statement !== undefined) files.set(layout.proof(line.statement), own);
      const hashes = new Set(line.files.flatMap(({ sha256 }) => sha256 ?? []));
      if (line.shape === 'file' && line.contentHash !== undefined) hashes.add(line.contentHash);
      for (const hash of hashes) {
        const file = layout.blob(hash);
        files.set(file, merged(files.get(file), own));
      }
    }
  }
  return {
    read({ method, target, status }) {
      // A HEAD, a part, or an answer without content brings nobody a module.
      if (method !== 'GET' || status !== 200) return undefined;
      const file = pathIn(target, base);
      if (file === undefined) return undefined;
      if (file.startsWith('blob/') || file.startsWith('proof/')) {
        const found = files.get(file);
        return found === 'several' ? undefined : found;
      }
      return textOf(file, { latest, versions });
    },
  };
}

/** A file of several versions of a module is counted for the module alone; of several modules, for none. */
function merged(before: Installed | 'several' | undefined, own: Installed): Installed | 'several' {
  if (before === undefined) return own;
  if (before === 'several' || before.name !== own.name) return 'several';
  return before.version === own.version ? own : { name: own.name, version: undefined };
}

const texts = /^m\/([^/@]+\/[^/@]+?)(?:@([^/@]+?))?\.mld(?:\.md)?$/;
const records = /^modules\/([^/]+\/[^/]+)\/([^/]+)\.json$/;

/** What today's mlld asks for: `m/alice/strings@1.2.0.mld`, `modules/alice/strings/1.2.0.json`. */
function textOf(
  file: string,
  { latest, versions }: { latest: ReadonlyMap<ModuleName, string>; versions: ReadonlySet<string> },
): Installed | undefined {
  const [, pair, version] = texts.exec(file) ?? records.exec(file) ?? [];
  const name = `@${pair ?? ''}`;
  if (pair === undefined || !isModuleName(name)) return undefined;
  const meant = version ?? latest.get(name);
  return meant !== undefined && isVersion(meant) && versions.has(`${name}@${meant}`)
    ? { name, version: meant }
    : undefined;
}

const mostTarget = 2048;

/** The path below the base, without query; undefined for what is elsewhere. */
function pathIn(target: string, base: string): string | undefined {
  if (target.length > mostTarget) return undefined;
  const whole = /^https?:\/\/[^/]*(\/.*)$/.exec(target)?.[1] ?? target;
  const end = whole.search(/[?#]/);
  let file = end < 0 ? whole : whole.slice(0, end);
  if (file.includes('%')) {
    try {
      file = decodeURIComponent(file);
    } catch {
      return undefined;
    }
  }
  return file.startsWith(base) ? file.slice(base.length) : undefined;
}

function* indexFiles(distribution: string): Generator<{ name: ModuleName; bytes: Uint8Array }> {
  const root = path.join(distribution, 'index');
  let authors: string[];
  try {
    authors = readdirSync(root).sort();
  } catch (cause) {
    throw new RegistryError('REGISTRY_NOT_FOUND', `'${distribution}' holds no distribution of a registry`, {
      cause,
      hint: 'Name the folder that mlld registry build wrote: --distribution dist.',
    });
  }
  for (const author of authors) {
    for (const short of readdirSync(path.join(root, author)).sort()) {
      const name = `@${author}/${short}`;
      if (isModuleName(name)) yield { name, bytes: readFileSync(path.join(root, author, short)) };
    }
  }
}
