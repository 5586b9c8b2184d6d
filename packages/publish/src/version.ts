/** Which version comes next, and whether it may. */
import {
  type Bump,
  bumpBetween,
  compareVersions,
  highest,
  nextVersion,
  parseVersion,
  RegistryError,
  satisfies,
} from '@mlld/format';
import type { ExportChange } from '@mlld/lang';
import type { Ui } from './ui.ts';

export interface VersionWish {
  /** Exactly this one. */
  readonly version?: string | undefined;
  readonly bump?: Bump | undefined;
  /** What the manifest says. */
  readonly written: string | undefined;
  readonly published: readonly string[];
  /** What changed for importers since a version, where it can be told. */
  changesSince(version: string): Promise<readonly ExportChange[]>;
}

/** The version to publish: the one asked for, else the written one if it is new, else one that is chosen by bump. */
export async function chooseVersion(wish: VersionWish, ui: Ui): Promise<string> {
  const { published } = wish;
  if (wish.version !== undefined) return parseVersion(wish.version);
  const last = newest(published);
  if (wish.bump !== undefined)
    return last === undefined ? parseVersion(wish.written ?? '1.0.0') : nextVersion(last, wish.bump);
  if (wish.written !== undefined && !published.includes(wish.written)) return parseVersion(wish.written);
  if (last === undefined) return '1.0.0';
  return nextVersion(
    last,
    await ui.choose(
      `${last} is published. What kind of change is this?`,
      bumps(last, await wish.changesSince(last)),
    ),
  );
}

/** The newest release, a pre-release only if there is nothing else. */
export function newest(versions: readonly string[]): string | undefined {
  return highest(versions) ?? [...versions].sort(compareVersions).at(-1);
}

function bumps(last: string, changes: readonly ExportChange[]) {
  const fit: Bump = changes.some((change) => change.breaking)
    ? 'major'
    : changes.length > 0
      ? 'minor'
      : 'patch';
  const about = {
    patch: 'what it does is the same, only better',
    minor: 'something new, all that was is as it was',
    major: 'importers may have to change their code',
  };
  const order: Bump[] = [fit, ...(['patch', 'minor', 'major'] as const).filter((one) => one !== fit)];
  return order.map((value) => ({ value, label: `${value}: ${nextVersion(last, value)} (${about[value]})` }));
}

/** @throws RegistryError VERSION_EXISTS, BAD_VERSION (below one of its own major version) */
export function checkOrder(version: string, published: readonly string[]): void {
  if (published.includes(version)) {
    throw new RegistryError('VERSION_EXISTS', `version ${version} is published already, with other content`, {
      hint: `A published version never changes. Publish the next one: --bump patch (${nextVersion(newest(published) ?? version, 'patch')}).`,
    });
  }
  const major = version.split('.')[0];
  const above = published.filter((one) => one.split('.')[0] === major && compareVersions(one, version) > 0);
  if (above.length === 0) return;
  const top = above.sort(compareVersions).at(-1)!;
  throw new RegistryError('BAD_VERSION', `version ${version} is below ${top}, which is published`, {
    hint: `Versions of one major number only go up: ${nextVersion(top, 'patch')} is next.`,
  });
}

/** The published version whose importers get this one by themselves: the newest that it is compatible with by number. */
export function predecessor(version: string, published: readonly string[]): string | undefined {
  return newest(
    published.filter((one) => compareVersions(one, version) < 0 && satisfies(version, `^${one}`)),
  );
}

/**
 * Refuses a change that breaks importers where their `^` range would take it without asking.
 * @throws RegistryError BREAKING_CHANGE
 */
export function checkBreaking(last: string, version: string, changes: readonly ExportChange[]): void {
  const breaking = changes.filter((change) => change.breaking);
  if (breaking.length === 0) return;
  const bump = bumpBetween(last, version) ?? 'patch';
  const right = nextVersion(last, last.startsWith('0.') ? 'minor' : 'major');
  throw new RegistryError(
    'BREAKING_CHANGE',
    `${version} is a ${bump} after ${last}, and breaks those who import it: ${breaking.map((one) => one.message).join('; ')}`,
    {
      hint: `Publish it as ${right}, or keep what was there. If nobody can depend on it: --force.`,
      data: { changes: breaking.map(({ kind, name, message }) => ({ kind, name, message })) },
    },
  );
}
