/**
 * What a witness or a monitor has seen of a log, in a file: the policy it has pinned and the largest checkpoint. It is on disk before
 * anything is said about it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  decode as d,
  layout,
  limits,
  type Policy,
  parseJson,
  parsePolicy,
  parseRegistryName,
  parseSha256,
  RegistryError,
} from '@mlld/format';
import { type PolicyPin, verifyPolicyChain } from '@mlld/trust';
import {
  acceptCheckpoint,
  type Checkpoint,
  checkGrowth,
  logPolicyText,
  parseCheckpoint,
  parseLogPolicy,
  parseNote,
  proveConsistency,
} from '@mlld/trust/log';
import { writeDurable } from './durable.ts';
import { type LogSource, proveFrom, readRegistryName, readRemotePolicies, readText } from './source.ts';

export interface Seen {
  readonly registry: string;
  readonly policy: PolicyPin;
  /** The signed note. */
  readonly note: string;
  /** What else the reader keeps. */
  readonly rest: unknown;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE for a state that can't be read: nothing is then taken for unseen */
export function readSeen(file: string): Seen | undefined {
  if (!existsSync(file)) return undefined;
  const $ = `${file}: $`;
  const value = d.object(parseJson(readFileSync(file), { where: file, maxBytes: limits.lockBytes }), $);
  const policy = d.object(value.policy, `${$}.policy`);
  return {
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    policy: {
      n: d.integer(1)(policy.n, `${$}.policy.n`),
      sha256: d.parsed(parseSha256)(policy.sha256, `${$}.policy.sha256`),
    },
    note: d.string(value.note, `${$}.note`),
    rest: value.rest,
  };
}

export function writeSeen(file: string, seen: Seen): void {
  writeDurable(file, `${JSON.stringify({ v: 1, ...seen })}\n`);
}

export interface Shown {
  readonly registry: string;
  readonly policies: readonly Policy[];
  readonly policy: Policy;
  readonly pin: PolicyPin;
  readonly note: string;
  readonly checkpoint: Checkpoint;
  /** What was seen before, if anything. */
  readonly before: Checkpoint | undefined;
}

/**
 * Reads what a log shows now and checks it against what was seen: the policy chain, the log's signature, and that it has only
 * grown. Cosignatures are not asked for: whoever follows a log looks at what is signed, cosigned or not.
 * @throws RegistryError LOG_FORK, LOG_ROLLBACK, POLICY_BROKEN, WRONG_SUBJECT, UNKNOWN_KEY, BAD_SIGNATURE; for the first two
 *   both notes are in `<state>.fork.json`
 */
export async function readShown(
  source: LogSource,
  seen: Seen | undefined,
  stateFile: string,
): Promise<Shown> {
  const registry = await readRegistryName(source);
  if (seen !== undefined && seen.registry !== registry)
    throw new RegistryError('WRONG_SUBJECT', `${source.where}: wanted ${seen.registry}, found ${registry}`);
  const chain = await readRemotePolicies(source);
  const { policy, pin } = verifyPolicyChain(chain, { registry, pin: seen?.policy });
  const note = await readText(source, layout.checkpoint, limits.noteBytes);
  const signed = parseLogPolicy(logPolicyText({ ...policy, witnesses: [], quorum: 0 }));
  const { checkpoint } = acceptCheckpoint(note, signed, `${source.where}: checkpoint`);
  const before = seen && parseCheckpoint(parseNote(seen.note).text);
  if (seen !== undefined && before !== undefined)
    await checkSeen(source, { seen: seen.note, shown: note, before, checkpoint, stateFile });
  const policies = chain.map(({ statement }) => parsePolicy(statement));
  return { registry, policies, policy, pin, note, checkpoint, before };
}

interface Growth {
  readonly seen: string;
  readonly shown: string;
  readonly before: Checkpoint;
  readonly checkpoint: Checkpoint;
  readonly stateFile: string;
}

async function checkSeen(source: LogSource, growth: Growth): Promise<void> {
  const { before, checkpoint, seen, shown, stateFile } = growth;
  try {
    if (checkpoint.size < before.size) {
      throw new RegistryError(
        'LOG_ROLLBACK',
        `${source.where}: a checkpoint of ${checkpoint.size} entries was shown after one of ${before.size}`,
        { hint: 'An old state of the log, or the other half of a fork. Look at the newest from elsewhere.' },
      );
    }
    const { size } = checkpoint;
    const proof =
      before.size === size
        ? []
        : await proveFrom(source, size, (read) => proveConsistency(before.size, size, read));
    checkGrowth(before, checkpoint, proof);
  } catch (error) {
    if (!(error instanceof RegistryError) || !['LOG_FORK', 'LOG_ROLLBACK'].includes(error.code)) throw error;
    const file = `${stateFile}.fork.json`;
    writeFileSync(file, `${JSON.stringify({ seen, shown }, null, 1)}\n`);
    throw new RegistryError(error.code, error.message, {
      hint: `Both signed notes are in ${file}: they prove it to anyone. ${error.hint ?? ''}`,
      cause: error,
      data: { seen, shown, file },
    });
  }
}
