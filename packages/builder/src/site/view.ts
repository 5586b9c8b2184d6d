/** A module as the site shows it (`ModuleView`), from what the build knows of it. */
import { authorOf, type IndexVersion, type ModuleName, type Review, shortName } from '@mlld/format';
import { type Analysis, readManifest } from '@mlld/lang';
import {
  type AdvisoryView,
  canonicalTags,
  type ExportView,
  type ModuleRow,
  type ModuleView,
  type ReviewView,
  type SourceFile,
  type TagCatalog,
} from '@mlld/site';
import { nothingJudged, scoreFacts, trustScore } from '@mlld/trust';
import type { CatalogRecord } from '../build/record.ts';
import type { LateFacts, ModuleFacts } from '../outputs/output.ts';
import { advisoriesAbout } from './advisory-view.ts';
import { kindViews } from './kinds.ts';
import { type Study, studyModule, studyVersion } from './study.ts';

export interface ViewContext {
  readonly facts: LateFacts;
  readonly catalog: TagCatalog;
  readonly advisories: ReadonlyMap<string, AdvisoryView>;
  /** Modules that import a module. */
  readonly dependents: (name: ModuleName) => readonly ModuleName[];
}

/** The line of a module in lists. */
export function rowOf(record: CatalogRecord, versions: readonly string[], catalog: TagCatalog): ModuleRow {
  return {
    name: record.name,
    about: record.about,
    kind: record.kind,
    version: record.version,
    versions,
    created: record.firstPublishedAt ?? '',
    updated: record.publishedAt ?? '',
    tags: canonicalTags(record.keywords, catalog),
    license: record.license,
    needs: record.needs,
    evidence: record.evidence,
    checked: record.checked,
    exports: record.exports.slice(0, 50),
    imports: record.imports,
    yanked: record.yanked,
    deprecated: record.deprecated !== undefined,
    advisories: record.advisories,
  };
}

/** Dependents that a page names. */
const listedDependents = 50;

export async function viewOf(
  module: ModuleFacts,
  version: string | undefined,
  context: ViewContext,
): Promise<ModuleView | undefined> {
  const { header, versions, read, record } = module;
  const latest = header.tags.get('latest') ?? versions[0]?.version;
  const line = versions.find((one) => one.version === (version ?? latest));
  const release = read.releases.find((one) => one.version === line?.version);
  if (line === undefined || release === undefined || latest === undefined) return undefined;
  const { facts } = context;
  const { study, quality } = await studyModule(module, line, facts.bytes);
  const said = release.kind === 'signed' ? release.release : release.record;
  const dependents = context.dependents(header.name);
  return {
    name: header.name,
    kind: line.kind,
    about: header.about,
    version: line.version,
    latest,
    versions: versions.map((one) => ({
      version: one.version,
      publishedAt: one.publishedAt,
      tags: [...header.tags].filter(([, tagged]) => tagged === one.version).map(([tag]) => tag),
      yanked: header.yanked.get(one.version),
      evidence: one.evidence,
      bytes: bytesOf(one),
      state: one.checked.state,
    })),
    publishedAt: line.publishedAt,
    license: line.license,
    needs: line.needs,
    mlldVersion: line.mlldVersion,
    tags: canonicalTags(record.keywords, context.catalog),
    repo: said.repo,
    bugs: said.bugs,
    homepage: said.homepage,
    funding: await fundingOf(study),
    owners: header.owners,
    deprecated: header.deprecated,
    ...kindViews(line, study.texts),
    entry: line.entry,
    digest: line.digest,
    contentHash: line.contentHash,
    statement: line.statement,
    sources: line.sources,
    files: line.files,
    bytes: bytesOf(line),
    evidence: line.evidence,
    checked: { state: line.checked.state, reason: line.checked.reason },
    imports: [...line.imports].map(([name, selector]) => ({ name, selector })),
    closure: line.closure.map(({ name, version: chosen }) => ({ name, version: chosen })),
    dependents: dependents
      .slice(0, listedDependents)
      .map((name) => ({ name, about: facts.record(name)?.about ?? '' })),
    dependentCount: dependents.length,
    exports: exportsOf(line, study),
    capabilities: study.capabilities.map(({ kind, name }) => ({ kind, name })),
    readme: study.readme,
    runnable: isRunnable(line, study, facts),
    quality,
    trust: trustOf(module, line, context),
    reviews: reviewsOf(header.name, facts),
    stars: header.community?.stars ?? 0,
    advisories: advisoriesOf(line, context),
  };
}

function bytesOf({ files }: IndexVersion): number | undefined {
  return files.every(({ size }) => size !== undefined)
    ? files.reduce((sum, { size = 0 }) => sum + size, 0)
    : undefined;
}

/** From the frontmatter or module.yml; the statement has no place for it. */
async function fundingOf({ analysis, texts }: Study): Promise<string | undefined> {
  const manifest = texts.get('module.yml');
  const own =
    manifest === undefined ? undefined : await readManifest(manifest, 'module.yml').catch(() => undefined);
  const value = (analysis?.frontmatter ?? own)?.data.funding;
  return typeof value === 'string' ? value : undefined;
}

function exportsOf({ exports = [] }: IndexVersion, { analysis }: Study): ExportView[] {
  if (analysis === undefined)
    return exports.map((name) => ({ name, kind: 'var', params: [], examples: [], line: 1 }));
  return analysis.exports.slice(0, 500).map(exportView);
}

/** An export as its module's page shows it. */
export function exportView(one: Analysis['exports'][number]): ExportView {
  return {
    name: one.name,
    kind: one.kind,
    params: one.parameters.map(({ name, type, optional }) => ({ name, type, optional })),
    returns: one.returns,
    doc: one.doc,
    examples: one.examples.slice(0, 10).map(({ code, expected }) => ({ code, expected })),
    line: one.place.line,
  };
}

/** Whether all of it only computes. The page that runs it offers nothing else, whatever this says. */
function isRunnable(line: IndexVersion, { analysis }: Study, { info, record }: LateFacts): boolean {
  const pure = (needs: readonly string[]) => needs.every((need) => need === 'js');
  return (
    info.blobs &&
    line.kind === 'module' &&
    analysis !== undefined &&
    line.checked.state === 'match' &&
    pure(line.needs) &&
    line.closure.every(({ name }) => pure(record(name)?.needs ?? ['unknown']))
  );
}

function trustOf(
  { header, versions }: ModuleFacts,
  line: IndexVersion,
  context: ViewContext,
): ModuleView['trust'] {
  const at = header.score?.at ?? line.publishedAt;
  if (at === undefined) return undefined;
  const { community } = header;
  return trustScore(
    scoreFacts({ header, versions }, line, {
      evidence: line.evidence,
      judged: community?.judged.find(({ version }) => version === line.version) ?? nothingJudged,
      standing: header.standing ?? { banned: false },
      stars: community?.stars ?? 0,
      liked: community?.liked ?? 0,
      advisories: advisoriesOf(line, context).map(({ id, severity, malware }) => ({
        id,
        severity: severity as 'low',
        malware,
      })),
      at,
    }),
  );
}

/** Reviews that a page shows, newest first. */
const listedReviews = 50;

function reviewsOf(name: ModuleName, { statements }: LateFacts): ReviewView[] {
  const newest = new Map<string, Review>();
  for (const file of statements.list(`reviews/${authorOf(name)}/${shortName(name)}`)) {
    const said = statements.read(file)?.said;
    if (said?.type !== 'review') continue;
    const key = `${said.by} ${said.version}`;
    if (said.n > (newest.get(key)?.n ?? 0)) newest.set(key, said);
  }
  return [...newest.values()]
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : a.by < b.by ? -1 : 1))
    .slice(0, listedReviews)
    .map(reviewView);
}

export function reviewView({
  by,
  at,
  version,
  rating,
  thoroughness,
  understanding,
  criteria,
  text,
  from,
}: Review): ReviewView {
  return { by, at, version, rating, thoroughness, understanding, criteria, text, from: from?.version };
}

function advisoriesOf(line: IndexVersion, { advisories, facts }: ViewContext): AdvisoryView[] {
  const ids = facts.record(line.name)?.advisories ?? [];
  return advisoriesAbout(
    ids.flatMap((id) => advisories.get(id) ?? []),
    line,
  );
}

/** The files of a version for the source browser. */
export async function sourcesOf(
  { versions }: ModuleFacts,
  version: string,
  { facts }: ViewContext,
): Promise<SourceFile[]> {
  const line = versions.find((one) => one.version === version);
  if (line === undefined) return [];
  const { texts } = await studyVersion(line, facts.bytes);
  return line.files.flatMap(({ path, size, sha256 }) => {
    const text = texts.get(path);
    return sha256 === undefined ? [] : [{ path, size: size ?? text?.length ?? 0, sha256, text }];
  });
}
