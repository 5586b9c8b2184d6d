/** What advisories stop (docs/spec/advisories.md §8). Pure, but for one look into the cache. */
import path from 'node:path';
import {
  type AdvisoryEntry,
  compareVersions,
  type LockedModule,
  type ModuleName,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import { affectedBy, gateOf } from '@mlld/trust';
import type { Ops } from '../ops.ts';
import { type BlockedEntry, readBlocked } from './store.ts';

export interface JudgedVersion {
  readonly name: ModuleName;
  readonly version: string;
  readonly digest?: Sha256Hex | undefined;
}

/** The open advisories about a version, the gravest first. */
export function advisoriesOn(
  entries: readonly AdvisoryEntry[],
  version: JudgedVersion,
): readonly AdvisoryEntry[] {
  const ranks = ['locked', 'new', 'warn'];
  return entries
    .filter((one) => gateOf(one) !== 'none' && affectedBy(one.affected, version) !== undefined)
    .sort((a, b) => ranks.indexOf(gateOf(a)) - ranks.indexOf(gateOf(b)));
}

/** Why a version may not be chosen; undefined if no advisory stops it, or the user accepts those that do. */
export function stoppedBy(
  entries: readonly AdvisoryEntry[],
  version: JudgedVersion,
  accepted: readonly string[],
): RegistryError | undefined {
  const [gravest] = advisoriesOn(entries, version).filter(
    (one) => gateOf(one) === 'locked' || !accepted.includes(one.id),
  );
  if (gravest === undefined) return undefined;
  const gate = gateOf(gravest);
  if (gate === 'locked') return malware(version, gravest);
  if (gate !== 'new') return undefined;
  return new RegistryError(
    'ADVISORY',
    `${version.name}@${version.version} has a critical vulnerability: ${textOf(gravest)}`,
    {
      hint: `${hintOf(version, gravest)}. To take it all the same: "acceptedAdvisories" in the policy of mlld-config.json.`,
      data: { id: gravest.id },
    },
  );
}

/** What is said of a version that may be chosen all the same. */
export function warningOf(entry: AdvisoryEntry, { name, version }: JudgedVersion): string {
  const { id, severity, official, title, by } = entry;
  const what = official ? `${severity}, ${id}` : `${id}, reported by ${by} and not confirmed`;
  return `${name}@${version}: ${printable(title)} (${what}); mlld advisory show ${id}`;
}

function malware(version: JudgedVersion, entry: BlockedEntry): RegistryError {
  return new RegistryError('MALWARE', `${version.name}@${version.version} is malware: ${textOf(entry)}`, {
    hint: `Nothing of it was run. ${hintOf(version, entry)}`,
    data: { id: entry.id },
  });
}

function textOf({ id, title, summary }: BlockedEntry): string {
  return `${id}: ${printable(title, 100)}. ${printable(summary, 1000)}`;
}

function hintOf({ name, version }: JudgedVersion, { patches, id }: BlockedEntry): string {
  const better = patches
    .filter((one) => one.name === name && compareVersions(one.version, version) > 0)
    .map((one) => one.version)
    .sort(compareVersions)[0];
  return better === undefined
    ? `No version without it is known: mlld remove ${name}. More: mlld advisory show ${id}`
    : `Take ${better} or newer: mlld audit fix. More: mlld advisory show ${id}`;
}

/**
 * Refuses a locked version that is malware, by what is in the cache: no network, no age (§8.3).
 * @throws RegistryError MALWARE, with the advisory's text
 */
export function assertNotMalware(
  ops: Pick<Ops, 'files'>,
  cacheDir: string,
  locked: Pick<LockedModule, 'name' | 'version' | 'registry' | 'digest'>,
): void {
  const { name, version, registry, digest } = locked;
  const blocked = readBlocked(ops, path.join(cacheDir, registry), name);
  const entry = blocked?.find(
    ({ affected }) => affectedBy(affected, { name, version, digest }) !== undefined,
  );
  if (entry !== undefined) throw malware(locked, entry);
}
