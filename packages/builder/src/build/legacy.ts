/** The entry of a module in modules.json, as today's mlld reads it (docs/spec/records.md). */
import {
  authorOf,
  compareVersions,
  type IndexHeader,
  type JsonObject,
  type Release,
  shortName,
  type VersionRecord,
} from '@mlld/format';
import type { ReadRelease } from '../repository/model.ts';
import type { CatalogModule } from './catalog.ts';

/**
 * One JSON member, `"@alice/strings":{…}`; empty for a module that today's client would refuse, and with it the whole
 * file: under another licence than CC0, or without a text about it.
 */
export function legacyEntry({ read, facts }: CatalogModule, header: IndexHeader): string {
  const usable = facts
    .map((one) => one.read)
    .filter((one) => recordOf(one).license === 'CC0' && !header.yanked.has(one.version))
    .sort((a, b) => compareVersions(b.version, a.version));
  const versions = usable.map(({ version }) => version);
  const latest = header.tags.get('latest');
  const chosen = usable.find(({ version }) => version === latest) ?? usable[0];
  if (chosen === undefined || header.about === '') return '';
  const record = recordOf(chosen);
  const tags = Object.fromEntries([...header.tags].filter(([, version]) => versions.includes(version)));
  const entry = {
    name: shortName(read.name),
    author: authorOf(read.name),
    about: header.about,
    version: chosen.version,
    needs: record.needs,
    license: record.license,
    mlldVersion: record.mlldVersion,
    source: record.source,
    dependencies: record.dependencies as JsonObject,
    keywords: record.keywords,
    repo: record.repo,
    bugs: record.bugs,
    homepage: record.homepage,
    publishedAt: record.publishedAt,
    publishedBy: record.publishedBy ?? null,
    availableVersions: versions,
    tags: { ...tags, latest: chosen.version },
    owners: header.owners,
    maintainers: read.metadata?.maintainers ?? [],
  };
  return `${JSON.stringify(read.name)}:${JSON.stringify(entry)}`;
}

function recordOf(read: ReadRelease): Release | VersionRecord {
  return read.kind === 'signed' ? read.release : read.record;
}
