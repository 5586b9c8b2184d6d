/** What tells about a program's modules and changes nothing: outdated, list, why, info (docs/spec/resolve.md §9). */
import {
  besideKey,
  compareVersions,
  type IndexHeader,
  type IndexVersion,
  isRegistryError,
  type Lock,
  type LockedModule,
  type ModuleName,
  nearest,
  parseModuleName,
  parseRef,
  parseSelector,
  RegistryError,
  type Selector,
} from '@mlld/format';
import { readConfig } from '../config/settings.ts';
import { filesOfLine } from '../fetch/module-files.ts';
import { readLock } from '../lock/lock.ts';
import { isDependencyOnly } from '../lock/lock-merge.ts';
import type { TakeableIndex } from '../policy/gates.ts';
import { loadProvenIndex, takeableIndex, withSuggestions } from '../resolve/resolve.ts';
import { declared } from '../resolve/roots.ts';
import { selectVersion } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { type InstallCounts, installCounts } from './installs.ts';

export interface OutdatedModule {
  readonly name: ModuleName;
  readonly current?: string;
  /** Newest that the configuration allows. */
  readonly wanted: string;
  readonly latest: string;
  readonly range: string;
  readonly deprecated?: string;
  /** Why the current version was withdrawn. */
  readonly yanked?: string;
}

/** The modules that the program asks for and that are not at their newest. One round of requests. */
export async function outdated(session: Session): Promise<OutdatedModule[]> {
  const { net, settings } = session;
  const lock = readLock(net.ops, settings.root);
  const ranges = declared(readConfig(net.ops.files, settings.root));
  for (const [key, { name, wanted }] of lock.modules)
    if (key === name && !ranges.has(name)) ranges.set(name, wanted);
  const rows = await Promise.all(
    [...ranges].map(async ([name, range]): Promise<OutdatedModule> => {
      const index = await takeableIndex(session, await loadProvenIndex(session, name));
      const current = lock.modules.get(name)?.version;
      const yanked = current === undefined ? undefined : index.header.yanked.get(current);
      return {
        name,
        range,
        ...(current === undefined ? {} : { current }),
        wanted: usableVersion(index, parseSelector(range)) ?? current ?? '-',
        latest: usableVersion(index, { kind: 'any' }) ?? '-',
        ...(index.header.deprecated === undefined ? {} : { deprecated: index.header.deprecated.message }),
        ...(yanked === undefined ? {} : { yanked }),
      };
    }),
  );
  return rows
    .filter(
      ({ current, wanted, latest, yanked }) =>
        current !== wanted || current !== latest || yanked !== undefined,
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const notTaken: ReadonlySet<string> = new Set([
  'YANKED',
  'VERSION_NOT_FOUND',
  'BLOCKED',
  'TOO_NEW',
  'CAPABILITY_DENIED',
]);

/** Undefined where every version that is meant was withdrawn: a remark of the row, and no failure of the table. */
function usableVersion(index: TakeableIndex, selector: Selector): string | undefined {
  try {
    return selectVersion(index, selector).version;
  } catch (error) {
    if (isRegistryError(error) && notTaken.has(error.code)) return undefined;
    throw error;
  }
}

export interface ListedModule {
  readonly name: ModuleName;
  readonly version: string;
  readonly wanted: string;
  /** Whether the program itself asks for it. */
  readonly direct: boolean;
  readonly registry: string;
  readonly evidence: number;
  readonly needs: readonly string[];
  readonly granted: readonly string[];
  readonly imports: readonly string[];
  /** Whether all of its files are in the cache, undamaged. */
  readonly cached: boolean;
}

/** Everything that is locked. No network. */
export function list({ net, settings, cache }: Session): ListedModule[] {
  return [...readLock(net.ops, settings.root).modules]
    .map(([key, one]) => ({
      name: one.name,
      version: one.version,
      wanted: one.wanted,
      direct: !isDependencyOnly(key, one),
      registry: one.registry,
      evidence: one.evidence,
      needs: one.needs,
      granted: one.granted,
      imports: [...one.imports].map(([name, version]) => besideKey(name, version)),
      cached: [...one.files.values()].every((sha256) => cache.blob(one.registry, sha256).state === 'ok'),
    }))
    .sort((a, b) => (a.name === b.name ? compareVersions(a.version, b.version) : a.name < b.name ? -1 : 1));
}

export interface Why {
  readonly name: ModuleName;
  readonly version: string;
  /** From what the program asks for down to the module, the shortest first. */
  readonly chains: readonly (readonly string[])[];
}

/** Chains shown for one version; a module that everything imports has more than anyone reads. */
const mostChains = 20;

/** Why a module is there: for each locked version of it, who brings it in. No network. @throws RegistryError MODULE_NOT_FOUND */
export function why({ net, settings }: Session, text: string): Why[] {
  const name = parseModuleName(text);
  const lock = readLock(net.ops, settings.root);
  const found = [...lock.modules.values()].filter((one) => one.name === name);
  if (found.length > 0)
    return found.map(({ version }) => ({ name, version, chains: chainsTo(lock, name, version) }));
  const near = nearest(name, new Set([...lock.modules.values()].map((one) => one.name)));
  throw new RegistryError('MODULE_NOT_FOUND', `${name}: this program does not use it`, {
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : 'mlld list shows what it uses.',
  });
}

/** Breadth first from the module upwards: short chains come first, and a pin graph has no cycles. */
function chainsTo(lock: Lock, name: ModuleName, version: string): string[][] {
  const importers = new Map<string, string[]>();
  const direct = new Set<string>();
  for (const [key, one] of lock.modules) {
    const own = besideKey(one.name, one.version);
    if (!isDependencyOnly(key, one)) direct.add(own);
    for (const [dependency, pinned] of one.imports) {
      const to = besideKey(dependency, pinned);
      importers.set(to, [...(importers.get(to) ?? []), own].sort());
    }
  }
  const chains: string[][] = [];
  const queue: string[][] = [[besideKey(name, version)]];
  for (const chain of queue) {
    const top = chain[0]!;
    if (direct.has(top)) chains.push(chain);
    if (chains.length >= mostChains || queue.length > 100 * mostChains) break;
    for (const importer of importers.get(top) ?? [])
      if (!chain.includes(importer)) queue.push([importer, ...chain]);
  }
  return chains;
}

export interface ModuleInfo {
  readonly header: IndexHeader;
  readonly version: IndexVersion;
  /** All versions, newest first. */
  readonly versions: readonly string[];
  readonly registry: string;
  readonly locked?: LockedModule;
  /** The module's own summary: the section `tldr` of its documentation. */
  readonly summary?: string;
  /** As the registry counted them; absent where it did not. */
  readonly installs?: InstallCounts;
}

export interface KnownIndex {
  readonly header: IndexHeader;
  /** Newest first; withdrawn ones too. */
  readonly versions: readonly IndexVersion[];
  readonly registry: string;
}

/** @throws RegistryError BAD_NAME, MODULE_NOT_FOUND, … */
export async function knownIndex(session: Session, text: string): Promise<KnownIndex> {
  const name = parseModuleName(text);
  const { header, versions } = await loadProvenIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const registry = await session.registryOf(name).identity();
  return { header, versions: [...versions].sort((a, b) => compareVersions(b.version, a.version)), registry };
}

/** What a registry says about a module. @throws RegistryError MODULE_NOT_FOUND, VERSION_NOT_FOUND, … */
export async function info(session: Session, ref: string): Promise<ModuleInfo> {
  const { name, selector } = parseRef(ref);
  const index = await loadProvenIndex(session, name).catch(async (error: unknown) => {
    throw await withSuggestions(session, error);
  });
  const version = selectVersion(index, selector);
  const registry = session.registryOf(name);
  const identity = await registry.identity();
  const locked = readLock(session.net.ops, session.settings.root).modules.get(name);
  const [summary, installs] = await Promise.all([
    summaryOf(session, version, { registry, identity }),
    installCounts(session, name),
  ]);
  return {
    header: index.header,
    version,
    versions: index.versions.map((one) => one.version).sort((a, b) => compareVersions(b, a)),
    registry: identity,
    ...(locked === undefined ? {} : { locked }),
    ...(summary === undefined ? {} : { summary }),
    ...(installs === undefined ? {} : { installs }),
  };
}

/** Verified like any bytes; a module that can't be fetched right now still has all the rest of its page. */
async function summaryOf(
  session: Session,
  line: IndexVersion,
  place: Parameters<typeof filesOfLine>[2],
): Promise<string | undefined> {
  try {
    const { files } = await filesOfLine(session, line, place);
    for (const path of ['README.md', line.entry]) {
      const bytes = files.get(path);
      const section = bytes === undefined ? undefined : sectionOf(new TextDecoder().decode(bytes), 'tldr');
      if (section !== undefined) return section;
    }
  } catch (error) {
    session.net.warn(`its text can't be shown: ${error instanceof Error ? error.message : String(error)}`);
  }
  return undefined;
}

/** The text below a Markdown heading, up to the next one of its level or above. */
function sectionOf(markdown: string, title: string): string | undefined {
  const lines = markdown.split('\n');
  const start = lines.findIndex(
    (line) =>
      /^#{1,6}\s/.test(line) &&
      line
        .replace(/^#+\s+/, '')
        .trim()
        .toLowerCase() === title,
  );
  if (start < 0) return undefined;
  const level = /^#+/.exec(lines[start]!)![0].length;
  const end = lines.findIndex(
    (line, i) => i > start && /^#{1,6}\s/.test(line) && /^#+/.exec(line)![0].length <= level,
  );
  return (
    lines
      .slice(start + 1, end < 0 ? undefined : end)
      .join('\n')
      .trim() || undefined
  );
}
