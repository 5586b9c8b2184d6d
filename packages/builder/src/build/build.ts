/**
 * From a registry repository to its distribution (docs/spec/distribution.md). The same repository and the same kept results of
 * sources give the same bytes, built at once or step by step: no clock, no random numbers, no order of the disk.
 */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { layout, type ModuleName, type RegistryInfo } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { Finding } from '../finding.ts';
import { sortFindings } from '../finding.ts';
import { type LogOptions, type LogReport, openLog } from '../log/log.ts';
import { outputs as allOutputs } from '../outputs/list.ts';
import type { Changed, Output } from '../outputs/output.ts';
import { foreseeOutputs, renoted, runEarly } from '../outputs/run.ts';
import { type PolicyChain, readPolicyChain } from '../policy/read.ts';
import { openRepository, type Repository } from '../repository/read.ts';
import { openStatements, statementFolders } from '../repository/statements.ts';
import { askSources } from '../sources/ask.ts';
import type { Fetch } from '../sources/download.ts';
import { type SourceJob, sourceJob } from '../sources/job.ts';
import { type SourceStore, sourceStore } from '../sources/result.ts';
import type { ZoneOptions } from '../zone/zone-file.ts';
import { prepareAggregates } from './aggregate.ts';
import { type Catalog, openCatalog } from './catalog.ts';
import { emitAll, emitChanges, type Job } from './emit.ts';
import type { BegunGit } from './git.ts';
import { clearIntent, lockState, readIntent, writeIntent } from './lock.ts';
import { assertDistribution, markOf, type Plan, pendingModules, planChanges } from './plan.ts';
import type { RenderContext } from './render.ts';
import { scanRepository } from './scan.ts';
import { emptyState, listIn, newestOf, prepareTables, readState, type State, writeState } from './state.ts';
import { isDamage } from './table-file.ts';
import { compressorVersion, openWriter, temporaryFolder, type WriteCounts } from './writer.ts';

export interface BuildOptions {
  /** Folder of the distribution: new, empty, or made by an earlier build. */
  readonly out: string;
  /** Folder for what a later build may use again; default `<out>.state`. Must not be published. */
  readonly state?: string | undefined;
  /** In a work tree of git, look for what was committed since the last build and for nothing else. */
  readonly committed?: boolean | undefined;
  /** What git was asked about the repository's folder before this was loaded (`beginGit` of `@mlld/builder/git`). */
  readonly git?: BegunGit | undefined;
  /** Ask no source: use what is kept. */
  readonly offline?: boolean | undefined;
  /** Render everything, whatever the state says. */
  readonly full?: boolean | undefined;
  /** For a repository that has no registry.json. */
  readonly info?: RegistryInfo | undefined;
  readonly zone?: Pick<ZoneOptions, 'nameServers' | 'hostmaster' | 'ttl' | 'serial'> | undefined;
  /** How the log is kept; without it the build has none. */
  readonly log?: LogOptions | undefined;
  readonly fetch?: Fetch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined;
  /** What is made beside the index, proofs, contents and lists; default: all there are. */
  readonly outputs?: readonly Output[] | undefined;
  /** Modules from which on a full build uses threads; default 500. */
  readonly parallelFrom?: number | undefined;
  /** Milliseconds before a source is asked again. */
  readonly backoffMs?: number | undefined;
}

export interface BuildProgress {
  readonly step: 'read' | 'sources' | 'render' | 'write';
  readonly done: number;
  readonly total: number;
  /** What was just done. */
  readonly what?: string;
}

export interface BuildReport extends WriteCounts {
  readonly info: RegistryInfo;
  readonly modules: number;
  readonly releases: number;
  /** Releases by what their sources gave. */
  readonly checked: {
    readonly match: number;
    readonly mismatch: number;
    readonly unreachable: number;
    readonly unchecked: number;
  };
  /** Modules that were rendered: all of them in a full build. */
  readonly rendered: number;
  readonly full: boolean;
  /** Releases whose sources were asked. */
  readonly asked: number;
  /** Time of the newest statement. */
  readonly newest: string;
  readonly log: LogReport;
  readonly findings: readonly Finding[];
}

/** @throws RegistryError REGISTRY_NOT_FOUND, LOCK_BUSY, USAGE, IO; whatever is wrong with a module is a finding instead */
export async function build(folder: string, options: BuildOptions): Promise<BuildReport> {
  const out = path.resolve(options.out);
  const stateFolder = path.resolve(options.state ?? `${out}.state`);
  assertDistribution(out);
  const repository = openRepository(path.resolve(folder), { info: options.info });
  const unlock = lockState(stateFolder);
  const run = { folder: path.resolve(folder), out, stateFolder, repository, options };
  try {
    return await buildLocked(run);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const anew = openRepository(run.folder, { info: options.info });
    return await buildLocked({
      ...run,
      repository: anew,
      options: { ...options, git: undefined, full: true },
    });
  } finally {
    unlock();
  }
}

interface Run {
  readonly folder: string;
  readonly out: string;
  readonly stateFolder: string;
  readonly repository: Repository;
  readonly options: BuildOptions;
}

async function buildLocked(run: Run): Promise<BuildReport> {
  const { folder, out, stateFolder, repository, options } = run;
  const { info } = repository;
  const outputs = options.outputs ?? allOutputs;
  const outputNames = outputs.map(({ name }) => name);
  const reads = [...new Set([...statementFolders, ...outputs.flatMap((one) => one.reads ?? [])])];
  // Git looks while this thread reads what the last build knew.
  let kept: { readonly state: State | undefined } | undefined;
  const lastState = () => {
    kept ??= { state: options.full === true ? undefined : readState(stateFolder, outputNames) };
    return kept.state;
  };
  const scanning = scanRepository({
    folder,
    repository,
    reads,
    last: lastState,
    committed: options.committed ?? false,
    git: options.git,
  });
  const policies = readPolicyChain(repository.tree, info.name);
  const log = openLog({ repository, policies, out, stateFolder, options: options.log });
  const logged = 'append' in log;
  const engine = engineOf(run, { outputs, policies, logged });
  const old = lastState();
  const intent = readIntent(stateFolder);
  const store = sourceStore(stateFolder);
  const policy = policies?.policy;
  const statements = openStatements({
    tree: repository.tree,
    info,
    keysOf: repository.keysOf,
    policies: policies?.policies ?? [],
  });
  const catalog = openCatalog(repository, store, { logged });
  foresee((await scanning.likely).modules, { repository, catalog, outputs, state: old });
  const scan = await scanning.whole;
  const changes = await planChanges({ out, engine, state: old, intent, scan });
  if (logged) log.assertKept(changes);
  const asked = await ask(run, { plan: changes, state: old, store, catalog });
  mkdirSync(out, { recursive: true });
  const fresh = readdirSync(out).every((name) => name === temporaryFolder);
  const isFull = changes === undefined || old === undefined;
  const state = isFull ? emptyState(stateFolder, outputNames) : old;
  const all = isFull || intent !== undefined;
  if (all) for (const rows of state.outputs.values()) rows.clear();
  const facts = { info, policy, repository, statements, read: catalog.read };
  const early = await runEarly({ outputs, facts, state, changed: changedOf(all ? undefined : changes) });
  const plan = isFull
    ? undefined
    : {
        ...changes,
        modules: new Set([...changes.modules, ...asked.modules, ...renoted(state, early.notes)]),
      };
  const writer = openWriter(out, { distrust: isFull, fresh });
  const context: RenderContext = {
    repository,
    catalog,
    bytesOf: (hash) => store.bytes(hash),
    notes: early.notes,
  };
  const job: Job = {
    folder,
    parallel: repository.names().length >= (options.parallelFrom ?? 500),
    out,
    stateFolder,
    info,
    zone: options.zone ?? {},
    context,
    scan,
    state,
    writer,
    outputs,
    early,
    facts,
    begun: intent === 'all' || intent === undefined ? [] : intent.outputs,
    interrupted: intent !== undefined,
    log: logged ? log : undefined,
    fresh,
    distrust: isFull,
    onProgress: (progress) => {
      options.signal?.throwIfAborted();
      options.onProgress?.(progress);
    },
  };
  const emitted = plan === undefined ? await emitAll(job) : await emitChanges(job, plan);
  const logFiles = logged ? [layout.checkpoint, layout.head] : [];
  await finish(job, { engine, files: [...emitted.lists, ...logFiles] });
  return {
    ...summary(state, [...repository.findings, ...statements.findings]),
    ...writer.counts(),
    info,
    rendered: emitted.rendered,
    full: plan === undefined,
    asked: asked.count,
    newest: newestOf(state),
    log: logged ? log.report() : { kept: false, ...log },
  };
}

interface ForeseeInput {
  readonly repository: Repository;
  readonly catalog: Catalog;
  readonly outputs: readonly Output[];
  readonly state: State | undefined;
}

/** Reads what will most likely be rendered, and what is kept of all else where that goes into. */
function foresee(likely: ReadonlySet<ModuleName>, { repository, catalog, outputs, state }: ForeseeInput) {
  catalog.foresee(likely);
  if (likely.size === 0 || state === undefined) return;
  prepareTables(state);
  prepareAggregates(state);
  foreseeOutputs({ outputs, facts: { info: repository.info, repository }, state });
}

interface EngineInput {
  readonly outputs: readonly Output[];
  readonly policies: PolicyChain | undefined;
  readonly logged: boolean;
}

/** Everything beside the statements about modules that decides what is written. */
function engineOf({ repository, options }: Run, { outputs, policies, logged }: EngineInput): string {
  const versions = outputs.map(({ name, version }) => [name, version]);
  const policy = policies?.chain.at(-1)?.statement;
  return sha256(
    JSON.stringify([repository.info, options.zone ?? {}, compressorVersion, logged, policy, versions]),
  );
}

function changedOf(plan: Plan | undefined): Changed {
  const none = new Set<never>();
  if (plan === undefined) return { all: true, modules: none, authors: none, paths: none };
  return { all: false, modules: plan.modules, authors: plan.authors, paths: plan.others };
}

interface AskInput {
  readonly plan: Plan | undefined;
  readonly state: State | undefined;
  readonly store: SourceStore;
  readonly catalog: Catalog;
}

/** Asks the sources of what is new and of what was not reached before. Returns the modules that may have new results. */
async function ask(run: Run, { plan, state, store, catalog }: AskInput) {
  const { repository, options } = run;
  const none = { modules: [] as ModuleName[], count: 0 };
  if (options.offline === true) return none;
  const names =
    plan === undefined || state === undefined
      ? repository.names()
      : [...new Set([...plan.modules, ...pendingModules(state)])];
  const jobs: SourceJob[] = [];
  const modules: ModuleName[] = [];
  for (const name of names) {
    const before = jobs.length;
    for (const read of catalog.read(name).releases) {
      const result = store.result(read.sha256);
      if (result === undefined || (result.state === 'unreachable' && result.again))
        jobs.push(sourceJob(name, read));
    }
    if (jobs.length > before) modules.push(name);
  }
  if (jobs.length === 0) return none;
  // Should this process end now, results are kept that the state knows nothing of.
  writeIntent(run.stateFolder, 'all');
  await askSources(jobs, {
    store,
    fetch: options.fetch,
    signal: options.signal,
    backoffMs: options.backoffMs,
    onDone: (done, total, { what }) => options.onProgress?.({ step: 'sources', done, total, what }),
  });
  return { modules, count: jobs.length };
}

interface Finish {
  readonly engine: string;
  readonly files: readonly string[];
}

/** Takes away old lists of names, then writes the state, which is what makes the build count. */
async function finish(
  { out, stateFolder, scan, state, writer }: Job,
  { engine, files }: Finish,
): Promise<void> {
  for (const file of Object.keys(state.header.aggregates)) if (!files.includes(file)) writer.remove(file);
  const aggregates = Object.fromEntries(files.map((file) => [file, markOf(path.join(out, file))]));
  await scan.keep(state);
  writeState(stateFolder, state, { engine, ...scan.header, aggregates });
  writer.close();
  clearIntent(stateFolder);
}

function summary(state: State, findings: Finding[]) {
  for (const said of state.findings.values()) findings.push(...listIn<Finding>(said));
  const [releases = 0, match = 0, mismatch = 0, unreachable = 0, unchecked = 0] = state.sums.counts;
  return {
    modules: state.names.size,
    releases,
    checked: { match, mismatch, unreachable, unchecked },
    findings: sortFindings(findings),
  };
}
