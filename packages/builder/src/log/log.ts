/**
 * The log of a registry, continued by a build (docs/spec/log.md, docs/spec/distribution.md §6). What the distribution has logged is
 * the truth. The order of writing: tiles, then `checkpoint`, which is what counts, then proofs, index and lists (the build's
 * own), then the index tree, and `head` last.
 */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { encodeHead, layout, limits, parseHead, parsePolicy, parseProof, RegistryError } from '@mlld/format';
import { type NoteSigner, proveInclusion } from '@mlld/trust/log';
import type { State } from '../build/state.ts';
import type { Writer } from '../build/writer.ts';
import { askWitnesses, type WitnessAnswer } from '../follow/witness-client.ts';
import type { PolicyChain } from '../policy/read.ts';
import type { Repository } from '../repository/read.ts';
import { readRegularFile } from '../repository/tree.ts';
import { addCosignatures, quorumOf } from './checkpoints.ts';
import { assertKept, type GatherInput, gatherStatements, type NewStatement, type Touched } from './gather.ts';
import { type Grown, grow, lastSnapshot } from './grow.ts';
import type { IndexHashes } from './index-tree.ts';
import { logSigner, readNoteKey } from './key.ts';
import { type Ledger, openLedger, writeLedger } from './ledger.ts';
import { type PriorLog, readPriorLog } from './prior.ts';
import { openProofs, unsettledBundles } from './proofs.ts';
import { sweepSnapshot, sweepTiles } from './sweep.ts';

export interface LogOptions {
  /** The log's private key: PEM, or a file of it. */
  readonly key: string;
  /** Begin a log where the distribution has none: only ever once in the life of a registry. */
  readonly begin?: boolean | undefined;
  /** A folder with the distribution as it was last published: its log is continued where `out` has none. */
  readonly previous?: string | undefined;
  /** A folder of files with cosignatures of the newest checkpoint. */
  readonly cosignatures?: string | undefined;
  /** Submission prefixes of witnesses that are asked for cosignatures (C2SP tlog-witness). */
  readonly witnesses?: readonly string[] | undefined;
}

export type LogReport =
  | { readonly kept: false; readonly reason: string }
  | {
      readonly kept: true;
      /** Entries, and those that this build added. */
      readonly size: number;
      readonly added: number;
      readonly policy: number;
      /** Witnesses that cosigned the newest checkpoint, and how many have to. */
      readonly cosigned: number;
      readonly quorum: number;
      /** Whether clients accept this tree. */
      readonly reached: boolean;
      /** What the witnesses that were asked have said. */
      readonly witnesses: readonly WitnessAnswer[];
    };

export interface LogInput {
  readonly repository: Repository;
  readonly policies: PolicyChain | undefined;
  readonly out: string;
  readonly stateFolder: string;
  readonly options: LogOptions | undefined;
}

/** Where statements are read. */
type Found = Pick<GatherInput, 'modules' | 'statements'>;

/** What a build writes between its parts. */
export interface BuildLog {
  /** Checks that nothing is lost: before anything is written. @throws RegistryError LOG_STATEMENT_VANISHED, LOG_STATEMENT_CHANGED */
  assertKept(touched: Touched | undefined): void;
  /** Finds what is new. */
  gather(found: Found, touched: Touched | undefined): void;
  /** Whether there is anything to do but for changed index files. */
  readonly isDue: boolean;
  /** Grows the log; then completes and writes proof bundles (without their `log`, by path). */
  append(input: AppendInput): Promise<void>;
  /** Index tree, head: after everything that they speak of. */
  publish(writer: Writer): Promise<void>;
  report(): LogReport;
}

export interface AppendInput {
  readonly writer: Writer;
  readonly state: State;
  /** Index files that were rendered. */
  readonly hashes: IndexHashes;
  readonly bundles: ReadonlyMap<string, Uint8Array | string>;
  /** Time of the newest statement about modules. */
  readonly newest: string;
  /** Some of the distribution may be of a build that was interrupted. */
  readonly begun: boolean;
}

/**
 * Opens the log that a build is to continue. A registry without a policy has none, and one without a key builds none.
 * @throws RegistryError NO_LOG_KEY, LOG_MISSING, LOG_BROKEN, POLICY_BROKEN, UNKNOWN_KEY, BAD_KEY, …
 */
export function openLog(input: LogInput): BuildLog | { readonly reason: string } {
  const { policies, out, options } = input;
  const hasLog = [layout.head, layout.checkpoint].some((file) => existsSync(path.join(out, file)));
  if (policies === undefined || options === undefined) {
    if (hasLog) throw withoutKey(out, policies === undefined);
    return {
      reason: policies === undefined ? 'the repository has no policy/1.json' : 'no log key was given',
    };
  }
  const signer = logSigner(readNoteKey(options.key), policies.policy);
  if (!hasLog && options.previous !== undefined) copyLog(options.previous, out);
  const all = policies.chain.map(({ statement }) => parsePolicy(statement));
  const prior = readPriorLog(out, all);
  if (prior === undefined && options.begin !== true) throw noLogYet(out);
  return buildLog({ ...input, options, policies, signer, prior });
}

function withoutKey(out: string, noPolicy: boolean): RegistryError {
  const wanted = noPolicy ? 'the repository has no policy any more' : 'no log key was given';
  return new RegistryError('NO_LOG_KEY', `${out} has a log, and ${wanted}`, {
    hint: 'Without its log clients would refuse what is built. Name the key with --log-key, or build to another folder.',
  });
}

function noLogYet(out: string): RegistryError {
  return new RegistryError('LOG_MISSING', `the repository has a policy, and ${out} has no log to continue`, {
    hint: 'The first build of a log: --new-log. Any later one: bring back the published distribution, or name it with --previous <folder>. A log begun twice is a fork, which every client refuses.',
  });
}

/** Copies a log and the proofs that were given out with it; `checkpoint` last, so that half a copy is none. */
function copyLog(previous: string, out: string): void {
  if (!existsSync(path.join(previous, layout.checkpoint))) return;
  mkdirSync(out, { recursive: true });
  for (const name of [layout.registry, 'tile', 'proof', layout.head, layout.checkpoint]) {
    const from = path.join(previous, name);
    if (existsSync(from)) cpSync(from, path.join(out, name), { recursive: true });
  }
}

interface Opened extends LogInput {
  readonly options: LogOptions;
  readonly policies: PolicyChain;
  readonly signer: NoteSigner;
  readonly prior: PriorLog | undefined;
}

function buildLog(opened: Opened): BuildLog {
  const { repository, out, stateFolder, options, policies, prior } = opened;
  const { policy } = policies;
  const ledger: Ledger = openLedger(out, stateFolder, prior);
  // Under another policy other checkpoints count.
  if (prior !== undefined && lastSnapshot(prior).policy !== policy.n) ledger.settled = 0;
  let statements: NewStatement[] = [];
  let grown: Grown | undefined;
  const asks = (options.witnesses ?? []).length > 0;
  let answers: readonly WitnessAnswer[] = [];
  return {
    assertKept: (touched) => assertKept({ repository, ledger, touched }),
    gather(found, touched) {
      statements = gatherStatements({ ...found, repository, policies, ledger, touched });
    },
    get isDue() {
      const isOpen = prior === undefined || ledger.settled < prior.size || !isHeadOf(out, prior);
      return isOpen || statements.length > 0 || options.cosignatures !== undefined || asks;
    },
    async append(input) {
      grown = grow({ ...opened, ledger, statements }, input);
      await putLog(opened, grown, input.writer);
      if (asks) {
        // What is shown to a witness is on the disk: another tree of this size would be a fork.
        const asked = await cosignedBy(opened, grown);
        answers = asked.answers;
        grown = { ...grown, note: asked.note };
        await input.writer.put(layout.checkpoint, grown.note);
        await input.writer.flush();
      }
      await putBundles(opened, { ledger, grown }, input);
    },
    async publish(writer) {
      if (grown === undefined) return;
      await putHead(opened, grown, writer);
      sweepTiles(out, { sizes: ledger.sizes.slice(-2), remove: (file) => writer.remove(file) });
      writeLedger(stateFolder, ledger, grown.tree);
    },
    report() {
      const size = grown?.tree.size ?? prior?.size ?? 0;
      const note = grown?.note ?? prior?.note;
      const added = size - (prior?.size ?? 0);
      const quorum = note === undefined ? { cosigned: 0, reached: false } : quorumOf(note, policy);
      const { n, quorum: wanted } = policy;
      return { kept: true, size, added, policy: n, quorum: wanted, ...quorum, witnesses: answers };
    },
  };
}

/** Whether `head` is there and of the newest checkpoint. */
function isHeadOf(out: string, { note }: PriorLog): boolean {
  try {
    const bytes = readRegularFile(path.join(out, layout.head), limits.headBytes);
    return bytes !== undefined && parseHead(bytes).checkpoint === note;
  } catch {
    return false;
  }
}

async function cosignedBy(
  { options, policies: { policy }, prior }: Opened,
  { note, tree, hashes }: Grown,
): Promise<{ readonly note: string; readonly answers: readonly WitnessAnswer[] }> {
  const { witnesses = [] } = options;
  const old = prior?.size ?? 0;
  const { signatures, answers } = await askWitnesses({ witnesses, note, tree, hashes, policy, old });
  return { note: addCosignatures(note, signatures, policy), answers };
}

async function putLog({ policies }: Opened, grown: Grown, writer: Writer): Promise<void> {
  for (const [file, octets] of grown.files) await writer.put(file, octets);
  for (const [i, { statement, signatures }] of policies.chain.entries()) {
    await writer.put(layout.policy(i + 1), statement);
    await writer.put(layout.signature(layout.policy(i + 1)), signatures.join(''));
  }
  await writer.flush();
  await writer.put(layout.checkpoint, grown.note);
  await writer.flush();
}

async function putBundles(
  { out, policies, signer }: Opened,
  { ledger, grown }: { ledger: Ledger; grown: Grown },
  { writer, bundles }: AppendInput,
): Promise<void> {
  const { tree, note, hashes } = grown;
  const proofs = openProofs({ out, policy: policies.policy, signer, ledger, tree, note, hashes });
  const unsettled = unsettledBundles(out, ledger);
  for (const [file, bundle] of unsettled)
    if (!bundles.has(file)) await writer.put(file, proofs.complete(bundle));
  for (const [file, text] of bundles) await writer.put(file, proofs.complete(parseProof(text, file)));
  await writer.flush();
  if (quorumOf(note, policies.policy).reached) ledger.settled = tree.size;
}

async function putHead({ out, policies }: Opened, grown: Grown, writer: Writer): Promise<void> {
  const { indexTree, tree, note, snapshot, hashes } = grown;
  const { digits, files, whole } = indexTree;
  for (const [prefix, bytes] of files) {
    const file = layout.snapshot(digits, prefix);
    if (bytes === undefined) writer.remove(file);
    else await writer.put(file, bytes);
  }
  await writer.flush();
  const index = tree.size - 1;
  const proof = proveInclusion(index, tree.size, hashes).map((hash) => Buffer.from(hash).toString('base64'));
  const statement = Buffer.from(snapshot).toString('utf8');
  const head = encodeHead({
    v: 1,
    checkpoint: note,
    snapshot: { statement, index, proof },
    policy: policies.policy.n,
  });
  await writer.put(layout.head, head);
  await writer.flush();
  if (whole) sweepSnapshot(out, { digits, kept: files, remove: (file) => writer.remove(file) });
}
