/**
 * The records of today's mlld registry (docs/spec/records.md): unsigned version records, `metadata.json`, `tags.json` and
 * the generated `modules.json`. Members that we do not know are kept out, never an error: these files are not ours.
 */
import * as d from './decode.ts';
import { type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type Author, isTag, type ModuleName, moduleName, parseAuthor } from './name.ts';
import { type SourceRecord, sourceRecord } from './source.ts';
import { versionDecoder } from './statement.ts';

/** An unsigned version record: evidence level 0. */
export interface VersionRecord {
  readonly version: string;
  readonly needs: readonly string[];
  readonly license: string;
  readonly mlldVersion?: string;
  readonly source: SourceRecord;
  readonly dependencies: JsonObject;
  readonly keywords: readonly string[];
  readonly repo?: string;
  readonly bugs?: string;
  readonly homepage?: string;
  readonly publishedAt?: string;
  readonly publishedBy?: number;
}

/** Whether a version file is a signed statement of ours, and not a record of today's registry. */
export function isStatement(value: JsonObject): boolean {
  return value.type === 'release' && 'v' in value;
}

/** @throws RegistryError BAD_SHAPE */
export function decodeVersionRecord(value: JsonObject, where: string): VersionRecord {
  const $ = `${where}: $`;
  return d.compact({
    version: versionDecoder(value.version, `${$}.version`),
    needs: d.array(d.text(50), 50)(value.needs, `${$}.needs`),
    license: d.text(100)(value.license, `${$}.license`),
    mlldVersion: d.nullable(d.text(100))(value.mlldVersion, `${$}.mlldVersion`),
    source: sourceRecord(value.source, `${$}.source`),
    dependencies: d.object(value.dependencies ?? {}, `${$}.dependencies`),
    keywords: d.array(d.text(limits.keywordChars), limits.keywords)(value.keywords ?? [], `${$}.keywords`),
    repo: d.nullable(d.url)(value.repo, `${$}.repo`),
    bugs: d.nullable(d.url)(value.bugs, `${$}.bugs`),
    homepage: d.nullable(d.url)(value.homepage, `${$}.homepage`),
    publishedAt: d.nullable(d.instant)(value.publishedAt, `${$}.publishedAt`),
    publishedBy: d.nullable(d.integer(1))(value.publishedBy, `${$}.publishedBy`),
  });
}

/** `metadata.json`: what is about the module and not about a version. */
export interface ModuleMetadata {
  readonly name: ModuleName;
  readonly about: string;
  readonly owners: readonly Author[];
  readonly maintainers: readonly Author[];
  readonly created?: string;
  /** Numeric GitHub id. */
  readonly createdBy?: number;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE */
export function parseMetadata(bytes: Uint8Array | string, where: string): ModuleMetadata {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where }), $);
  const author = d.parsed(parseAuthor)(value.author, `${$}.author`);
  return d.compact({
    name: d.parsed((name) => moduleName(author, name))(value.name, `${$}.name`),
    about: d.text(limits.aboutChars)(value.about, `${$}.about`),
    owners: d.array(d.parsed(parseAuthor), 50)(value.owners, `${$}.owners`),
    maintainers: d.array(d.parsed(parseAuthor), 50)(value.maintainers ?? [], `${$}.maintainers`),
    created: d.nullable(d.instant)(value.created, `${$}.created`),
    createdBy: d.nullable(d.integer(1))(value.createdBy, `${$}.createdBy`),
  });
}

/** `tags.json`: tag → version. @throws RegistryError BAD_JSON, BAD_SHAPE */
export function parseTags(bytes: Uint8Array | string, where: string): Map<string, string> {
  const $ = `${where}: $`;
  const tags = d.map(versionDecoder, 200)(parseJson(bytes, { where }), $);
  for (const tag of tags.keys())
    if (!isTag(tag)) throw d.badShape($, 'tags of letters, digits and hyphens', tag);
  return tags;
}
