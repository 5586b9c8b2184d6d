/** Everything that a distribution holds about one module, as files, and its rows in the files about all modules. */
import {
  authorOf,
  compareVersions,
  dnsNames,
  encodeIndex,
  encodeProof,
  encodeTxt,
  type IndexHeader,
  type IndexVersion,
  layout,
  limits,
  type ModuleIndex,
  type ModuleName,
  parseTxt,
  type RegistryInfo,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import { withScore } from '../community/score.ts';
import { type Finding, finding } from '../finding.ts';
import type { HeaderNotes } from '../outputs/output.ts';
import type { ReadModule, ReadRelease, SignedRelease } from '../repository/model.ts';
import { ownersOf, type Repository } from '../repository/read.ts';
import { zoneLine } from '../zone/zone-file.ts';
import type { Catalog, CatalogModule } from './catalog.ts';
import { instantOf, newest, taggedBy, yankedBy } from './closure.ts';
import type { BytesOf, Facts } from './facts.ts';
import { legacyEntry } from './legacy.ts';
import { recordOf } from './record.ts';
import type { ModuleState } from './state.ts';

/** Content of a file of the distribution by its path. */
export type Outputs = Map<string, Uint8Array | string>;

export interface RenderContext {
  readonly repository: Repository;
  readonly catalog: Catalog;
  readonly bytesOf: BytesOf;
  /** What outputs say about modules. */
  readonly notes: ReadonlyMap<ModuleName, HeaderNotes>;
}

export interface Rendered {
  readonly outputs: Outputs;
  readonly state: ModuleState;
}

/** What the index of a module says, and what was looked up for it. */
export interface Described extends Pick<ModuleIndex, 'header' | 'versions'> {
  readonly module: CatalogModule;
  readonly consulted: ReadonlySet<ModuleName>;
  readonly findings: readonly Finding[];
}

export async function describeModule(
  name: ModuleName,
  { catalog, notes }: RenderContext,
): Promise<Described> {
  const module = await catalog.module(name);
  const findings: Finding[] = [...module.read.findings];
  const { openAdvisories = [], ...said } = notes.get(name) ?? {};
  const header = { ...headerOf(module, findings), ...said };
  const consulted = new Set<ModuleName>();
  const versions: IndexVersion[] = [];
  for (const facts of module.facts) {
    const closure = await catalog.closure(facts);
    for (const one of closure.consulted) consulted.add(one);
    findings.push(
      ...closure.missing.filter(({ by }) => by === facts.artifact).map((one) => unmatched(facts, one)),
    );
    const { checked, ...line } = facts.line;
    if (closure.artifacts.length > limits.closureEntries) {
      const { file, text } = facts.read;
      findings.push(finding('import/many', { file, text }, 'its closure in the index is cut'));
    }
    versions.push({ ...line, closure: closure.artifacts.slice(0, limits.closureEntries), checked });
  }
  return { module, header: withScore(header, versions, openAdvisories), versions, consulted, findings };
}

/** A module of which no release can be used has no files, only findings. */
export async function renderModule(name: ModuleName, context: RenderContext): Promise<Rendered> {
  const described = await describeModule(name, context);
  const outputs: Outputs = new Map([
    ...statementFiles(described.module, context),
    ...headFiles(described, context),
  ]);
  return { outputs, state: moduleState(described, [...outputs.keys()], context) };
}

/** What index files speak of: statements as they are signed, proofs, contents. */
export function statementFiles(module: CatalogModule, context: RenderContext): Outputs {
  const outputs: Outputs = new Map();
  const { read, facts } = module;
  if (facts.length === 0) return outputs;
  for (const one of facts) addStatement(outputs, read.name, one.read, context.repository);
  for (const { file, text, signatures } of read.changes)
    outputs.set(file, text).set(layout.signature(file), signatures.join(''));
  if (context.repository.info.blobs) {
    for (const { sha256 } of facts.flatMap(({ kept }) => kept)) {
      const bytes = context.bytesOf(sha256);
      if (bytes !== undefined) outputs.set(layout.blob(sha256), bytes);
    }
  }
  return outputs;
}

/** What changes with each version: the index, and the texts that today's HTTP prefix looks for. */
export function headFiles({ module, header, versions }: Described, { bytesOf }: RenderContext): Outputs {
  const outputs: Outputs = new Map();
  if (versions.length === 0) return outputs;
  addTexts(outputs, module, { header, bytesOf });
  outputs.set(layout.index(header.name), encodeIndex({ header, versions }));
  return outputs;
}

export function moduleState(
  described: Described,
  outputs: readonly string[],
  { repository, notes }: RenderContext,
): Rendered['state'] {
  const { module, header, versions } = described;
  const said = notes.get(header.name);
  return {
    ...stateOf(described, outputs, repository.info),
    record: recordOf(module.read, { header, versions }),
    notes: said === undefined ? '' : JSON.stringify(said),
  };
}

function unmatched(facts: Facts, { name, selector }: { name: ModuleName; selector: string }): Finding {
  const { file, text } = facts.read;
  const path = facts.read.kind === 'signed' ? `$.imports.${name}` : '$';
  return {
    ...finding(
      'import/exists',
      { file, text, path },
      `imports ${name}@${selector}, which nothing here matches`,
    ),
    severity: 'warning',
  };
}

function headerOf({ read }: CatalogModule, findings: Finding[]): IndexHeader {
  const versions = new Set(read.releases.map(({ version }) => version));
  const yanked = new Map([...yankedBy(read.changes)].filter(([version]) => versions.has(version)));
  const tags = new Map<string, string>();
  for (const [tag, version] of [...read.tags, ...taggedBy(read.changes)]) {
    if (versions.has(version)) tags.set(tag, version);
    else {
      const place = { file: layout.tags(read.name), path: `$.${tag}` };
      findings.push(finding('tag/version', place, `tag ${tag} names version ${version}, which is not there`));
    }
  }
  const latest = tags.get('latest');
  const free = [...versions].filter((version) => !yanked.has(version));
  const best = newest(free.length > 0 ? free : [...versions]);
  if (best !== undefined && (latest === undefined || yanked.has(latest))) tags.set('latest', best);
  const deprecated = read.changes.map(({ change }) => change).findLast((one) => one.type === 'deprecate');
  return {
    v: 1,
    name: read.name,
    about: aboutOf(read),
    tags: new Map([...tags].sort(([a], [b]) => (a < b ? -1 : 1))),
    owners: [...ownersOf(read.name, read.metadata)] as IndexHeader['owners'][number][],
    yanked: new Map([...yanked].sort(([a], [b]) => compareVersions(b, a))),
    ...(deprecated === undefined || deprecated.message === ''
      ? {}
      : { deprecated: { message: deprecated.message, ...replacement(deprecated.replacedBy) } }),
    advisories: [],
  };
}

function replacement(replacedBy: ModuleName | undefined): { readonly replacedBy?: ModuleName } {
  return replacedBy === undefined ? {} : { replacedBy };
}

/** What the newest signed release says, else the metadata file, which anybody with write access may have changed. */
function aboutOf({ metadata, releases }: ReadModule): string {
  const signed = releases.find((one): one is SignedRelease => one.kind === 'signed');
  return signed?.release.about ?? metadata?.about ?? '';
}

function addStatement(outputs: Outputs, name: ModuleName, read: ReadRelease, repository: Repository): void {
  outputs.set(layout.release(name, read.version), read.text);
  if (read.kind !== 'signed') return;
  const { chain } = repository.keysOf(authorOf(name));
  const proof = encodeProof({
    v: 1,
    statement: read.text,
    signatures: read.signatures,
    keysets: chain.slice(0, read.keyset),
  });
  outputs.set(layout.proof(read.sha256), proof);
}

function addTexts(
  outputs: Outputs,
  { read, facts }: CatalogModule,
  { header, bytesOf }: { readonly header: IndexHeader; readonly bytesOf: BytesOf },
): void {
  for (const { kept, artifact } of facts) {
    const extension = /\.mld(?:\.md)?$/.exec(artifact.entry)?.[0];
    const entry = kept.find(({ path }) => path === artifact.entry);
    const bytes = entry && extension !== undefined ? bytesOf(entry.sha256) : undefined;
    if (bytes === undefined || extension === undefined) continue;
    outputs.set(layout.text(read.name, artifact.version, extension), bytes);
    if (header.tags.get('latest') === artifact.version)
      outputs.set(layout.text(read.name, undefined, extension), bytes);
  }
}

function stateOf(
  { module, header, consulted, findings }: Described,
  outputs: readonly string[],
  info: RegistryInfo,
): Omit<Rendered['state'], 'record' | 'notes'> {
  const { read, facts } = module;
  const states = facts.map(({ line }) => line.checked.state);
  const count = (state: string) => states.filter((one) => one === state).length;
  const times = [
    ...facts.map(({ key }) => key.slice(0, key.indexOf('|'))),
    ...read.changes.map(({ change }) => instantOf(change.at)),
  ].sort();
  return {
    name: read.name,
    counts: [facts.length, count('match'), count('mismatch'), count('unreachable'), count('unchecked')],
    newest: times.at(-1) ?? '',
    lastKey:
      facts
        .map(({ key }) => key)
        .sort()
        .at(-1) ?? '',
    events: eventsOf(module),
    consulted: [...consulted].sort(),
    signers: [...new Set([authorOf(read.name), ...read.changes.map(({ change }) => change.by)])].sort(),
    outputs,
    legacy: facts.length === 0 ? '' : legacyEntry(module, header),
    zone: info.zone === undefined ? [] : zoneRecords(module, header, info),
    findings,
  };
}

/** What a closure elsewhere may depend on: [place in time, hash of what is said then]. */
function eventsOf({ read, facts }: CatalogModule): ModuleState['events'] {
  const text = (value: unknown) => JSON.stringify(value);
  return [
    ...facts.map(({ key, artifact, imports }) => [key, text([artifact, [...imports]])] as const),
    ...read.changes.map(({ change }) => [`${instantOf(change.at)}|`, text(change)] as const),
  ].map(([key, said]) => [key, sha256(said).slice(0, 16)] as const);
}

/** TXT records of the newest version, one for each source; none for bytes that are known to be wrong. */
function zoneRecords({ facts, read }: CatalogModule, header: IndexHeader, info: RegistryInfo): string[] {
  const latest = facts.find((one) => one.read.version === header.tags.get('latest'));
  if (latest === undefined || latest.line.checked.state === 'mismatch') return [];
  const { artifact, kept } = latest;
  const sha256 = artifact.files.find(({ path }) => path === artifact.entry)?.sha256;
  const urls = artifact.sources
    .filter((base) => !base.startsWith('file:'))
    .map((base) => base + artifact.entry);
  if (
    info.url !== undefined &&
    info.blobs &&
    sha256 !== undefined &&
    kept.some((file) => file.sha256 === sha256)
  )
    urls.push(info.url + layout.blob(sha256));
  const name = dnsNames.module(read.name, info.zone ?? '');
  return urls.slice(0, 3).flatMap((url) => {
    const record = { kind: 'module' as const, url, version: latest.read.version };
    const text = encodeTxt(sha256 === undefined ? record : { ...record, sha256 });
    return isTxt(text) ? [zoneLine(`${name} ${text}`)] : [];
  });
}

/** Whether a client would read it: a URL may hold what a record can't. */
function isTxt(text: string): boolean {
  try {
    return parseTxt(text)?.kind === 'module';
  } catch {
    return false;
  }
}
