/** What lists of modules say of each: kept from build to build, so that a list of all needs no module loaded. */
import {
  authorOf,
  decode as d,
  type Evidence,
  type IndexHeader,
  type IndexVersion,
  type ModuleKind,
  type ModuleName,
  type Sha256Hex,
} from '@mlld/format';
import type { ReadModule, ReadRelease } from '../repository/model.ts';

export interface CatalogRecord {
  readonly name: ModuleName;
  readonly author: string;
  readonly about: string;
  readonly kind: ModuleKind;
  /** What `latest` names. What follows is said of this version. */
  readonly version: string;
  readonly digest?: Sha256Hex;
  readonly publishedAt?: string;
  readonly keywords: readonly string[];
  readonly license: string;
  readonly needs: readonly string[];
  readonly exports: readonly string[];
  /** Modules that it imports. */
  readonly imports: readonly ModuleName[];
  readonly evidence: Evidence;
  readonly checked: 'match' | 'mismatch' | 'unreachable' | 'unchecked';
  /** sha256 of README.md, where the module has one and its source gave it. */
  readonly readme?: Sha256Hex;
  readonly repo?: string;
  readonly homepage?: string;
  readonly owners: readonly string[];
  /** Number of versions, and when the first one was published. */
  readonly versions: number;
  readonly firstPublishedAt?: string;
  readonly deprecated?: IndexHeader['deprecated'];
  /** Whether every version is yanked. */
  readonly yanked: boolean;
  readonly advisories: readonly string[];
}

/** Undefined for a module without a version. */
export function recordOf(
  read: ReadModule,
  { header, versions }: { readonly header: IndexHeader; readonly versions: readonly IndexVersion[] },
): CatalogRecord | undefined {
  const latest = versions.find(({ version }) => version === header.tags.get('latest')) ?? versions[0];
  const release = read.releases.find(({ version }) => version === latest?.version);
  if (latest === undefined || release === undefined) return undefined;
  const { keywords, repo, homepage } = sayingOf(release);
  const times = versions.flatMap(({ publishedAt }) => publishedAt ?? []).sort();
  return d.compact({
    name: header.name,
    author: authorOf(header.name),
    about: header.about,
    kind: latest.kind,
    version: latest.version,
    digest: latest.digest,
    publishedAt: latest.publishedAt,
    keywords,
    license: latest.license,
    needs: latest.needs,
    exports: latest.exports ?? [],
    imports: [...latest.imports.keys()],
    evidence: latest.evidence,
    checked: latest.checked.state,
    readme: latest.checked.state === 'match' ? readmeOf(latest) : undefined,
    repo,
    homepage,
    owners: header.owners,
    versions: versions.length,
    firstPublishedAt: times[0],
    deprecated: header.deprecated,
    yanked: versions.every(({ version }) => header.yanked.has(version)),
    advisories: header.advisories,
  });
}

function sayingOf(read: ReadRelease) {
  return read.kind === 'signed' ? read.release : read.record;
}

function readmeOf({ files }: IndexVersion): Sha256Hex | undefined {
  return files.find(({ path }) => /^readme\.md$/i.test(path))?.sha256;
}
