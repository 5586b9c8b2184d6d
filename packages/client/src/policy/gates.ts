/** The gates of the user's own policy, each with its code (docs/spec/resolve.md §6.8). Pure: time is passed in. */
import {
  type AdvisoryEntry,
  type Evidence,
  formatDuration,
  type IndexVersion,
  type ModuleIndex,
  type ModuleName,
  printable,
  RegistryError,
} from '@mlld/format';
import type { LogTime } from '@mlld/trust/log';
import { advisoriesOn, stoppedBy } from '../advisories/gate.ts';
import { needsNotAllowed } from './capabilities.ts';
import type { EffectiveRule } from './rules.ts';

export interface GateFacts {
  readonly line: IndexVersion;
  readonly rule: EffectiveRule;
  readonly evidence: Evidence;
  /** Other versions of the module, as its index has them. */
  readonly others: readonly IndexVersion[];
  readonly isLocked: boolean;
  /** Since when it is public; undefined where nobody says. */
  readonly since: LogTime | undefined;
  /** As of when its registry speaks; undefined for one without a log. */
  readonly asOf: LogTime | undefined;
  /** The advisories of its registry; undefined where none are known. */
  readonly advisories: readonly AdvisoryEntry[] | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What was seen, or nothing where there is no rule. @throws RegistryError by the gate */
export type Gate = readonly [clause: string, title: string, check: () => string | undefined];

export function gatesOf(facts: GateFacts): readonly Gate[] {
  return [
    ['6.8.1', 'not blocked by you', () => blockedGate(facts)],
    ['6.8.2', 'public for long enough', () => ageGate(facts)],
    ['6.8.3', 'as much evidence as you want', () => evidenceGate(facts)],
    ['6.8.4', 'no less evidence than other versions', () => downgradeGate(facts)],
    ['6.8.5', 'needs that you allow', () => needsGate(facts)],
    ['6.8.6', 'the registry’s word is fresh', () => freshGate(facts)],
    ['6.8.7', 'no advisory stops it', () => advisoryGate(facts)],
  ];
}

/** Refuses by a policy. The hint says where to change it. */
function refused(
  code: 'BLOCKED' | 'TOO_NEW' | 'EVIDENCE_TOO_LOW' | 'EVIDENCE_DOWNGRADE' | 'CAPABILITY_DENIED',
  message: string,
  hint: string,
): RegistryError {
  return new RegistryError(code, message, { hint });
}

const of = ({ name, version }: IndexVersion) => `${name}@${version}`;

function blockedGate({ line, rule }: GateFacts): string {
  if (rule.blocked === undefined) return 'no';
  throw blocked(of(line), rule.blocked);
}

export function blocked(what: string, why: string): RegistryError {
  return refused('BLOCKED', `${what} is blocked: ${why}`, 'Take the rule out of that file to use it.');
}

/** What is locked is held to blocks alone: nothing that only grows old ends a program. @throws RegistryError BLOCKED */
export function assertNotBlocked(
  { ruleOf }: { readonly ruleOf: (name: ModuleName) => EffectiveRule },
  { name, version }: { readonly name: ModuleName; readonly version: string },
): void {
  const why = ruleOf(name).blocked;
  if (why !== undefined) throw blocked(`${name}@${version}`, why);
}

function ageGate({ line, rule, since, isLocked, now }: GateFacts): string | undefined {
  if (rule.minimumAge === 0) return undefined;
  if (isLocked) return 'locked before';
  if (since === undefined)
    throw tooNew(
      line,
      `wanted one that is public for ${formatDuration(rule.minimumAge)}, and nobody says since when it is`,
    );
  const age = Math.max(0, now - since.at);
  if (age >= rule.minimumAge) return `for ${formatDuration(age)}, says ${since.by}`;
  throw tooNew(line, ageText(age, rule.minimumAge, since.by));
}

const ageText = (age: number, wanted: number, by: string) =>
  `public for ${formatDuration(age)} (says ${by}), wanted ${formatDuration(wanted)}`;

function tooNew(line: IndexVersion, why: string): RegistryError {
  return refused(
    'TOO_NEW',
    `${of(line)} is too new: ${why}`,
    'Wait, or name a version that is older. "minimumAge" in mlld-config.json is the rule; "scopes" makes exceptions.',
  );
}

function evidenceGate({ line, rule, evidence }: GateFacts): string | undefined {
  if (rule.evidence === 0) return undefined;
  if (evidence >= rule.evidence) return `${evidence}, wanted ${rule.evidence}`;
  throw refused(
    'EVIDENCE_TOO_LOW',
    `${of(line)}: your policy wants evidence ${rule.evidence}, found ${evidence}`,
    'docs/spec/trust.md §1 says what the levels mean. "evidence" in mlld-config.json is the rule; "scopes" makes exceptions.',
  );
}

function downgradeGate({ line, rule, others }: GateFacts): string | undefined {
  if (!rule.noDowngrade) return undefined;
  const signed = others.find((one) => one.statement !== undefined);
  if (line.statement !== undefined || signed === undefined)
    return signed === undefined ? 'the first of them' : 'none';
  throw refused(
    'EVIDENCE_DOWNGRADE',
    `${of(line)} is not signed, and ${signed.version} is`,
    'Ask the author why. "noDowngrade" in mlld-config.json is the rule.',
  );
}

function needsGate({ line, rule }: GateFacts): string | undefined {
  if (rule.capabilities.length === 0) return undefined;
  const denied = needsNotAllowed(line.needs, rule.capabilities);
  if (denied.length === 0) return line.needs.map((need) => printable(need)).join(', ') || 'it needs nothing';
  throw capabilityDenied(
    of(line),
    denied.map((need) => `need:${need}`),
  );
}

export function capabilityDenied(what: string, denied: readonly string[]): RegistryError {
  return refused(
    'CAPABILITY_DENIED',
    `${what} wants what your policy does not allow: ${denied
      .slice(0, 10)
      .map((one) => printable(one, 80))
      .join(', ')}`,
    '"capabilities" in mlld-config.json is the rule; "scopes" makes exceptions.',
  );
}

function freshGate({ line, rule, asOf, now, isLocked }: GateFacts): string | undefined {
  if (rule.requireFresh === undefined) return undefined;
  return checkFresh(asOf, {
    wanted: rule.requireFresh,
    now,
    what: isLocked ? 'its registry' : `for ${of(line)}, its registry`,
  });
}

/** What is locked goes on in spite of a vulnerability, and not of malware (advisories.md §8). */
function advisoryGate({ advisories, line, isLocked, rule }: GateFacts): string | undefined {
  if (advisories === undefined) return undefined;
  const stopped = stoppedBy(advisories, line, rule.accepted);
  if (stopped !== undefined && (stopped.code === 'MALWARE' || !isLocked)) throw stopped;
  const open = advisoriesOn(advisories, line).map(({ id, severity }) => `${id} (${severity})`);
  return open.length === 0 ? 'none' : `open: ${open.slice(0, 5).join(', ')}`;
}

/** Says how fresh a registry's word is. @throws RegistryError STALE */
export function checkFresh(
  asOf: LogTime | undefined,
  { wanted, now, what }: { readonly wanted: number; readonly now: number; readonly what: string },
): string {
  if (asOf === undefined) {
    throw new RegistryError(
      'STALE',
      `${what} has no log, or was not asked: nobody can say how fresh its word is, wanted ${formatDuration(wanted)}`,
      { hint: 'Without "requireFresh" and --require-fresh an index may be of any age.' },
    );
  }
  const age = Math.max(0, now - asOf.at);
  if (age <= wanted)
    return `${formatDuration(age)} old, says ${asOf.by === 'witnesses' ? 'a quorum of its witnesses' : 'the log itself'}`;
  throw new RegistryError(
    'STALE',
    `${what} shows a state that is ${formatDuration(age)} old, wanted at most ${formatDuration(wanted)}`,
    {
      hint:
        asOf.by === 'witnesses'
          ? 'An old state was shown, or its witnesses have stopped. Try another mirror.'
          : 'Its log has no witnesses: it is as old as the newest thing said in it. Ask for less freshness, or its operator for witnesses.',
    },
  );
}

/** An index with the versions that the policy keeps from being chosen, and why: known before anything else is fetched. */
export interface TakeableIndex extends ModuleIndex {
  readonly withheld?: ReadonlyMap<string, RegistryError>;
}

export interface TakeableFacts {
  readonly rule: EffectiveRule;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The advisories of its registry, as far as they are known. */
  readonly advisories?: readonly AdvisoryEntry[] | undefined;
  readonly withheld?: ((line: IndexVersion) => RegistryError | undefined) | undefined;
}

/**
 * What of an index may be chosen anew. It spares a newest version that is refused afterwards when an older one would do; what
 * is chosen passes the gates all the same.
 */
export function takeable(index: ModuleIndex, facts: TakeableFacts): TakeableIndex {
  const withheld = new Map<string, RegistryError>();
  const { rule, now, advisories = [] } = facts;
  for (const line of index.versions) {
    const error =
      facts.withheld?.(line) ?? stoppedBy(advisories, line, rule.accepted) ?? withheldBy(line, rule, now);
    if (error !== undefined) withheld.set(line.version, error);
  }
  return withheld.size === 0 ? index : { ...index, withheld };
}

function withheldBy(line: IndexVersion, rule: EffectiveRule, now: number): RegistryError | undefined {
  if (rule.blocked !== undefined) return blocked(of(line), rule.blocked);
  const age = line.publishedAt === undefined ? undefined : now - Date.parse(line.publishedAt);
  if (age !== undefined && age < rule.minimumAge)
    return tooNew(line, ageText(Math.max(0, age), rule.minimumAge, 'its author'));
  const denied = rule.capabilities.length === 0 ? [] : needsNotAllowed(line.needs, rule.capabilities);
  if (denied.length > 0)
    return capabilityDenied(
      of(line),
      denied.map((need) => `need:${need}`),
    );
  return undefined;
}
