/**
 * Which of a user's rules counts for a module (docs/spec/config.md §3). Within one file what is said of a scope goes before what is
 * said of all; between files the stricter wins. Pure.
 */
import {
  type Author,
  authorOf,
  type Evidence,
  type ModuleName,
  type PolicyRule,
  type UserPolicy,
} from '@mlld/format';

/** A policy and the file that it stands in. */
export interface PolicySource {
  readonly where: string;
  readonly policy: UserPolicy;
}

export interface EffectiveRule {
  readonly evidence: Evidence;
  /** Milliseconds. */
  readonly minimumAge: number;
  readonly noDowngrade: boolean;
  /** Milliseconds. */
  readonly requireFresh?: number;
  /** Each of these lists has to allow a capability. */
  readonly capabilities: readonly (readonly string[])[];
  /** Ids of advisories that keep nothing from being chosen, but for malware. */
  readonly accepted: readonly string[];
  /** Why nothing of the module is taken, if so. */
  readonly blocked?: string;
}

/** What counts for one module. */
export function ruleFor(policies: readonly PolicySource[], name: ModuleName): EffectiveRule {
  const rules = policies.map(({ policy }) => within(policy, name));
  const said = <T>(read: (rule: PolicyRule) => T | undefined): T[] =>
    rules.map(read).filter((one): one is Exclude<typeof one, undefined> => one !== undefined) as T[];
  const fresh = said(({ requireFresh }) => requireFresh);
  const blocked = policies.map((source) => blockedBy(source, name)).find((one) => one !== undefined);
  return {
    evidence: Math.max(0, ...said(({ evidence }) => evidence)) as Evidence,
    minimumAge: Math.max(0, ...said(({ minimumAge }) => minimumAge)),
    noDowngrade: said(({ noDowngrade }) => noDowngrade).includes(true),
    capabilities: said(({ capabilities }) => capabilities),
    accepted: inAll(
      policies.flatMap(({ policy }) => (policy.acceptedAdvisories ? [policy.acceptedAdvisories] : [])),
    ),
    ...(fresh.length === 0 ? {} : { requireFresh: Math.min(...fresh) }),
    ...(blocked === undefined ? {} : { blocked }),
  };
}

/** What every one of some lists has; nothing without a list. */
function inAll<T>(lists: readonly (readonly T[])[]): T[] {
  return (lists[0] ?? []).filter((one) => lists.every((list) => list.includes(one)));
}

/** The scopes of a name, the widest first. */
function scopesOf(name: ModuleName): readonly string[] {
  return [`@${authorOf(name)}`, name];
}

function within(policy: UserPolicy, name: ModuleName): PolicyRule {
  return Object.assign(
    {},
    policy,
    ...scopesOf(name).map((scope) => policy.scopes.get(scope) ?? {}),
  ) as PolicyRule;
}

/** A block is never taken back by a narrower scope. */
function blockedBy({ where, policy }: PolicySource, name: ModuleName): string | undefined {
  const author = authorOf(name);
  const scope = scopesOf(name).find((one) => policy.scopes.get(one)?.blocked === true);
  if (scope !== undefined) return `${where} blocks ${scope}`;
  const { authors } = policy;
  if (authors?.blocked?.includes(author)) return `${where} blocks its author ${author}`;
  if (authors?.onlyTrusted && !authors.trusted?.includes(author))
    return `${where} takes modules of trusted authors only, and ${author} is none of them`;
  return undefined;
}

/** The people that a user has named. Nobody is both: who is blocked in one file is trusted in none. */
export interface NamedPeople {
  readonly trusted: ReadonlySet<Author>;
  readonly blocked: ReadonlySet<Author>;
}

export interface PolicyPeople {
  readonly authors: NamedPeople;
  readonly reviewers: NamedPeople;
}

/**
 * The user's own roots of trust: where reputation begins, and whose word counts nothing (docs/spec/reputation.md). With `name`, as
 * the scopes of that module say. Where both files name trusted people, only those count that both name.
 */
export function namedPeople(policies: readonly PolicySource[], name?: ModuleName): PolicyPeople {
  const reviewers = policies.map(({ policy }) =>
    name === undefined ? policy.reviewers : within(policy, name).reviewers,
  );
  const blockedReviewers = policies.flatMap(({ policy }) => [
    ...(policy.reviewers?.blocked ?? []),
    ...(name === undefined
      ? []
      : scopesOf(name).flatMap((one) => policy.scopes.get(one)?.reviewers?.blocked ?? [])),
  ]);
  const authors = policies.map(({ policy }) => policy.authors);
  return {
    authors: joined(
      authors.map((one) => one?.trusted),
      authors.flatMap((one) => one?.blocked ?? []),
    ),
    reviewers: joined(
      reviewers.map((one) => one?.trusted),
      blockedReviewers,
    ),
  };
}

function joined(
  trusted: readonly (readonly Author[] | undefined)[],
  blocked: readonly Author[],
): NamedPeople {
  const stated = trusted.filter((one) => one !== undefined);
  const all = new Set(blocked);
  const agreed = inAll(stated);
  return { trusted: new Set(agreed.filter((one) => !all.has(one))), blocked: all };
}
