/**
 * Whether an index file is the registry's current one (docs/spec/resolve.md §6.2): policy chain → head → the log only grew →
 * the index tree. A registry without a log has nothing to check, until it has once been seen with one.
 *
 * What was accepted is kept in `<cache>/<registry>/log-state.json`; a fork is written beside it, for anyone to check.
 */
import path from 'node:path';
import {
  type Head,
  isRegistryError,
  layout,
  limits,
  type ModuleName,
  type Policy,
  parseHead,
  parsePolicy,
  parseSnapshot,
  RegistryError,
  type SignedText,
} from '@mlld/format';
import { readSignedText, sha256, verifyPolicyChain } from '@mlld/trust';
import {
  type Checkpoint,
  checkGrowth,
  type Hash,
  hashesFromTiles,
  headTime,
  type LogPolicy,
  type LogTime,
  logPolicyText,
  parseCheckpoint,
  parseLogPolicy,
  parseNote,
  proveConsistency,
  type Sighting,
  type SnapshotDigits,
  snapshotPrefixes,
  type Tile,
  tilePath,
  tilesNeeded,
  type VerifiedHead,
  verifyHead,
  verifySnapshot,
} from '@mlld/trust/log';
import { exclusively } from '../exclusively.ts';
import type { Net } from '../fetch/net.ts';
import { type LogState, readLogState, sameState, withSighting, writeLogState } from './log-state.ts';

export interface LogCheckContext {
  readonly net: Net;
  /** `<cache>/<registry name>`. */
  readonly folder: string;
  readonly registry: string;
  /** A file of the distribution; undefined: it is not there. */
  readonly file: (path: string, maxBytes: number) => Promise<Uint8Array | undefined>;
}

/** What the log of a registry says. */
export interface Logged {
  readonly policy: Policy;
  /** All policies, from 1 on. */
  readonly policies: readonly Policy[];
  /** Which checkpoints count. */
  readonly counts: LogPolicy;
  readonly head: VerifiedHead;
  /** As of when this is the registry's word. */
  readonly asOf: LogTime;
  /** When this client saw the log, this time included. */
  readonly sightings: readonly Sighting[];
}

export interface LogCheck {
  /**
   * Proves that `index` is the current index file of a module, or, without bytes, that there is none. Undefined: the registry has
   * no log. What the proof needs is asked for while the index file is on its way.
   * @throws RegistryError NOT_IN_SNAPSHOT, POLICY_BROKEN, POLICY_EXPIRED, LOG_ROLLBACK, LOG_FORK, NO_QUORUM, BAD_CHECKPOINT
   */
  prove(name: ModuleName, index: Promise<Uint8Array | undefined>): Promise<Logged | undefined>;
  /** What the log says, without a question about a module; `anew`: as it is now. */
  logged(options?: { readonly anew?: boolean }): Promise<Logged | undefined>;
}

export function openLogCheck(context: LogCheckContext): LogCheck {
  let state = askHead(context);
  return {
    logged: ({ anew = false } = {}) => {
      if (anew) state = askHead(context);
      return state.logged;
    },
    prove: async (name, index) => {
      const first = state;
      void askAhead(context, first, name);
      const bytes = await index;
      const logged = await first.logged;
      if (logged === undefined) return undefined;
      try {
        await proveIndex(context, first, { logged, name, bytes });
        return logged;
      } catch (error) {
        if (!isRegistryError(error, 'NOT_IN_SNAPSHOT')) throw error;
      }
      // Published in between, perhaps: the head is asked for once more, and the index file must be of that state.
      state = askHead(context);
      const second = state;
      const newer = await second.logged;
      const now = await context.file(layout.index(name), limits.indexBytes);
      if (newer === undefined || !same(now, bytes)) throw changedMeanwhile(name);
      await proveIndex(context, second, { logged: newer, name, bytes });
      return newer;
    },
  };
}

/** A head that was asked for. */
interface Shown {
  /** As it came: good enough to know what to ask for next, and for nothing else. */
  readonly head: Promise<Head | undefined>;
  /** Once it is accepted. */
  readonly logged: Promise<Logged | undefined>;
  /** Files of its index tree, by path: modules share them. */
  readonly files: Map<string, Promise<Uint8Array | undefined>>;
}

function askHead(context: LogCheckContext): Shown {
  const head = context
    .file(layout.head, limits.headBytes)
    .then((bytes) => (bytes === undefined ? undefined : parseHead(bytes)));
  const logged = acceptHead(context, head);
  logged.catch(() => {});
  return { head, logged, files: new Map() };
}

/** Asks for the files that will prove a module's index file, by what an unproven head says. Never throws. */
async function askAhead(context: LogCheckContext, shown: Shown, name: ModuleName): Promise<void> {
  try {
    const head = await shown.head;
    if (head === undefined) return;
    const { depth } = parseSnapshot(head.snapshot.statement, { where: 'head: snapshot' });
    await snapshotFiles(context, shown, { name, digits: depth as SnapshotDigits });
  } catch {
    // What fails here fails again where it is needed, with its reason.
  }
}

/** Policy, head, growth; and remembers what was accepted. What all three need is asked for at once. */
async function acceptHead(
  context: LogCheckContext,
  asked: Promise<Head | undefined>,
): Promise<Logged | undefined> {
  const seen = readLogState(context.net.ops, context.folder);
  const head = await asked;
  if (head === undefined) {
    if (seen === undefined) return undefined;
    throw new RegistryError(
      'POLICY_BROKEN',
      `${context.registry}: this registry has a log, and now shows none`,
      {
        hint: 'A mirror without the log can hide what was published. Try another mirror.',
      },
    );
  }
  const tiles = seen === undefined ? undefined : growthTiles(context, seen, head);
  tiles?.catch(() => {});
  const chain = await policyChain(context, head.policy);
  const { policy, pin } = verifyPolicyChain(chain, {
    registry: context.registry,
    pin: seen?.policy,
  });
  assertNotExpired(policy, context);
  const verified = verifyHead(head, policy);
  if (seen !== undefined && tiles !== undefined) await assertGrown(context, { seen, head, verified, tiles });
  const seenNow = { size: verified.checkpoint.size, at: context.net.ops.now() };
  const sightings = withSighting(seen?.sightings ?? [], seenNow);
  await remember(context, { policy: pin, checkpoint: head.checkpoint, sightings });
  return {
    policy,
    policies: chain.map(({ statement }) => parsePolicy(statement)),
    counts: parseLogPolicy(logPolicyText(policy)),
    head: verified,
    asOf: headTime(verified, policy.quorum),
    sightings,
  };
}

async function policyChain({ file, registry }: LogCheckContext, n: number): Promise<SignedText[]> {
  return Promise.all(
    Array.from({ length: n }, async (_, i): Promise<SignedText> => {
      const path = layout.policy(i + 1);
      const signed = await readSignedText(path, file);
      if (signed === undefined)
        throw new RegistryError('POLICY_BROKEN', `${registry}: ${path} or its signature is not there`);
      return signed;
    }),
  );
}

/** §6.2.2: an expired policy stops new resolution; what is locked goes on. */
function assertNotExpired({ expires, registry, n }: Policy, { net }: LogCheckContext): void {
  if (expires === undefined || net.ops.now() < Date.parse(expires)) return;
  throw new RegistryError('POLICY_EXPIRED', `${registry}: its policy ${n} expired at ${expires}`, {
    hint: 'Nothing new is resolved until its maintainers sign a newer one. What is locked still runs.',
  });
}

interface Growth {
  readonly seen: LogState;
  readonly head: Head;
  readonly verified: VerifiedHead;
  readonly tiles: Promise<ReadonlyMap<string, Uint8Array>>;
}

/** §6.2.4: the log that is shown holds all that was seen before. */
async function assertGrown(context: LogCheckContext, { seen, head, verified, tiles }: Growth): Promise<void> {
  const before = checkpointSeen(seen);
  const shown = verified.checkpoint;
  if (shown.size < before.size) {
    throw new RegistryError(
      'LOG_ROLLBACK',
      `${context.registry}: this client has seen its log at size ${before.size}, and is shown size ${shown.size}`,
      {
        hint: 'An old state of the registry was shown. Try another mirror.',
      },
    );
  }
  try {
    checkGrowth(before, shown, consistency(before, shown, await tiles));
  } catch (error) {
    if (isRegistryError(error, 'LOG_FORK')) reportFork(context, { seen, head });
    throw error;
  }
}

function checkpointSeen({ checkpoint }: LogState): Checkpoint {
  return parseCheckpoint(parseNote(checkpoint).text, 'the checkpoint seen before');
}

/** The tiles that tell whether a log grew, by path. */
async function growthTiles(
  { file }: LogCheckContext,
  seen: LogState,
  head: Head,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const before = checkpointSeen(seen);
  const { size } = parseCheckpoint(parseNote(head.checkpoint).text);
  if (before.size >= size || before.size === 0) return new Map();
  const needed = tilesNeeded(size, (read) => proveConsistency(before.size, size, read));
  return new Map(
    await Promise.all(
      needed.map(async (tile) => {
        const at = tilePath(tile);
        const bytes = await file(layout.tile(at), limits.statementBytes);
        if (bytes !== undefined) return [at, bytes] as const;
        throw new RegistryError('UNREACHABLE', `tile/${at}: the registry does not have this tile of its log`);
      }),
    ),
  );
}

function consistency(before: Checkpoint, shown: Checkpoint, tiles: ReadonlyMap<string, Uint8Array>): Hash[] {
  if (before.size === shown.size || before.size === 0) return [];
  const read = hashesFromTiles(shown.size, (tile: Tile) => tiles.get(tilePath(tile))!);
  return proveConsistency(before.size, shown.size, read);
}

/** Both notes, signed by the log itself: a proof that it showed two histories. */
function reportFork(
  { net, folder, registry }: LogCheckContext,
  { seen, head }: Pick<Growth, 'seen' | 'head'>,
): void {
  const proof = `${JSON.stringify({ registry, seen: seen.checkpoint, shown: head.checkpoint }, null, 2)}\n`;
  const file = path.join(folder, `log-fork-${sha256(proof).slice(0, 16)}.json`);
  net.ops.files.write(file, proof, { durable: true });
  net.warn(`${registry} showed two histories of its log; both are in ${file}`);
}

/** Keeps the largest state: another process may have seen a later one meanwhile. */
async function remember({ net, folder }: LogCheckContext, accepted: LogState): Promise<void> {
  if (sameState(readLogState(net.ops, folder), accepted)) return;
  try {
    await exclusively(net.ops, path.join(folder, 'log-state.lock'), () => {
      const now = readLogState(net.ops, folder);
      const size = (state: LogState) => parseCheckpoint(parseNote(state.checkpoint).text).size;
      if (now === undefined || (size(now) <= size(accepted) && now.policy.n <= accepted.policy.n))
        writeLogState(net.ops, folder, accepted);
      return true;
    });
  } catch (error) {
    if (!isRegistryError(error, 'CACHE_READONLY')) throw error;
    net.warn('the state of the registry’s log can’t be kept, because the cache can’t be written');
  }
}

interface Proving {
  readonly logged: Logged;
  readonly name: ModuleName;
  readonly bytes: Uint8Array | undefined;
}

/** The files on a module's path through the index tree, by their digits. */
async function snapshotFiles(
  { file }: LogCheckContext,
  { files }: Shown,
  { name, digits }: { readonly name: ModuleName; readonly digits: SnapshotDigits },
): Promise<Map<string, Uint8Array | undefined>> {
  return new Map(
    await Promise.all(
      snapshotPrefixes(name, digits).map(async (prefix) => {
        const path = layout.snapshot(digits, prefix);
        const asked = files.get(path) ?? file(path, limits.indexBytes);
        files.set(path, asked);
        return [prefix, await asked] as const;
      }),
    ),
  );
}

async function proveIndex(
  context: LogCheckContext,
  shown: Shown,
  { logged, name, bytes }: Proving,
): Promise<void> {
  const { depth, root } = logged.head.snapshot;
  const digits = depth as SnapshotDigits;
  const files = await snapshotFiles(context, shown, { name, digits });
  const wanted = verifySnapshot({ name, digits, root, files });
  const found = bytes === undefined ? undefined : sha256(bytes);
  if (wanted === found) return;
  throw new RegistryError(
    'NOT_IN_SNAPSHOT',
    `index of ${name}: the log commits to ${wanted ?? 'no such module'}, found ${found ?? 'no such file'}`,
    { hint: 'An old or forged index was shown. Try another mirror.' },
  );
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

function changedMeanwhile(name: ModuleName): RegistryError {
  return new RegistryError(
    'NOT_IN_SNAPSHOT',
    `index of ${name}: it is not what the registry's log commits to`,
    {
      hint: 'An old or forged index was shown, or the registry is being changed right now. Try again, or another mirror.',
    },
  );
}
