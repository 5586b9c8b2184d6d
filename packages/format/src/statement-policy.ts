/**
 * The policy chain and the statements that the builder makes (docs/spec/statements.md §10): `policy`, the root of all
 * trust in a registry; `record`, which logs an unsigned version record of today's registry; `snapshot`, the state of the
 * index at a size of the log.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import { RegistryError } from './errors.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName, parseRegistryName } from './name.ts';
import { openStatement, type ParseOptions, versionDecoder } from './statement.ts';
import { publicKeyText } from './statement-keyset.ts';

/** Keys that speak together: `threshold` distinct ones of `keys` (OpenSSH public keys). */
export interface Role {
  readonly keys: readonly string[];
  readonly threshold: number;
}

export const policyRoles = ['root', 'maintainers', 'advisories', 'recovery', 'statistics'] as const;
export type PolicyRole = (typeof policyRoles)[number];

/** `policy`: version n + 1 is signed by the `root` thresholds of n and of n + 1. */
export interface Policy {
  readonly type: 'policy';
  readonly v: 1;
  readonly registry: string;
  /** 1, 2, 3, … */
  readonly n: number;
  /** `root` is always there; a role that is absent is the root's. */
  readonly roles: ReadonlyMap<PolicyRole, Role>;
  readonly log: {
    /** Origin line of the log's checkpoints (C2SP tlog-checkpoint). */
    readonly origin: string;
    /** Verifier keys of the log (C2SP signed-note); a checkpoint carries a signature by one of them. */
    readonly keys: readonly string[];
  };
  /** Verifier keys of the witnesses (C2SP tlog-cosignature). */
  readonly witnesses: readonly string[];
  /** How many distinct witnesses must have cosigned a checkpoint; 0: none. */
  readonly quorum: number;
  /** Authors and `author/name`s that nobody may register. */
  readonly reserved: readonly string[];
  /** Authors whose judgement is the root of trust for users who name nobody (reputation.md §1). */
  readonly reviewers?: readonly Author[];
  /** Hours that a recovery of lost keys is public before it takes effect. */
  readonly recoveryDelayHours: number;
  readonly createdAt: string;
  /** After this, clients resolve nothing new until a newer policy is shown; what is locked goes on. */
  readonly expires?: string;
}

/** `record`: a version record without a signature, as it was first seen. Made by the builder, so that it can't change. */
export interface RecordStatement {
  readonly type: 'record';
  readonly v: 1;
  readonly registry: string;
  readonly name: ModuleName;
  readonly version: string;
  /** sha256 of the record's file. */
  readonly sha256: Sha256Hex;
}

/** `snapshot`: the last leaf of every published tree. */
export interface Snapshot {
  readonly type: 'snapshot';
  readonly v: 1;
  readonly registry: string;
  /** Leaves before this one. */
  readonly size: number;
  /** Root of the index tree (docs/spec/snapshot.md), in hex. */
  readonly root: Sha256Hex;
  /** Hex digits that the keys of one bucket of the index tree share (docs/spec/snapshot.md §2). */
  readonly depth: 0 | 2 | 3 | 4;
  /** Index files in the tree. */
  readonly modules: number;
  /** The newest policy. */
  readonly policy: number;
  /** sha256 of the compact advisory index, and how many advisories it holds. */
  readonly advisories: { readonly sha256: Sha256Hex; readonly count: number };
  readonly at: string;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_STATEMENT, TOO_LARGE, UNSUPPORTED_VERSION */
export function parsePolicy(bytes: Uint8Array | string, { where = 'policy' }: ParseOptions = {}): Policy {
  const { value, $ } = openStatement(bytes, ['policy'], where);
  d.onlyMembers(value, policyMembers, $);
  const log = d.object(value.log, `${$}.log`);
  const policy: Policy = d.compact({
    type: 'policy' as const,
    v: 1 as const,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    n: d.integer(1, limits.policyChain)(value.n, `${$}.n`),
    roles: d.map(role, policyRoles.length, roleName)(value.roles, `${$}.roles`) as Map<PolicyRole, Role>,
    log: {
      origin: d.text(200)(log.origin, `${$}.log.origin`),
      keys: d.array(vkey, 10)(log.keys, `${$}.log.keys`),
    },
    witnesses: d.array(vkey, 100)(value.witnesses, `${$}.witnesses`),
    quorum: d.integer(0, 100)(value.quorum, `${$}.quorum`),
    reserved: d.array(d.text(110), 10_000)(value.reserved, `${$}.reserved`),
    reviewers: d.optional(d.array(d.parsed(parseAuthor), 1000))(value.reviewers, `${$}.reviewers`),
    recoveryDelayHours: d.integer(0, 24 * 365)(value.recoveryDelayHours, `${$}.recoveryDelayHours`),
    createdAt: d.instant(value.createdAt, `${$}.createdAt`),
    expires: d.optional(d.instant)(value.expires, `${$}.expires`),
  });
  if (!policy.roles.has('root')) throw d.badShape(`${$}.roles.root`, 'the keys of the root', undefined);
  if (policy.log.keys.length === 0) throw d.badShape(`${$}.log.keys`, 'at least one key of the log', []);
  if (new Set(policy.reviewers).size !== (policy.reviewers?.length ?? 0))
    throw new RegistryError('BAD_STATEMENT', `${$}.reviewers: an author stands twice`);
  if (new Set(policy.witnesses).size !== policy.witnesses.length)
    throw new RegistryError('BAD_STATEMENT', `${$}.witnesses: a key stands twice`);
  if (policy.quorum > policy.witnesses.length) {
    throw new RegistryError(
      'BAD_STATEMENT',
      `${$}.quorum: wanted at most ${policy.witnesses.length}, found ${policy.quorum}`,
    );
  }
  return policy;
}

const policyMembers = [
  'type',
  'v',
  'registry',
  'n',
  'roles',
  'log',
  'witnesses',
  'quorum',
  'reserved',
  'reviewers',
  'recoveryDelayHours',
  'createdAt',
  'expires',
];

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseRecordStatement(
  bytes: Uint8Array | string,
  { where = 'record' }: ParseOptions = {},
): RecordStatement {
  const { value, $ } = openStatement(bytes, ['record'], where);
  d.onlyMembers(value, ['type', 'v', 'registry', 'name', 'version', 'sha256'], $);
  return {
    type: 'record',
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    version: versionDecoder(value.version, `${$}.version`),
    sha256: d.parsed(parseSha256)(value.sha256, `${$}.sha256`),
  };
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseSnapshot(
  bytes: Uint8Array | string,
  { where = 'snapshot' }: ParseOptions = {},
): Snapshot {
  const { value, $ } = openStatement(bytes, ['snapshot'], where);
  d.onlyMembers(
    value,
    ['type', 'v', 'registry', 'size', 'root', 'depth', 'modules', 'policy', 'advisories', 'at'],
    $,
  );
  const advisories = d.object(value.advisories, `${$}.advisories`);
  return {
    type: 'snapshot',
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    size: d.integer(0)(value.size, `${$}.size`),
    root: d.parsed(parseSha256)(value.root, `${$}.root`),
    depth: d.literal(0, 2, 3, 4)(value.depth, `${$}.depth`),
    modules: d.integer(0)(value.modules, `${$}.modules`),
    policy: d.integer(1, limits.policyChain)(value.policy, `${$}.policy`),
    advisories: {
      sha256: d.parsed(parseSha256)(advisories.sha256, `${$}.advisories.sha256`),
      count: d.integer(0)(advisories.count, `${$}.advisories.count`),
    },
    at: d.instant(value.at, `${$}.at`),
  };
}

export function encodePolicy(policy: Policy): string {
  return `${JSON.stringify({ ...policy, roles: Object.fromEntries(policy.roles) }, null, 2)}\n`;
}

/** One line: a log of a large registry holds one for each record. */
export function encodeRecordStatement(record: Omit<RecordStatement, 'type' | 'v'>): string {
  const { registry, name, version, sha256 } = record;
  return `${JSON.stringify({ type: 'record', v: 1, registry, name, version, sha256 })}\n`;
}

export function encodeSnapshot(snapshot: Omit<Snapshot, 'type' | 'v'>): string {
  const { registry, size, root, depth, modules, policy, advisories, at } = snapshot;
  const said = { registry, size, root, depth, modules, policy, advisories, at };
  return `${JSON.stringify({ type: 'snapshot', v: 1, ...said })}\n`;
}

function roleName(name: string): PolicyRole {
  return d.literal(...policyRoles)(name, 'role');
}

const role: d.Decoder<Role> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['keys', 'threshold'], path);
  const keys = d.array(publicKeyText, limits.keysPerKeyset)(found.keys, `${path}.keys`);
  const threshold = d.integer(1, limits.keysPerKeyset)(found.threshold, `${path}.threshold`);
  if (new Set(keys.map((key) => key.split(' ')[1])).size !== keys.length)
    throw new RegistryError('BAD_STATEMENT', `${path}.keys: a key stands twice`);
  if (threshold > keys.length)
    throw new RegistryError(
      'BAD_STATEMENT',
      `${path}.threshold: wanted at most ${keys.length}, found ${threshold}`,
    );
  return { keys, threshold };
};

/** `name+hash+key` (C2SP signed-note); what it holds is checked where it is used. */
const vkey: d.Decoder<string> = (value, path) => {
  const found = d.text(1000)(value, path);
  if (!/^[^+\s]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+={0,2}$/.test(found))
    throw d.badShape(path, 'a verifier key name+hash+key', found);
  return found;
};
