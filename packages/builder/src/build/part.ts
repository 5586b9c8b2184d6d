/**
 * A share of the modules and authors of a full build. Shares are worked on by threads at the same time: first all read, verify
 * and write statements; then, knowing what the others found, all render; last, what speaks of statements is written.
 */
import { type Author, encodeProof, layout, type ModuleName, type Sha256Hex } from '@mlld/format';
import { looksRecovered, sha256 } from '@mlld/trust';
import { statementsOf } from '../log/gather.ts';
import type { Asking } from '../outputs/each.ts';
import type { HeaderNotes, ModuleFacts } from '../outputs/output.ts';
import type { Repository } from '../repository/read.ts';
import { type Catalog, type CatalogModule, encodeCandidates } from './catalog.ts';
import type { BytesOf } from './facts.ts';
import {
  describeModule,
  headFiles,
  moduleState,
  type Outputs,
  type RenderContext,
  statementFiles,
} from './render.ts';
import { type AuthorRows, encodeList, encodeModule, type ModuleRows } from './state.ts';
import type { Progress } from './thread.ts';
import type { WriteCounts, Writer } from './writer.ts';

export interface Share {
  readonly names: readonly ModuleName[];
  readonly authors: readonly Author[];
}

export interface PartRead {
  /** What closures elsewhere may look at: JSON of `Candidates`. They look at few. */
  readonly candidates: ReadonlyMap<ModuleName, string>;
  /** Modules that have a release. */
  readonly released: number;
  readonly authors: readonly AuthorRows[];
  /** Releases whose signatures are verified. */
  readonly verified: readonly (readonly [release: string, keyset: number])[];
  /** Statements and records that belong into a log, by path; none where there is no log. */
  readonly statements: readonly (readonly [file: string, text: string])[];
}

export interface PartRendered {
  readonly modules: readonly ModuleRows[];
  /** Index files; undefined for a module that has none. */
  readonly hashes: readonly (readonly [ModuleName, Sha256Hex | undefined])[];
  /** Proof bundles to which the log adds its proofs. */
  readonly bundles: readonly (readonly [file: string, text: string])[];
  /** What outputs asked about each module. */
  readonly each: readonly (readonly [output: string, ModuleName, text: string])[];
}

export interface Part {
  read(progress: Progress): Promise<PartRead>;
  /** @param others what the other parts read; @param notes what outputs say of modules */
  render(told: PartTold, progress: Progress): Promise<PartRendered>;
  /** Writes what was rendered. */
  finish(): Promise<WriteCounts>;
}

export interface PartTold {
  readonly others: readonly Pick<PartRead, 'candidates' | 'released'>[];
  readonly notes: ReadonlyMap<ModuleName, HeaderNotes>;
}

export interface PartContext {
  readonly repository: Repository;
  readonly catalog: Catalog;
  readonly bytesOf: BytesOf;
  readonly writer: Writer;
  readonly logged: boolean;
  /** What outputs ask about each of so many modules. */
  readonly openEach: (modules: number) => ReadonlyMap<string, Asking>;
}

const noNotes: ReadonlyMap<ModuleName, HeaderNotes> = new Map();

export function openPart({ names, authors }: Share, context: PartContext): Part {
  const { repository, catalog, writer, logged } = context;
  const written = new Map<ModuleName, string[]>();
  let released = 0;
  const bundles: (readonly [string, string])[] = [];
  const heads: Outputs = new Map();
  return {
    async read(progress) {
      const read: CatalogModule[] = [];
      for (const name of names) {
        const module = await catalog.module(name);
        const files = statementFiles(module, { ...context, notes: noNotes });
        written.set(name, [...files.keys()]);
        for (const [file, content] of files) {
          if (logged && file.startsWith('proof/')) bundles.push([file, String(content)]);
          else await writer.put(file, content);
        }
        read.push(module);
        if (module.facts.length > 0) released++;
        progress(name);
      }
      const rows: AuthorRows[] = [];
      for (const author of authors) {
        const row = await putAuthor(author, {
          ...context,
          bundle: (file, text) => bundles.push([file, text]),
        });
        if (row !== undefined) rows.push(row);
      }
      await writer.flush();
      const statements = logged ? read.flatMap((module) => statementsOf(module.read, repository.info)) : [];
      return {
        candidates: new Map(read.map((one) => [one.read.name, encodeCandidates(one)])),
        released,
        authors: rows,
        verified: [...repository.verified],
        statements,
      };
    },
    async render({ others, notes }, progress) {
      for (const { candidates } of others) catalog.give(candidates);
      const asking = context.openEach(others.reduce((sum, one) => sum + one.released, released));
      const each: [string, ModuleName, string][] = [];
      const modules: ModuleRows[] = [];
      const hashes: [ModuleName, Sha256Hex | undefined][] = [];
      for (const name of names) {
        const { facts, rows, files } = await renderOne(name, written.get(name) ?? [], {
          ...context,
          notes,
        });
        modules.push(rows);
        each.push(...(await answers(asking, facts)));
        const index = logged ? files.get(layout.index(name)) : undefined;
        hashes.push([name, index === undefined ? undefined : sha256(index)]);
        // With a log, an index file waits until the log speaks of it.
        if (logged) for (const [file, content] of files) heads.set(file, content);
        else await putOutputs(writer, files);
        progress(name);
      }
      await writer.flush();
      return { modules, hashes, bundles, each };
    },
    async finish() {
      await putOutputs(writer, heads);
      await writer.flush();
      return writer.counts();
    },
  };
}

async function answers(
  asking: ReadonlyMap<string, Asking>,
  facts: ModuleFacts | undefined,
): Promise<[output: string, ModuleName, text: string][]> {
  const found: [string, ModuleName, string][] = [];
  if (facts === undefined) return found;
  for (const [output, ask] of asking) found.push([output, facts.record.name, await ask(facts)]);
  return found;
}

async function renderOne(
  name: ModuleName,
  written: readonly string[],
  context: PartContext & Pick<RenderContext, 'notes'>,
): Promise<{
  /** Undefined for a module without a release. */
  readonly facts: ModuleFacts | undefined;
  readonly rows: ModuleRows;
  readonly files: Outputs;
}> {
  const described = await describeModule(name, context);
  const files = headFiles(described, context);
  const state = moduleState(described, [...written, ...files.keys()], context);
  const { record } = state;
  const { header, versions, module } = described;
  return {
    facts: record && { header, versions, read: module.read, record },
    rows: encodeModule(state),
    files,
  };
}

async function putOutputs(writer: Writer, files: Outputs): Promise<void> {
  for (const [file, content] of files) await writer.put(file, content);
}

/** Writes an author's keysets. @returns their rows, or nothing for an author of whom there is nothing to say */
export async function putAuthor(
  author: string,
  {
    repository,
    writer,
    bundle,
  }: Pick<PartContext, 'repository' | 'writer'> & {
    /** Takes a bundle to which the log adds its proof. */
    readonly bundle: (file: string, text: string) => void;
  },
): Promise<AuthorRows | undefined> {
  const { chain, findings } = repository.keysOf(author);
  const outputs: string[] = [];
  for (const [i, { statement, signatures }] of chain.entries()) {
    const file = layout.keyset(author as Author, i + 1);
    await writer.put(file, statement);
    await writer.put(layout.signature(file), signatures.join(''));
    outputs.push(file, layout.signature(file));
    if (!looksRecovered(chain[i]) && !looksRecovered(chain[i - 1])) continue;
    const proof = layout.proof(sha256(statement));
    bundle(proof, encodeProof({ v: 1, statement, signatures, keysets: [] }));
    outputs.push(proof);
  }
  if (outputs.length === 0 && findings.length === 0) return undefined;
  return { author: author as Author, outputs: JSON.stringify(outputs), findings: encodeList(findings) };
}
