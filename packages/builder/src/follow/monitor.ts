/** A monitor: reads every entry of a log that it has not seen, and says what must not be. */
import { layout, limits, parseHead, RegistryError } from '@mlld/format';
import {
  type Checkpoint,
  decodeEntries,
  growTree,
  leafHash,
  newTiles,
  tilePath,
  tileWidth,
  verifyHead,
} from '@mlld/trust/log';
import { lockState } from '../build/lock.ts';
import { quorumOf } from '../log/checkpoints.ts';
import { advisoryFindings } from './advisories.ts';
import { type LogFinding, type MonitorFacts, type SeenEntry, takeEntry } from './facts.ts';
import { readSeen, readShown, type Shown, writeSeen } from './seen.ts';
import { signatureFindings } from './signatures.ts';
import { type LogSource, readBundle, readText, readTile } from './source.ts';

export interface MonitorOptions {
  readonly source: LogSource;
  readonly stateFile: string;
}

export interface MonitorReport {
  readonly registry: string;
  readonly size: number;
  /** Size at the last look. */
  readonly from: number;
  /** Witnesses of the policy that cosigned, and how many have to. */
  readonly cosigned: number;
  readonly quorum: number;
  readonly entries: readonly SeenEntry[];
  readonly findings: readonly LogFinding[];
  /** Why clients refuse `head` at the moment, if they do. */
  readonly head?: string;
}

/**
 * Looks at a log: policies, signature, consistency with the last look, entries against tiles and root, what the entries say, and the
 * signatures of authors beside them.
 * @throws RegistryError LOG_FORK, LOG_ROLLBACK, LOG_BROKEN, LOCK_BUSY, and those of `readShown`
 */
export async function monitorLog({ source, stateFile }: MonitorOptions): Promise<MonitorReport> {
  const unlock = lockState(`${stateFile}.lock`);
  try {
    const seen = readSeen(stateFile);
    const shown = await readShown(source, seen, stateFile);
    const { registry, checkpoint, note, pin, policy, before } = shown;
    const facts = readFacts(seen?.rest);
    const from = before?.size ?? 0;
    const entries: SeenEntry[] = [];
    const findings: LogFinding[] = [];
    const added = await readNewEntries(source, before, checkpoint);
    for (const [i, entry] of added.entries()) {
      const taken = takeEntry(facts, { index: from + i, entry, registry });
      entries.push(taken.seen);
      findings.push(...taken.findings);
    }
    const { policies } = shown;
    findings.push(...(await signatureFindings(source, { registry, policies, from, entries: added })));
    findings.push(...(await advisoryFindings(source, facts, checkpoint.size - 1)));
    const head = await headProblem(source, shown);
    writeSeen(stateFile, { registry, policy: pin, note, rest: plainFacts(facts) });
    const { cosigned } = quorumOf(note, policy);
    const report = {
      registry,
      size: checkpoint.size,
      from,
      cosigned,
      quorum: policy.quorum,
      entries,
      findings,
    };
    return head === undefined ? report : { ...report, head };
  } finally {
    unlock();
  }
}

/** The entries since the last look; they, the tiles and the checkpoint agree. @throws RegistryError LOG_BROKEN, BAD_TILE */
async function readNewEntries(
  source: LogSource,
  before: Checkpoint | undefined,
  shown: Checkpoint,
): Promise<Uint8Array[]> {
  const from = before?.size ?? 0;
  const entries: Uint8Array[] = [];
  for (let index = Math.floor(from / tileWidth); index * tileWidth < shown.size; index++) {
    const width = Math.min(tileWidth, shown.size - index * tileWidth);
    const found = decodeEntries(await readBundle(source, index, width)).slice(0, width);
    if (found.length < width)
      throw differs(source, `bundle ${index} has ${found.length} entries of ${width}`);
    entries.push(...found.slice(Math.max(0, from - index * tileWidth)));
  }
  const tiles = new Map<string, Uint8Array>();
  for (const tile of newTiles(from, shown.size)) tiles.set(tilePath(tile), await readTile(source, tile));
  // The right edge of the old tree is the start of what is there now: the consistency proof has shown it.
  const edge = await edgeTiles(source, from, shown.size);
  const grown = growTree(from, (tile) => edge.get(tilePath(tile))!, entries.map(leafHash));
  if (Buffer.compare(grown.root, shown.root) !== 0)
    throw differs(source, 'the entries give another root than the checkpoint');
  for (const { tile, octets } of grown.tiles) {
    const published = tiles.get(tilePath(tile))?.subarray(0, octets.length) ?? new Uint8Array();
    if (Buffer.compare(published, octets) !== 0)
      throw differs(source, `tile/${tilePath(tile)} is not what the entries give`);
  }
  return entries;
}

/** The partial tiles of an old tree, from those of the new one: the old ones may be gone. */
async function edgeTiles(
  source: LogSource,
  from: number,
  to: number,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const tiles = new Map<string, Uint8Array>();
  const now = newTiles(0, to);
  for (const tile of newTiles(0, from)) {
    const wider = now.find(({ level, index }) => level === tile.level && index === tile.index);
    if (tile.width === tileWidth || wider === undefined) continue;
    tiles.set(tilePath(tile), (await readTile(source, wider)).subarray(0, tile.width * 32));
  }
  return tiles;
}

function differs(source: LogSource, problem: string): RegistryError {
  return new RegistryError('LOG_BROKEN', `${source.where}: ${problem}`, {
    hint: 'The log is being changed, or its operator shows something else than they signed. Look again; then ask them.',
  });
}

async function headProblem(source: LogSource, { policy }: Shown): Promise<string | undefined> {
  try {
    verifyHead(parseHead(await readText(source, layout.head, limits.headBytes)), policy);
    return undefined;
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

function readFacts(rest: unknown): MonitorFacts {
  const { versions, numbers, at } = (rest ?? {}) as Partial<ReturnType<typeof plainFacts>>;
  return { versions: new Map(versions ?? []), numbers: new Map(numbers ?? []), at: at ?? '' };
}

function plainFacts({ versions, numbers, at }: MonitorFacts) {
  return { versions: [...versions], numbers: [...numbers], at };
}
