/** Runs the outputs of a build (output.ts). */
import type { ModuleName } from '@mlld/format';
import { type CatalogRecord, recordOf } from '../build/record.ts';
import { describeModule, type RenderContext } from '../build/render.ts';
import { releasedModules, type State } from '../build/state.ts';
import type { Writer } from '../build/writer.ts';
import type { Asking, Each } from './each.ts';
import type {
  Changed,
  EarlyFacts,
  HeaderNotes,
  LateFacts,
  ModuleFacts,
  Output,
  OutputFile,
} from './output.ts';

export interface OutputsInput {
  readonly outputs: readonly Output[];
  /** All but the rows, which are each output's own. */
  readonly facts: Omit<EarlyFacts, 'rows'>;
  readonly state: State;
  readonly changed: Changed;
}

type ForeseenInput = Pick<OutputsInput, 'outputs' | 'state'> & {
  readonly facts: Pick<EarlyFacts, 'info' | 'repository'>;
};

export interface EarlyOutputs {
  readonly files: readonly Iterable<OutputFile>[];
  readonly notes: ReadonlyMap<ModuleName, HeaderNotes>;
}

/** Reads what a publish will need. */
export function foreseeOutputs({ outputs, facts, state }: ForeseenInput): void {
  for (const output of outputs) output.foresee?.({ ...facts, rows: rowsOf(output, { state }) });
}

export async function runEarly(input: OutputsInput): Promise<EarlyOutputs> {
  const files: Iterable<OutputFile>[] = [];
  const notes = new Map<ModuleName, HeaderNotes>();
  for (const output of input.outputs) {
    const rows = rowsOf(output, input);
    const made = await output.early?.({ ...input.facts, rows }, input.changed);
    if (made === undefined) continue;
    files.push(made.files);
    for (const [name, said] of made.notes ?? []) notes.set(name, { ...notes.get(name), ...said });
  }
  return { files, notes };
}

/** The modules of which something else is said than when they were rendered. */
export function* renoted(
  { modules, notes: kept }: Pick<State, 'modules' | 'notes'>,
  notes: ReadonlyMap<ModuleName, HeaderNotes>,
): Generator<ModuleName> {
  const before = new Map(kept.entries() as Iterable<readonly [ModuleName, string]>);
  for (const [name, said] of notes)
    if (before.get(name) !== JSON.stringify(said) && modules.get(name) !== undefined) yield name;
  for (const name of before.keys()) if (!notes.has(name)) yield name;
}

export interface PutContext {
  readonly writer: Writer;
  /** Files that are there after this build. */
  readonly kept: Set<string>;
}

export async function putFiles(
  files: Iterable<OutputFile> | AsyncIterable<OutputFile>,
  { writer, kept }: PutContext,
): Promise<void> {
  for await (const [file, content] of files) {
    if (content === undefined) writer.remove(file);
    else {
      await writer.put(file, content);
      kept.add(file);
    }
  }
}

interface LateInput {
  readonly parallel: boolean;
  readonly render: RenderContext;
  readonly newest: string;
  /** What threads made for outputs. */
  readonly each: Each;
  /** Told before each output is made. */
  readonly onOutput: (name: string, done: number, total: number) => void;
}

/** Runs what comes after the modules. `render` may load modules that were not rendered. */
export async function putLate(input: OutputsInput & LateInput, put: PutContext): Promise<void> {
  const { render, newest, state } = input;
  const record = (name: ModuleName): CatalogRecord | undefined => {
    const text = state.records.get(name);
    return text === undefined ? undefined : (JSON.parse(text) as CatalogRecord);
  };
  let sorted: readonly ModuleName[] | undefined;
  const names = () => {
    sorted ??= releasedModules(state);
    return sorted;
  };
  const module = async (name: ModuleName): Promise<ModuleFacts | undefined> => {
    const { header, versions, module: found } = await describeModule(name, render);
    const said = recordOf(found.read, { header, versions });
    return said && { header, versions, read: found.read, record: said };
  };
  const facts: Omit<LateFacts, 'rows' | 'each'> = {
    ...input.facts,
    newest,
    parallel: input.parallel,
    record,
    names,
    ofKind(kind) {
      // Few are of most kinds: all are looked through, and those read that it may be.
      const sign = JSON.stringify({ kind }).slice(1, -1);
      const may = names().filter((name) => state.records.get(name)?.includes(sign));
      return may.filter((name) => record(name)?.kind === kind);
    },
    module,
    bytes: render.bytesOf,
    kept: (output) =>
      input.outputs.some(({ name }) => name === output) ? state.outputs.get(output) : undefined,
  };
  for (const [i, output] of input.outputs.entries()) {
    const rows = rowsOf(output, input);
    input.onOutput(output.name, i, input.outputs.length);
    const made = input.each.get(output.name);
    let asking: Asking | undefined;
    const each = async (name: ModuleName): Promise<string | undefined> => {
      const text = made?.get(name);
      // Given once: all of them together are large.
      if (made?.delete(name) === true) return text;
      const found = await module(name);
      asking ??= output.each?.({ ...facts, modules: state.records.size });
      return found && asking?.(found);
    };
    if (output.late !== undefined) await putFiles(output.late({ ...facts, rows, each }, input.changed), put);
  }
  await put.writer.flush();
}

function rowsOf({ name }: Output, { state }: Pick<OutputsInput, 'state'>) {
  const rows = state.outputs.get(name);
  if (rows === undefined) throw new Error(`the state has no table of output ${name}`);
  return rows;
}
