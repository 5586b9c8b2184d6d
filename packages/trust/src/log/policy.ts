/**
 * Which checkpoints count (docs/spec/log.md §6; C2SP tlog-policy): the logs that are accepted, the witnesses that are
 * known, and the quorum of witnesses that must have cosigned.
 */
import { assertSize, limits, type Policy, printable, RegistryError } from '@mlld/format';
import { type Checkpoint, cosignedAt, parseCheckpoint } from './checkpoint.ts';
import {
  isSignedBy,
  type Note,
  parseNote,
  parseVerifierKey,
  signaturesOf,
  type VerifierKey,
} from './note.ts';

/** `threshold` of `members`, each a witness or a group of the policy. */
export interface WitnessGroup {
  readonly threshold: number;
  readonly members: readonly string[];
}

export interface LogPolicy {
  readonly logs: readonly VerifierKey[];
  readonly witnesses: ReadonlyMap<string, VerifierKey>;
  /** In the order of definition: a group's members stand before it. */
  readonly groups: ReadonlyMap<string, WitnessGroup>;
  /** A witness, a group, or `none`. */
  readonly quorum: string;
}

/** Parses a policy file. @throws RegistryError BAD_LOG_POLICY, BAD_KEY, WEAK_KEY, TOO_LARGE */
export function parseLogPolicy(text: string, where = 'log policy'): LogPolicy {
  assertSize(text, where, limits.logPolicyBytes);
  if (/[\u0000-\u0008\u000b-\u001f\u007f]/.test(text) || (text !== '' && !text.endsWith('\n')))
    throw badPolicy(where, 'a control character, or no newline at the end');
  const draft: Draft = { logs: [], witnesses: new Map(), groups: new Map(), quorum: undefined };
  for (const [i, line] of text.split('\n').entries()) {
    const words = line.split(/[ \t]+/).filter((word) => word !== '');
    if (words.length === 0 || words[0]!.startsWith('#')) continue;
    readLine(words, draft, `${where}, line ${i + 1}`);
  }
  if (draft.quorum === undefined) throw badPolicy(where, 'wanted a quorum line, found none');
  return { ...draft, quorum: draft.quorum };
}

/** The policy file that says what a registry's policy statement says (log.md §6.3). */
export function logPolicyText({
  log,
  witnesses,
  quorum,
}: Pick<Policy, 'log' | 'witnesses' | 'quorum'>): string {
  const names = witnesses.map((_key, i) => `w${i + 1}`);
  return [
    ...log.keys.map((key) => `log ${key}`),
    ...witnesses.map((key, i) => `witness ${names[i]} ${key}`),
    ...(quorum > 0 ? [`group witnesses ${quorum} ${names.join(' ')}`] : []),
    `quorum ${quorum > 0 ? 'witnesses' : 'none'}`,
    '',
  ].join('\n');
}

interface Draft {
  readonly logs: VerifierKey[];
  readonly witnesses: Map<string, VerifierKey>;
  readonly groups: Map<string, WitnessGroup>;
  quorum: string | undefined;
}

function readLine([keyword, ...words]: readonly string[], draft: Draft, where: string): void {
  const [first = '', second = '', ...rest] = words;
  if (keyword === 'log' && words.length >= 1 && words.length <= 2) {
    draft.logs.push(uniqueKey(first, { type: 'ed25519', among: draft.logs, where }));
  } else if (keyword === 'witness' && words.length >= 2 && words.length <= 3) {
    newName(first, draft, where);
    const among = [...draft.witnesses.values()];
    draft.witnesses.set(first, uniqueKey(second, { type: 'cosignature/v1', among, where }));
  } else if (keyword === 'group' && words.length >= 3) {
    newName(first, draft, where);
    draft.groups.set(first, group({ threshold: second, members: rest }, draft, where));
  } else if (keyword === 'quorum' && words.length === 1 && draft.quorum === undefined) {
    if (first !== 'none') knownName(first, draft, where);
    draft.quorum = first;
  } else {
    throw badPolicy(
      where,
      `'${printable([keyword, ...words].join(' '), 80)}' is no line of a policy, or stands twice`,
    );
  }
}

/** Keys are told apart by what they are, not by the name that somebody gave them. */
function uniqueKey(
  text: string,
  { type, among, where }: { type: VerifierKey['type']; among: readonly VerifierKey[]; where: string },
): VerifierKey {
  const key = parseVerifierKey(text);
  if (key.type !== type) throw badPolicy(where, `wanted a key of type ${type}, found ${key.type}`);
  if (among.some((other) => Buffer.compare(other.raw, key.raw) === 0))
    throw badPolicy(where, `the key of ${printable(key.name, 80)} stands twice`);
  if (among.length >= limits.logPolicyNames)
    throw badPolicy(where, `more than ${limits.logPolicyNames} keys`);
  return key;
}

function newName(name: string, { witnesses, groups }: Draft, where: string): void {
  if (name === 'none' || witnesses.has(name) || groups.has(name))
    throw badPolicy(where, `the name ${printable(name, 80)} is taken`);
  if (groups.size >= limits.logPolicyNames)
    throw badPolicy(where, `more than ${limits.logPolicyNames} groups`);
}

function knownName(name: string, { witnesses, groups }: Draft, where: string): void {
  if (!witnesses.has(name) && !groups.has(name))
    throw badPolicy(where, `${printable(name, 80)} is no witness or group of an earlier line`);
}

function group(
  { threshold, members }: { threshold: string; members: readonly string[] },
  draft: Draft,
  where: string,
): WitnessGroup {
  for (const member of members) {
    knownName(member, draft, where);
    const elsewhere = [...draft.groups.values()].some((one) => one.members.includes(member));
    if (elsewhere || members.indexOf(member) !== members.lastIndexOf(member))
      throw badPolicy(where, `${printable(member, 80)} is a member twice`);
  }
  const words: Readonly<Record<string, number>> = { any: 1, all: members.length };
  const count = Object.hasOwn(words, threshold) ? words[threshold]! : Number(threshold);
  if (!(Object.hasOwn(words, threshold) || /^[1-9]\d{0,3}$/.test(threshold)) || count > members.length)
    throw badPolicy(
      where,
      `wanted all, any, or a number from 1 to ${members.length}, found ${printable(threshold, 20)}`,
    );
  return { threshold: count, members };
}

export interface AcceptedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The witnesses of the policy that cosigned, with the time of each in seconds since 1970. */
  readonly witnesses: ReadonlyMap<string, number>;
}

/**
 * Accepts a checkpoint: signed by one of the policy's logs, of that log's origin, cosigned by the quorum. A signature in the
 * name of a key of the policy that is not by it refuses the whole note (log.md §5.3).
 * @throws RegistryError BAD_NOTE, TOO_LARGE, UNKNOWN_KEY, BAD_SIGNATURE, WRONG_SUBJECT, QUORUM_MISSED
 */
export function acceptCheckpoint(
  source: string | Note,
  policy: LogPolicy,
  where = 'checkpoint',
): AcceptedCheckpoint {
  const note = typeof source === 'string' ? parseNote(source, where) : source;
  const checkpoint = parseCheckpoint(note.text, where);
  const logs = policy.logs.filter((key) => {
    const signatures = signaturesOf(note, key);
    if (signatures.some((one) => !isSignedBy(note.text, one, key))) throw badSignature(where, key);
    return signatures.length > 0;
  });
  if (logs.length === 0) {
    throw new RegistryError(
      'UNKNOWN_KEY',
      `${where}: wanted a signature by a log of the policy, found ${names(note)}`,
    );
  }
  if (!logs.some((key) => key.name === checkpoint.origin)) {
    throw new RegistryError(
      'WRONG_SUBJECT',
      `${where}: wanted the origin ${logs[0]!.name}, found ${printable(checkpoint.origin, 80)}`,
    );
  }
  const witnesses = cosigners(note, policy, where);
  if (!isQuorum(policy, new Set(witnesses.keys()))) {
    throw new RegistryError(
      'QUORUM_MISSED',
      `${where}: wanted the quorum ${policy.quorum}, found cosignatures by ${[...witnesses.keys()].join(', ') || 'nobody'}`,
    );
  }
  return { checkpoint, witnesses };
}

/** Whether these witnesses are enough. */
export function isQuorum({ groups, quorum }: LogPolicy, witnesses: ReadonlySet<string>): boolean {
  const witnessed = new Set([...witnesses, 'none']);
  for (const [name, { threshold, members }] of groups)
    if (members.filter((member) => witnessed.has(member)).length >= threshold) witnessed.add(name);
  return witnessed.has(quorum);
}

function cosigners(note: Note, policy: LogPolicy, where: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, key] of policy.witnesses) {
    for (const signature of signaturesOf(note, key)) {
      const time = cosignedAt(note.text, signature, key);
      if (time === undefined) throw badSignature(where, key);
      found.set(name, Math.max(time, found.get(name) ?? 0));
    }
  }
  return found;
}

function names({ signatures }: Note): string {
  return signatures.map(({ name, id }) => `${printable(name, 80)}+${id}`).join(', ');
}

function badSignature(where: string, key: VerifierKey): RegistryError {
  return new RegistryError(
    'BAD_SIGNATURE',
    `${where}: the signature in the name of ${printable(key.name, 80)}+${key.id} is not by it`,
  );
}

function badPolicy(where: string, problem: string): RegistryError {
  return new RegistryError('BAD_LOG_POLICY', `${where}: ${problem}`);
}
