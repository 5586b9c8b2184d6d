/** Renders modules and writes what came of it, in an order in which every file's references are there before it is. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { encodeRegistryInfo, layout, type ModuleName, type RegistryInfo, type Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { statementsOf } from '../log/gather.ts';
import type { BuildLog } from '../log/log.ts';
import { type Each, openEach, threadedOutputs } from '../outputs/each.ts';
import type { Changed, Output } from '../outputs/output.ts';
import { type EarlyOutputs, type OutputsInput, putFiles, putLate } from '../outputs/run.ts';
import type { ZoneOptions } from '../zone/zone-file.ts';
import { type Aggregates, aggregates } from './aggregate.ts';
import type { BuildProgress } from './build.ts';
import { encodeCandidates } from './catalog.ts';
import { writeIntent } from './lock.ts';
import { putAuthor } from './part.ts';
import { openParts, type PartsInput } from './parts.ts';
import { dependentsOf, type Plan } from './plan.ts';
import { type RenderContext, type Rendered, renderModule } from './render.ts';
import type { Scan } from './scan.ts';
import {
  cell,
  column,
  encodeModule,
  forgetAuthor,
  forgetModule,
  keepAuthor,
  keepModule,
  listIn,
  type State,
} from './state.ts';
import { sweep, sweepPlaces } from './sweep.ts';
import type { Writer } from './writer.ts';

export interface Job {
  /** The repository's folder. */
  readonly folder: string;
  /** Large work is shared with threads, where there are processors for them. */
  readonly parallel: boolean;
  readonly out: string;
  readonly stateFolder: string;
  readonly info: RegistryInfo;
  readonly zone: Partial<ZoneOptions>;
  readonly context: RenderContext;
  readonly scan: Scan;
  /** Becomes the new state. */
  readonly state: State;
  readonly writer: Writer;
  /** Files that an interrupted build may have written. */
  readonly begun: readonly string[];
  /** Whether a build was interrupted, whatever it had written: nothing that is there is then taken as it is. */
  readonly interrupted: boolean;
  readonly log: BuildLog | undefined;
  readonly outputs: readonly Output[];
  readonly early: EarlyOutputs;
  readonly facts: OutputsInput['facts'];
  /** Nothing was there before. */
  readonly fresh: boolean;
  /** What is there is compared before it is left as it is. */
  readonly distrust: boolean;
  readonly onProgress: (progress: BuildProgress) => void;
}

export interface Emitted {
  /** Modules that were rendered. */
  readonly rendered: number;
  /** Files about all modules. */
  readonly lists: readonly string[];
}

/** What waits until all that it speaks of is written. */
interface Waiting {
  /** Index files, and what else changes with each version. */
  readonly heads: Map<string, Uint8Array | string>;
  /** Proof bundles, to which the log adds its proofs. */
  readonly bundles: Map<string, Uint8Array | string>;
  readonly hashes: Map<ModuleName, Sha256Hex | undefined>;
}

const nothingWaits = (): Waiting => ({ heads: new Map(), bundles: new Map(), hashes: new Map() });

/** Renders every module, and removes whatever no module has. */
export async function emitAll(job: Job): Promise<Emitted> {
  const { context, scan, state, writer, log, early } = job;
  writeIntent(job.stateFolder, 'all');
  scan.lookAtAll();
  const names = context.repository.names();
  const kept = new Set<string>();
  await markFolder(job);
  for (const files of early.files) await putFiles(files, { writer, kept });
  await writer.flush();
  const { parts, counts, close } = openParts(partsInput(job));
  try {
    const progress = progressOf(job, names.length);
    const read = await Promise.all(parts.map((part) => part.read(progress('read'))));
    for (const rows of read.flatMap(({ authors }) => authors)) keepAuthor(state, rows);
    for (const { candidates } of read)
      for (const [name, text] of candidates) state.candidates.set(name, text);
    for (const { verified } of read)
      for (const [release, keyset] of verified) context.repository.verified.set(release, keyset);
    const modules = read.flatMap(({ statements }) => statements);
    log?.gather({ modules, statements: job.facts.statements }, undefined);
    const waiting = nothingWaits();
    const each = new Map(threadedOutputs(job.outputs).map((output) => [output, new Map<string, string>()]));
    const rendered = await Promise.all(
      parts.map((part, i) => {
        const others = read
          .filter((_, at) => at !== i)
          .map(({ candidates, released }) => ({ candidates, released }));
        return part.render({ others, notes: early.notes }, progress('render'));
      }),
    );
    for (const one of rendered) {
      for (const rows of one.modules) keepModule(state, rows);
      for (const [name, hash] of one.hashes) waiting.hashes.set(name, hash);
      for (const [file, text] of one.bundles) waiting.bundles.set(file, text);
      for (const [output, name, text] of one.each) each.get(output)?.set(name, text);
    }
    const finish = async () => {
      const finished = await Promise.all(parts.map((part) => part.finish()));
      for (const one of counts(finished)) writer.add(one);
      // It takes a while to end a thread: outputs leave a processor free for that.
      close().catch(() => {});
    };
    const changed = { all: true, modules: nothing, authors: nothing, paths: nothing };
    const about = await putWaiting({ ...job, interrupted: true }, { waiting, changed, kept, finish, each });
    for (const file of about.files.keys()) kept.add(file);
    if (!job.fresh) sweepAll(job, kept);
    return { rendered: names.length, lists: [...about.files.keys()] };
  } finally {
    await close();
  }
}

function partsInput(job: Job): PartsInput {
  const { folder, out, stateFolder, info, context, writer, log, distrust, fresh } = job;
  const { repository, bytesOf: bytes } = context;
  const each = threadedOutputs(job.outputs);
  return {
    share: { names: repository.names(), authors: repository.authors() },
    threads: job.parallel,
    context: {
      ...context,
      writer,
      logged: log !== undefined,
      openEach: (modules) => openEach(each, { repository, bytes, modules }),
    },
    task: { folder, info, out, stateFolder, each },
    writer: { distrust, fresh },
  };
}

function progressOf({ onProgress }: Job, total: number) {
  return (step: 'read' | 'render') => {
    let done = 0;
    return (what: string) => onProgress({ step, done: ++done, total, what });
  };
}

/** Takes away what is neither kept nor of a module or author. */
function sweepAll({ out, outputs, state: { modules, authors }, writer }: Job, kept: Set<string>): void {
  for (const row of modules.values())
    for (const file of listIn<string>(cell(row, column.outputs))) kept.add(file);
  for (const files of authors.values()) for (const file of listIn<string>(files)) kept.add(file);
  sweep(out, { kept, ...places(outputs) }, (file) => writer.remove(file));
}

const nothing: ReadonlySet<never> = new Set();

/** Where outputs write. */
function places(outputs: readonly Output[]) {
  const owned = outputs.flatMap(({ owns }) => owns);
  return {
    folders: owned.filter((place) => place.endsWith('/')).map((place) => place.slice(0, -1)),
    files: owned.filter((place) => !place.endsWith('/')),
  };
}

interface End {
  readonly waiting: Waiting;
  readonly changed: Changed;
  /** Files that are there after this build. */
  readonly kept: Set<string>;
  /** What threads made for outputs. */
  readonly each?: Each;
  /** Writes index files that wait elsewhere. */
  readonly finish?: () => Promise<void>;
}

/** The end of a build, in an order in which nothing speaks of what is not there yet. */
async function putWaiting(
  job: Job,
  { waiting, changed, kept, finish, each = new Map() }: End,
): Promise<Aggregates> {
  const { state, writer, log, interrupted, context } = job;
  const { heads, bundles, hashes } = waiting;
  const about = aggregates(state, job.info, { zone: job.zone, logged: log !== undefined });
  await writer.flush();
  await log?.append({ writer, state, hashes, bundles, newest: about.newest, begun: interrupted });
  await putAll(writer, heads);
  await finish?.();
  // Compressed while outputs are made: nothing that comes before `head` speaks of them.
  for (const [file, content] of about.files) await writer.put(file, content);
  const onOutput = (what: string, done: number, total: number) =>
    job.onProgress({ step: 'write', done, total, what });
  const late = { ...job, changed, render: context, newest: about.newest, each, onOutput };
  await putLate(late, { writer, kept });
  await log?.publish(writer);
  return about;
}

async function renderPlanned({ context, state }: Job, { modules }: Plan): Promise<Map<ModuleName, Rendered>> {
  const rendered = new Map<ModuleName, Rendered>();
  const { catalog } = context;
  catalog.give({ get: (name) => (modules.has(name) ? undefined : state.candidates.get(name)) });
  for (const name of modules) rendered.set(name, await renderModule(name, context));
  const fresh = new Map([...rendered].map(([name, one]) => [name, one.state]));
  for (const name of dependentsOf(state, fresh)) rendered.set(name, await renderModule(name, context));
  return rendered;
}

/** Renders what changed and what depends on it; removes what only those modules had. */
export async function emitChanges(job: Job, plan: Plan): Promise<Emitted> {
  const { state, writer, begun, interrupted, log } = job;
  const rendered = await renderPlanned(job, plan);
  const { catalog, repository } = job.context;
  const modules = [...plan.modules].flatMap((name) => statementsOf(catalog.read(name), repository.info));
  log?.gather({ modules, statements: job.facts.statements }, plan);
  if (rendered.size + plan.authors.size + plan.others.size === 0 && !interrupted && log?.isDue !== true)
    return { rendered: 0, lists: Object.keys(state.header.aggregates) };
  const before = [
    ...[...rendered.keys()].flatMap((name) => outputsOf(state.modules.get(name))),
    ...[...plan.authors].flatMap((author) => authorOutputs(state, author)),
    ...begun,
  ];
  const after = new Set([...rendered.values()].flatMap(({ outputs }) => [...outputs.keys()]));
  const stale = new Set(before.filter((file) => !after.has(file)));
  writeIntent(job.stateFolder, {
    modules: [...rendered.keys()],
    authors: [...plan.authors],
    outputs: [...stale, ...after],
  });
  const waiting = nothingWaits();
  for (const author of plan.authors) await putChangedAuthor(job, author, { kept: after, waiting });
  for (const files of job.early.files) await putFiles(files, { writer, kept: after });
  for (const [name, one] of rendered) {
    await putModule(job, one, waiting);
    if (one.outputs.size === 0 && one.state.findings.length === 0) forgetModule(state, name);
    else {
      keepModule(state, encodeModule(one.state));
      state.candidates.set(name, encodeCandidates(await catalog.module(name)));
    }
    job.onProgress({ step: 'render', done: waiting.hashes.size, total: rendered.size, what: name });
  }
  const { authors, others: paths } = plan;
  const changed = interrupted
    ? { all: true, modules: nothing, authors: nothing, paths: nothing }
    : { all: false, modules: new Set(rendered.keys()), authors, paths };
  const about = await putWaiting(job, { waiting, changed, kept: after });
  for (const file of stale) if (!after.has(file) && !isOwned(state, file)) writer.remove(file);
  if (interrupted)
    sweepPlaces(job.out, { kept: after, ...places(job.outputs) }, (file) => writer.remove(file));
  return { rendered: rendered.size, lists: [...about.files.keys()] };
}

/** Whether some module or author has the file now. Contents and proofs may be anybody's, all else is in a place of its own. */
function isOwned(state: State, file: string): boolean {
  const [top = '', author = '', rest = ''] = file.split('/');
  if (top === 'blob' || top === 'proof') {
    for (const name of state.modules.having(JSON.stringify(file)))
      if (outputsOf(state.modules.get(name)).includes(file)) return true;
    return false;
  }
  if (top === 'authors') return authorOutputs(state, author).includes(file);
  const name = `@${author}/${top === 'm' ? rest.replace(/(?:@.*)?\.mld(?:\.md)?$/, '') : rest}` as ModuleName;
  return outputsOf(state.modules.get(name)).includes(file);
}

function outputsOf(row: string | undefined): readonly string[] {
  return row === undefined ? [] : listIn<string>(cell(row, column.outputs));
}

function authorOutputs(state: State, author: string): readonly string[] {
  return listIn<string>(state.authors.get(author) ?? '');
}

/** A new folder says first what it is: an interrupted build leaves one that the next may write into. */
async function markFolder({ info, out, writer }: Job): Promise<void> {
  if (existsSync(path.join(out, layout.registry))) return;
  await writer.put(layout.registry, encodeRegistryInfo(info));
  await writer.flush();
}

/** Writes what an index file points at; the rest waits. */
async function putModule({ writer, log }: Job, { outputs, state }: Rendered, waiting: Waiting) {
  for (const [file, content] of outputs) {
    if (file.startsWith('index/') || file.startsWith('m/')) waiting.heads.set(file, content);
    else if (file.startsWith('proof/') && log !== undefined) waiting.bundles.set(file, content);
    else await writer.put(file, content);
  }
  const index = log && outputs.get(layout.index(state.name));
  waiting.hashes.set(state.name, index === undefined ? undefined : sha256(index));
}

async function putAll(writer: Writer, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  for (const [file, content] of files) await writer.put(file, content);
  await writer.flush();
}

async function putChangedAuthor(
  job: Job,
  author: string,
  { kept, waiting }: { readonly kept: Set<string>; readonly waiting: Waiting },
): Promise<void> {
  const { context, state, writer } = job;
  const bundle = (file: string, text: string) => void waiting.bundles.set(file, text);
  const row = await putAuthor(author, { ...context, writer, bundle });
  if (row === undefined) forgetAuthor(state, author);
  else keepAuthor(state, row);
  for (const file of authorOutputs(state, author)) kept.add(file);
}
