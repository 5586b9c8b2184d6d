/**
 * What a user lets into their programs: the member `policy` of `mlld-config.json`, of the project and of the home folder
 * (docs/spec/config.md §3). Which of several rules counts is decided in `@mlld/client`.
 */
import * as d from './decode.ts';
import { parseDuration } from './duration.ts';
import { printable, RegistryError } from './errors.ts';
import type { Evidence } from './index-file.ts';
import type { Json } from './json.ts';
import { type Author, parseAuthor, parseModuleName } from './name.ts';
import { parseAdvisoryId } from './statement-advisory.ts';

/** People by their names as authors. */
export interface People {
  readonly trusted?: readonly Author[];
  readonly blocked?: readonly Author[];
}

/** Each member that is absent says nothing. */
export interface PolicyRule {
  /** Least evidence level. */
  readonly evidence?: Evidence;
  /** Milliseconds that a version has been public before it is taken. */
  readonly minimumAge?: number;
  /** Whether a version may not have less evidence than any other version of its module. */
  readonly noDowngrade?: boolean;
  /** Milliseconds: how old the registry's word may be on which something new is resolved. */
  readonly requireFresh?: number;
  /** What code may reach for, as `kind:name`, with `*` for any part of the name. */
  readonly capabilities?: readonly string[];
  readonly reviewers?: People;
  /** Nothing of this scope is taken or run. */
  readonly blocked?: boolean;
}

export interface UserPolicy extends PolicyRule {
  readonly authors?: People & {
    /** Whether only modules of trusted authors are taken. */
    readonly onlyTrusted?: boolean;
  };
  /** Ids of advisories that keep nothing from being chosen. Malware is never accepted. */
  readonly acceptedAdvisories?: readonly string[];
  /** By `@author` or `@author/name`: what is said there goes before what is said for all. */
  readonly scopes: ReadonlyMap<string, PolicyRule>;
}

export const emptyPolicy: UserPolicy = { scopes: new Map() };

export const capabilityKinds = [
  'command',
  'code',
  'network',
  'read',
  'write',
  'environment',
  'mcp',
  'need',
] as const;

const ruleMembers = [
  'evidence',
  'minimumAge',
  'noDowngrade',
  'requireFresh',
  'capabilities',
  'reviewers',
] as const;

/** A member that is not known is refused: a rule with a typing error must not pass as none. @throws RegistryError BAD_SHAPE, BAD_CONFIG, BAD_NAME */
export const userPolicy: d.Decoder<UserPolicy> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, [...ruleMembers, 'authors', 'acceptedAdvisories', 'scopes'], path);
  const scopes = d.map(scopeRule, 1000, checkScope)(found.scopes ?? {}, `${path}.scopes`);
  return d.compact({
    ...ruleOf(found, path),
    authors: d.optional(authors)(found.authors, `${path}.authors`),
    acceptedAdvisories: d.optional(d.array(d.parsed(parseAdvisoryId), 1000))(
      found.acceptedAdvisories,
      `${path}.acceptedAdvisories`,
    ),
    scopes,
  });
};

const scopeRule: d.Decoder<PolicyRule> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, [...ruleMembers, 'blocked'], path);
  return d.compact({
    ...ruleOf(found, path),
    blocked: d.optional(d.boolean)(found.blocked, `${path}.blocked`),
  });
};

function ruleOf(found: Readonly<Record<string, Json>>, path: string): PolicyRule {
  return d.compact({
    evidence: d.optional(d.literal(0, 1, 2, 3, 4))(found.evidence, `${path}.evidence`),
    minimumAge: d.optional(d.parsed(parseDuration))(found.minimumAge, `${path}.minimumAge`),
    noDowngrade: d.optional(d.boolean)(found.noDowngrade, `${path}.noDowngrade`),
    requireFresh: d.optional(d.parsed(parseDuration))(found.requireFresh, `${path}.requireFresh`),
    capabilities: d.optional(d.array(d.parsed(capabilityPattern), 1000))(
      found.capabilities,
      `${path}.capabilities`,
    ),
    reviewers: d.optional(people)(found.reviewers, `${path}.reviewers`),
  });
}

const name: d.Decoder<Author> = d.parsed((text) => parseAuthor(text.replace(/^@/, '')));

const people: d.Decoder<People> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['trusted', 'blocked'], path);
  return listed(found, path);
};

const authors: d.Decoder<NonNullable<UserPolicy['authors']>> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['trusted', 'blocked', 'onlyTrusted'], path);
  const onlyTrusted = d.optional(d.boolean)(found.onlyTrusted, `${path}.onlyTrusted`);
  return d.compact({ ...listed(found, path), onlyTrusted });
};

function listed(found: Readonly<Record<string, Json>>, path: string): People {
  const names = d.optional(d.array(name, 10_000));
  return d.compact({
    trusted: names(found.trusted, `${path}.trusted`),
    blocked: names(found.blocked, `${path}.blocked`),
  });
}

function checkScope(text: string): void {
  if (text.includes('/')) parseModuleName(text);
  else parseModuleName(`${text}/any`);
}

/** `network:*.example.org`, `command:git`, `code:js`, `need:network`. @throws RegistryError BAD_CONFIG */
function capabilityPattern(text: string): string {
  const kind = text.slice(0, Math.max(0, text.indexOf(':')));
  const known = (capabilityKinds as readonly string[]).includes(kind);
  if (known && text.length > kind.length + 1 && text.length <= 400) return text;
  throw new RegistryError('BAD_CONFIG', `'${printable(text, 80)}' is no capability`, {
    hint: `Write <kind>:<name>, of a kind of ${capabilityKinds.join(', ')}; * stands for any text in the name.`,
  });
}
