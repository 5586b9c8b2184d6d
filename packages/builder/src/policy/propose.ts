/** New policies (docs/spec/statements.md §10): the first, and the next with changes. Signing is the caller's. */
import {
  encodePolicy,
  type Policy,
  type PolicyRole,
  parseAuthor,
  parsePolicy,
  RegistryError,
  type Role,
} from '@mlld/format';
import { parsePublicKey } from '@mlld/trust';
import { parseVerifierKey } from '@mlld/trust/log';

/** What a proposal changes; what is absent stays as it is. */
/** A change of who speaks in a role. A role without keys is the root's again. */
export interface RoleChange {
  readonly add?: readonly string[] | undefined;
  /** Fingerprints, comments or whole public keys. */
  readonly remove?: readonly string[] | undefined;
  readonly threshold?: number | undefined;
}

export interface PolicyChange {
  /** Roles beside the root: `recovery`, `advisories`, `maintainers`. */
  readonly roles?: ReadonlyMap<PolicyRole, RoleChange> | undefined;
  readonly addRootKeys?: readonly string[] | undefined;
  /** Fingerprints, comments or whole public keys. */
  readonly removeRootKeys?: readonly string[] | undefined;
  readonly threshold?: number | undefined;
  /** Verifier keys; the last added one comes first, and is the one to sign with. */
  readonly addLogKeys?: readonly string[] | undefined;
  readonly removeLogKeys?: readonly string[] | undefined;
  readonly addWitnesses?: readonly string[] | undefined;
  readonly removeWitnesses?: readonly string[] | undefined;
  readonly quorum?: number | undefined;
  readonly reserve?: readonly string[] | undefined;
  readonly unreserve?: readonly string[] | undefined;
  /** Authors. */
  readonly addReviewers?: readonly string[] | undefined;
  readonly removeReviewers?: readonly string[] | undefined;
  readonly recoveryDelayHours?: number | undefined;
  readonly expires?: string | undefined;
}

export interface FirstPolicy extends PolicyChange {
  readonly registry: string;
  readonly createdAt: string;
}

/** Origin of a registry's log, for ever. */
export function logOrigin(registry: string): string {
  return `${registry}/log`;
}

/** Policy 1 as text. @throws RegistryError USAGE, BAD_KEY, WEAK_KEY, BAD_SHAPE, BAD_STATEMENT */
export function firstPolicy({ registry, createdAt, ...change }: FirstPolicy): string {
  const nothing: Policy = {
    type: 'policy',
    v: 1,
    registry,
    n: 0,
    roles: new Map([['root', { keys: [], threshold: 1 }]]),
    log: { origin: logOrigin(registry), keys: [] },
    witnesses: [],
    quorum: 0,
    reserved: [],
    recoveryDelayHours: 7 * 24,
    createdAt,
  };
  return nextPolicy(nothing, change, createdAt);
}

/** The policy after `before`, with changes. @throws RegistryError USAGE, BAD_KEY, WEAK_KEY, BAD_SHAPE, BAD_STATEMENT */
export function nextPolicy(before: Policy, change: PolicyChange, createdAt: string): string {
  const { log } = before;
  const root = { add: change.addRootKeys, remove: change.removeRootKeys, threshold: change.threshold };
  const { expires: _old, reviewers: known = [], ...rest } = before;
  const reviewers = listed(known, change.addReviewers?.map(parseAuthor), change.removeReviewers, 'reviewer');
  const expires = change.expires ?? before.expires;
  const next: Policy = {
    ...rest,
    n: before.n + 1,
    roles: nextRoles(before.roles, new Map([...(change.roles ?? []), ['root', root]])),
    log: { ...log, keys: listed(log.keys, change.addLogKeys, change.removeLogKeys, 'log key') },
    witnesses: listed(before.witnesses, change.addWitnesses, change.removeWitnesses, 'witness'),
    quorum: change.quorum ?? before.quorum,
    reserved: listed(before.reserved, change.reserve, change.unreserve, 'reserved name').sort(),
    recoveryDelayHours: change.recoveryDelayHours ?? before.recoveryDelayHours,
    createdAt,
    ...(reviewers.length === 0 ? {} : { reviewers: reviewers.map(parseAuthor).sort() }),
    ...(expires === undefined ? {} : { expires }),
  };
  for (const vkey of next.log.keys) requireKey(vkey, 'ed25519', log.origin);
  for (const vkey of next.witnesses) requireKey(vkey, 'cosignature/v1');
  const text = encodePolicy(next);
  parsePolicy(text, { where: `policy/${next.n}.json` });
  return text;
}

function requireKey(vkey: string, type: 'ed25519' | 'cosignature/v1', name?: string): void {
  const key = parseVerifierKey(vkey);
  if (key.type !== type)
    throw new RegistryError('BAD_KEY', `${vkey}: wanted a key of type ${type}, found ${key.type}`);
  if (name !== undefined && key.name !== name)
    throw new RegistryError('BAD_KEY', `${vkey}: the name of a log's key is its origin, ${name}`);
}

function nextRoles(
  before: Policy['roles'],
  changes: ReadonlyMap<PolicyRole, RoleChange>,
): Map<PolicyRole, Role> {
  const roles = new Map(before);
  for (const [name, change] of changes) {
    const role = nextRole(name, roles.get(name) ?? { keys: [], threshold: 1 }, change);
    if (role.keys.length > 0 || name === 'root') roles.set(name, role);
    else roles.delete(name);
  }
  return roles;
}

function nextRole(name: PolicyRole, { keys, threshold }: Role, change: RoleChange): Role {
  const removed = change.remove ?? [];
  const kept = keys.filter((key) => !removed.some((one) => names(key, one)));
  const unknown = removed.find((one) => !keys.some((key) => names(key, one)));
  if (unknown !== undefined)
    throw new RegistryError('USAGE', `'${unknown}' is no ${name} key`, { hint: keys.join('\n') });
  const added = (change.add ?? []).map((key) => {
    parsePublicKey(key);
    return key.trim();
  });
  return { keys: [...kept, ...added], threshold: change.threshold ?? threshold };
}

/** Whether a root key is meant: by fingerprint, by comment, or whole. */
function names(key: string, wanted: string): boolean {
  const [type, base64, comment] = key.split(' ');
  return [key, `${type} ${base64}`, comment, parsePublicKey(key).fingerprint].includes(wanted);
}

function listed(
  before: readonly string[],
  added: readonly string[] = [],
  removed: readonly string[] = [],
  what = '',
): string[] {
  const unknown = removed.find((one) => !before.includes(one));
  if (unknown !== undefined) throw new RegistryError('USAGE', `'${unknown}' is no ${what} of this registry`);
  const kept = before.filter((one) => !removed.includes(one) && !added.includes(one));
  return [...new Set([...[...added].reverse(), ...kept])];
}
