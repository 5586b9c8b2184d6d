/** Which version of one module a selector means (docs/spec/resolve.md §3.1). Pure. */
import {
  compareVersions,
  formatSelector,
  type IndexVersion,
  printable,
  RegistryError,
  type Selector,
  satisfies,
} from '@mlld/format';
import type { TakeableIndex } from '../policy/gates.ts';

/** How the refused version was asked for, from the program down: `@alice/a@1.0.0 → @bob/b`. */
export interface SelectOptions {
  readonly chain?: string;
}

/** The version that `selector` means now. @throws RegistryError VERSION_NOT_FOUND, YANKED, AMBIGUOUS_HASH */
export function selectVersion(
  index: TakeableIndex,
  selector: Selector,
  options: SelectOptions = {},
): IndexVersion {
  switch (selector.kind) {
    case 'any':
      return newest(index, options);
    case 'tag':
      return selector.tag === 'latest' ? newest(index, options) : tagged(index, selector.tag, options);
    case 'exact':
      return usable(index, byVersion(index, selector.version), { selector, ...options });
    case 'range':
      return inRange(index, selector.range, options);
    case 'hash':
      return byHash(index, selector.prefix, options);
  }
}

/** Versions in a range that a new resolution may take: not yanked, highest first. */
export function candidates(index: TakeableIndex, range: string): IndexVersion[] {
  return notYanked(index).filter(({ version }) => satisfies(version, range));
}

function notYanked(index: TakeableIndex): IndexVersion[] {
  return index.versions
    .filter(({ version }) => !index.header.yanked.has(version) && !index.withheld?.has(version))
    .sort((a, b) => compareVersions(b.version, a.version));
}

/** The group in which versions are meant to be compatible: one a major, and of 0.x one a minor (§3.3). */
export function compatibleGroup(version: string): string {
  const [major = '0', minor = '0'] = version.split('.');
  return major === '0' ? `0.${minor}` : major;
}

/** §3.1: the tag `latest` if it names a version that can be taken, else the highest release, else the highest pre-release. */
function newest(index: TakeableIndex, options: SelectOptions): IndexVersion {
  const latest = index.header.tags.get('latest');
  const sorted = notYanked(index);
  const byTag = sorted.find(({ version }) => version === latest);
  const found = byTag ?? sorted.find(({ version }) => !version.includes('-')) ?? sorted[0];
  if (found !== undefined) return found;
  return usable(index, index.versions[0], { selector: { kind: 'any' }, ...options });
}

function tagged(index: TakeableIndex, tag: string, options: SelectOptions): IndexVersion {
  const version = index.header.tags.get(tag);
  const selector = { kind: 'tag', tag } as const;
  return usable(index, version === undefined ? undefined : byVersion(index, version), {
    selector,
    ...options,
  });
}

function inRange(index: TakeableIndex, range: string, options: SelectOptions): IndexVersion {
  const found = candidates(index, range)[0];
  const yanked = index.versions.find(({ version }) => satisfies(version, range));
  return usable(index, found ?? yanked, { selector: { kind: 'range', range }, ...options });
}

function byHash(index: TakeableIndex, prefix: string, options: SelectOptions): IndexVersion {
  const found = index.versions.filter((line) =>
    [line.digest, line.contentHash, line.files.find(({ path }) => path === line.entry)?.sha256].some((hash) =>
      hash?.startsWith(prefix),
    ),
  );
  if (found.length > 1) {
    const versions = found.map(({ version }) => version).join(', ');
    throw new RegistryError(
      'AMBIGUOUS_HASH',
      `${index.header.name}: the hash ${prefix} is the beginning of ${found.length} versions (${versions})`,
      { hint: 'Give more digits of it.' },
    );
  }
  return usable(index, found[0], { selector: { kind: 'hash', prefix }, ...options });
}

function byVersion(index: TakeableIndex, wanted: string): IndexVersion | undefined {
  return index.versions.find(({ version }) => version === wanted);
}

interface Found extends SelectOptions {
  readonly selector: Selector;
}

function usable(
  index: TakeableIndex,
  line: IndexVersion | undefined,
  { selector, chain }: Found,
): IndexVersion {
  if (line === undefined) throw versionNotFound(index, selector, chain);
  const withheld = index.withheld?.get(line.version);
  if (withheld !== undefined)
    throw new RegistryError(withheld.code, `${withheld.message}${by(chain)}`, {
      hint: withheld.hint,
      cause: withheld,
    });
  const reason = index.header.yanked.get(line.version);
  if (reason === undefined) return line;
  const why = reason === '' ? 'its author withdrew it' : printable(reason);
  throw new RegistryError('YANKED', `${index.header.name}@${line.version} is yanked: ${why}${by(chain)}`, {
    hint: listed(index),
    data: { name: index.header.name, version: line.version, reason },
  });
}

function versionNotFound(index: TakeableIndex, selector: Selector, chain: string | undefined): RegistryError {
  const { name, tags } = index.header;
  const wanted = formatSelector(selector);
  const newer = index.skipped.length > 0 ? ` ${index.skipped.length} more need a newer mlld.` : '';
  const known = selector.kind === 'tag' && tags.size > 0 ? ` Tags: ${[...tags.keys()].join(', ')}.` : '';
  return new RegistryError('VERSION_NOT_FOUND', `${name}: no version is '${wanted}'${by(chain)}`, {
    hint: `${listed(index)}${known}${newer}`,
    data: { name, wanted, versions: index.versions.map(({ version }) => version) },
  });
}

function listed(index: TakeableIndex): string {
  const versions = notYanked(index).map(({ version }) => version);
  if (versions.length === 0) return 'It has no version that can be taken.';
  const shown = versions.slice(0, 10).join(', ');
  return `Versions: ${shown}${versions.length > 10 ? `, … (${versions.length} in all)` : ''}.`;
}

function by(chain: string | undefined): string {
  return chain === undefined ? '' : ` (asked for by ${chain})`;
}
