/**
 * The client as a library: what the command and the runner of programs use. Making one costs nothing; what goes beyond a
 * locked and cached import is loaded when it is first called.
 */
import path from 'node:path';
import {
  type Advisory,
  type AdvisoryEntry,
  type Collection,
  type LockedMcp,
  type LockedModule,
  limits,
  type ModuleName,
  parseRef,
  userLayout,
} from '@mlld/format';
import type { AuditOptions, AuditReport } from './advisories/audit.ts';
import type { FixProposal } from './advisories/fix.ts';
import type { AdvisoryBook } from './advisories/store.ts';
import type { CacheCheck, CacheClean, CacheListing } from './cache/cache-admin.ts';
import type { Opinion } from './community/opinion.ts';
import { cacheDirOf, type Environment, findProject, userConfigPath } from './config/paths.ts';
import type { SettingOptions } from './config/settings.ts';
import type { ChangeOptions, UpdateReport } from './install/dependencies.ts';
import type { KnownIndex, ListedModule, ModuleInfo, OutdatedModule, Why } from './install/inspect.ts';
import type { InstallReport } from './install/install.ts';
import type { ReadModule } from './install/read-module.ts';
import { type LockedReader, lockedReader, type Origin, type ResolvedModule } from './lock/locked.ts';
import { nodeOps } from './node/index.ts';
import type { Confirm, NetLimits, Ops, RequestEvent } from './ops.ts';
import type { PolicyPeople } from './policy/rules.ts';
import type { LocalSearch, LocalSearchOptions } from './search/local.ts';
import type { CapabilityScanner, Session } from './session.ts';
import type { VerifyReport } from './verify/verify-module.ts';

export interface ClientOptions extends SettingOptions {
  /** Folder that the program is in. Its project is the nearest folder upwards with a lock file or a configuration. */
  readonly cwd: string;
  /** The project's folder itself, where it is known. */
  readonly root?: string;
  readonly env?: Environment;
  /** Asks the user. Without it nothing is granted that isn't granted already. */
  readonly confirm?: Confirm | undefined;
  /** Tells what new code can do, to be asked about and recorded. */
  readonly scan?: CapabilityScanner | undefined;
  /** The user agrees beforehand to what new versions can do beyond the old ones. */
  readonly agreed?: boolean | undefined;
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  readonly onWarning?: ((text: string) => void) | undefined;
  readonly limits?: Partial<NetLimits>;
  /** The world; Node's by default. */
  readonly ops?: Ops;
}

export interface ImportOptions {
  /** The file that imports; absent for the user's own program. */
  readonly from?: Origin | undefined;
  /** Resolve anew what was locked longer ago (resolve.md §4.5): `30s`, `7d`, `live`, `static`. */
  readonly ttl?: string | undefined;
}

export interface NeedOptions {
  /** What exactly it is needed for, to be shown in the question. */
  readonly detail?: string | undefined;
  /** False: the program trusts the module `always`. */
  readonly ask?: boolean;
}

export interface Client {
  readonly root: string;
  readonly cacheDir: string;
  /** An import that is locked and cached, at once; undefined for any other. Never touches the network. */
  resolveLocked(ref: string, from?: Origin): ResolvedModule | undefined;
  /** An import: locked and cached, else fetched, verified, cached and locked. */
  resolveImport(ref: string, options?: ImportOptions): Promise<ResolvedModule>;
  /**
   * Returns when a module may use a need; asks once, or not at all if the program trusts the module `always`.
   * @throws RegistryError NEED_NOT_DECLARED, NEED_NOT_GRANTED
   */
  requireNeed(origin: Origin, need: string, options?: NeedOptions): Promise<void>;
  /** Records what the user agreed to of a locked MCP server. @throws RegistryError MODULE_NOT_FOUND, LOCK_FROZEN */
  recordMcp(module: Pick<LockedModule, 'name' | 'version'>, mcp: LockedMcp): Promise<void>;
  install(options?: ChangeOptions): Promise<InstallReport>;
  add(refs: readonly string[], options?: ChangeOptions): Promise<InstallReport>;
  remove(names: readonly string[]): Promise<InstallReport>;
  /** Without names: everything. */
  update(names?: readonly string[], options?: ChangeOptions): Promise<UpdateReport>;
  outdated(): Promise<OutdatedModule[]>;
  list(): Promise<ListedModule[]>;
  why(name: string): Promise<Why[]>;
  info(ref: string): Promise<ModuleInfo>;
  /** All that the registry says about a module, proven as for an installation, its versions newest first; no bytes are asked for. */
  index(name: string): Promise<KnownIndex>;
  /** Searches the default registry from a copy of its index in the cache, which is brought up to date when it is not fresh. */
  search(options?: LocalSearchOptions): Promise<LocalSearch>;
  /** Where the pages of a module's registry are published, ending in `/`; undefined where it does not say, and is no web site. */
  site(name?: ModuleName): Promise<string | undefined>;
  verify(ref: string): Promise<VerifyReport>;
  /** Without names: everything that is locked. */
  verifyAll(refs?: readonly string[]): Promise<VerifyReport[]>;
  /** What people say about a version, weighed by the user's own roots, and its score; evidence as the index says. */
  opinion(ref: string): Promise<Opinion>;
  /** What is locked, held against the advisories in the cache. Asks a registry only if nothing is known of it, or to refresh. */
  audit(options?: AuditOptions): Promise<AuditReport>;
  /** The statement of an advisory of the default registry; undefined where it can't be had. */
  advisoryStatement(entry: AdvisoryEntry): Promise<Advisory | undefined>;
  /** The files of a locked version as they are in the cache; undefined if one is not. Asks nobody. */
  cachedFiles(locked: LockedModule): Promise<ReadonlyMap<string, Uint8Array> | undefined>;
  /** The smallest updates without a known vulnerability: planned, then made. */
  planFixes(report: AuditReport): Promise<FixProposal[]>;
  applyFixes(report: AuditReport, proposals: readonly FixProposal[]): Promise<InstallReport>;
  /** All advisories of the default registry: as kept, or asked for. */
  advisories(options?: AuditOptions): Promise<AdvisoryBook>;
  /** Lists of modules that people of the default registry recommend, verified. */
  collections(): Promise<readonly Collection[]>;
  /** The files of a version, to be read and not to be run; nothing is locked. */
  read(ref: string): Promise<ReadModule>;
  /**
   * Returns when the registry of every locked module shows a state that is fresh enough: as the option `requireFresh` says, and without
   * it at once. @throws RegistryError STALE, UNREACHABLE, and what checking the log throws
   */
  assertFresh(): Promise<void>;
  /** The people whom the user's policies name: the roots of reputation, and whom to leave out; for one module with its scopes. */
  people(name?: ModuleName): Promise<PolicyPeople>;
  readonly cache: {
    list(): Promise<CacheListing>;
    verify(): Promise<CacheCheck>;
    clean(options: { readonly olderThanMs: number }): Promise<CacheClean>;
  };
  /** Ends what is under way and lets the process end. */
  close(): void;
}

export interface ImportOptions {
  /** The file of a module that the import stands in; the program itself without it. */
  readonly from?: Origin | undefined;
  /** How old a resolution may be: `30s`, `5m`, `1h`, `7d`, `2w`, `live` (none), `static` (for ever: the default). */
  readonly ttl?: string | undefined;
}

export function createClient(options: ClientOptions): Client {
  const ops = options.ops ?? nodeOps();
  const env = options.env ?? process.env;
  const root = options.root ?? findProject(ops.files, options.cwd);
  const cacheDir = cacheDirOf({ cwd: options.cwd, env }, options);
  const reader = lockedReader(ops, { lockPath: path.join(root, userLayout.lock), cacheDir });
  let opened: Promise<Session> | undefined;
  const session = () => {
    opened ??= openOnline({ options, ops, env, root });
    return opened;
  };
  const blocks = blockingPolicies(ops, [path.join(root, userLayout.config), userConfigPath(env)]);
  const admin = () => import('./cache/cache-admin.ts');
  const inspect = () => import('./install/inspect.ts');
  const dependencies = () => import('./install/dependencies.ts');
  return {
    root,
    cacheDir,
    resolveLocked: (ref, from) => (blocks.may() ? undefined : reader.resolve(ref, from)),
    resolveImport: async (ref, { from, ttl } = {}) => {
      const kept =
        (ttl === undefined || ttl === 'static') && !blocks.may() ? reader.resolve(ref, from) : undefined;
      return kept ?? importOnline(reader, session, { ref, from, ttl });
    },
    requireNeed: async (origin, need, { ask = true, detail } = {}) => {
      const { requireNeed } = await import('./install/consent.ts');
      await requireNeed(
        { ops, root, confirm: options.confirm, frozen: options.frozen ?? false },
        { origin, need, detail, ask },
      );
    },
    recordMcp: async (module, mcp) => {
      const { recordMcp } = await import('./install/consent.ts');
      await recordMcp({ ops, root, frozen: options.frozen ?? false }, module, mcp);
    },
    install: async (change) => (await dependencies()).installAll(await session(), change),
    add: async (refs, change) => (await dependencies()).add(await session(), refs, change),
    remove: async (names) => (await dependencies()).remove(await session(), names),
    update: async (names, change) => (await dependencies()).update(await session(), names, change),
    outdated: async () => (await inspect()).outdated(await session()),
    list: async () => (await inspect()).list(await session()),
    why: async (name) => (await inspect()).why(await session(), name),
    search: async (choice) => {
      const [{ openLocalSearch }, settings] = await Promise.all([
        import('./search/local.ts'),
        readAll({ options, ops, env, root }).then((read) => read.settings),
      ]);
      return openLocalSearch({ ops, settings, session }, choice);
    },
    site: async (name) => {
      const { registry, registryOf } = await session();
      return (name === undefined ? registry() : registryOf(name)).site();
    },
    info: async (ref) => (await inspect()).info(await session(), ref),
    index: async (name) => (await inspect()).knownIndex(await session(), name),
    audit: async (choice = {}) =>
      (await import('./advisories/audit.ts')).auditProject(await session(), choice),
    advisoryStatement: async (entry) =>
      (await import('./advisories/audit.ts')).advisoryStatement(await session(), entry),
    cachedFiles: async (locked) =>
      (await import('./advisories/audit.ts')).cachedFiles(await session(), locked),
    planFixes: async (report) => (await import('./advisories/fix.ts')).planFixes(await session(), report),
    applyFixes: async (report, proposals) =>
      (await import('./advisories/fix.ts')).applyFixes(await session(), report, proposals),
    advisories: async (choice = {}) =>
      (await import('./advisories/audit.ts')).registryBook(await session(), choice),
    opinion: async (ref) => (await import('./community/of-ref.ts')).opinionOfRef(await session(), ref),
    verify: async (ref) => (await import('./verify/verify-module.ts')).verifyModule(await session(), ref),
    verifyAll: async (refs) =>
      (await import('./verify/verify-module.ts')).verifyModules(await session(), refs),
    assertFresh: async () => {
      // A locked program that asks for nothing fresh needs none of what is behind this.
      if (options.requireFresh === undefined) return;
      const { assertFresh } = await import('./policy/fresh.ts');
      await assertFresh(await session());
    },
    people: async (name) => {
      const [{ namedPeople }, { settings }] = await Promise.all([import('./policy/rules.ts'), session()]);
      return namedPeople(settings.policies, name);
    },
    collections: async () => (await import('./community/collections.ts')).collectionsOf(await session()),
    read: async (ref) => (await import('./install/read-module.ts')).readModuleFiles(await session(), ref),
    cache: {
      list: async () => (await admin()).listCache(ops, cacheDir),
      verify: async () => (await admin()).verifyCache(ops, cacheDir),
      clean: async (choice) => (await admin()).cleanCache(ops, cacheDir, choice),
    },
    close: () => ops.close(),
  };
}

async function importOnline(
  reader: LockedReader,
  session: () => Promise<Session>,
  { ref, from, ttl }: ImportOptions & { readonly ref: string },
): Promise<ResolvedModule> {
  const opened = await session();
  // The rest of the code is loaded while the first answers are on their way.
  if (from === undefined && askAhead(opened, reader, ref)) {
    await opened.net.ops.sleep(0);
    const { warmUp } = await import('./install/warm-up.ts');
    warmUp(opened);
  }
  const { importModule } = await import('./install/import-module.ts');
  return importModule(opened, reader, { ref, from, ttl });
}

/**
 * Starts the first round of what the program imports, if nothing of the name is locked. Returns whether it did. @throws
 * RegistryError BAD_REF, BAD_NAME
 */
function askAhead({ net, settings, registryOf }: Session, reader: LockedReader, ref: string): boolean {
  const { name } = parseRef(ref);
  if (net.offline || settings.frozen || reader.lock().modules.has(name)) return false;
  registryOf(name)
    .index(name)
    .catch(() => {});
  return true;
}

/**
 * Whether a configuration may block modules: then even what is locked and cached takes the way that reads it. The hot path looks for
 * one word and parses nothing.
 */
function blockingPolicies({ files }: Ops, places: readonly string[]): { may(): boolean } {
  let known: boolean | undefined;
  return {
    may: () => {
      known ??= places.some((place) => {
        const bytes = files.read(place, limits.configBytes);
        return bytes !== undefined && /"(?:blocked|onlyTrusted|\\u)/.test(new TextDecoder().decode(bytes));
      });
      return known;
    },
  };
}

interface Opening {
  readonly options: ClientOptions;
  readonly ops: Ops;
  readonly env: Environment;
  readonly root: string;
}

/** The settings that count here, and the user's own configuration. */
async function readAll({ options, ops, env, root }: Opening) {
  const { readConfig, readPolicies, readSettings, readUserConfig } = await import('./config/settings.ts');
  const config = readConfig(ops.files, root);
  const policies = readPolicies(ops.files, config, { root, env });
  const settings = readSettings(config, { root, cwd: options.cwd, env }, { ...options, policies });
  return { settings, userConfig: readUserConfig(ops.files, { env, root }) };
}

async function openOnline(opening: Opening): Promise<Session> {
  const { options, ops, env } = opening;
  const [{ openSession }, { netLimits }, { proxiesOf }, { tokensOf }, read] = await Promise.all([
    import('./session.ts'),
    import('./fetch/net.ts'),
    import('./fetch/proxy.ts'),
    import('./fetch/tokens.ts'),
    readAll(opening),
  ]);
  const { settings, userConfig } = read;
  const net = {
    ops,
    limits: netLimits(options.limits),
    offline: settings.offline,
    proxyFor: proxiesOf(env),
    authorizationFor: tokensOf(env, userConfig),
    onRequest: options.onRequest ?? (() => {}),
    warn: options.onWarning ?? (() => {}),
  };
  const { scan, agreed } = options;
  // Whether there is someone to ask is found out when there is something to ask.
  const agreement = {
    scan,
    agreed,
    get confirm() {
      return options.confirm;
    },
  };
  return openSession(net, settings, agreement);
}
