/** Reading a registry repository, module by module. Names of files are only believed after they have been parsed. */
import {
  type Author,
  authorOf,
  compareVersions,
  isVersion,
  layout,
  limits,
  type ModuleMetadata,
  type ModuleName,
  moduleFiles,
  moduleName,
  type Policy,
  parseAuthor,
  parseMetadata,
  parseRegistryInfo,
  parseTags,
  RegistryError,
  type RegistryInfo,
} from '@mlld/format';
import { recoveryByClaims } from '@mlld/trust';
import { type Finding, finding, findingOf } from '../finding.ts';
import { readPolicyChain } from '../policy/read.ts';
import { readAuthorKeys } from './authors.ts';
import { readChanges } from './changes.ts';
import type { AuthorKeys, ReadModule, ReadRelease } from './model.ts';
import { type ReadContext, readRelease, type VerifiedReleases } from './releases.ts';
import { folderTree, type Tree, type TreeEntry } from './tree.ts';

/** What a repository without registry.json is: today's registry of mlld, which has none. */
export const todaysRegistry: RegistryInfo = {
  v: 1,
  name: 'registry.mlld.ai',
  title: 'mlld registry',
  zone: 'registry.mlld.ai',
  blobs: true,
  fileSources: false,
  mirrors: [],
};

export interface Repository {
  readonly tree: Tree;
  readonly info: RegistryInfo;
  /** Whether registry.json was there. */
  readonly described: boolean;
  /**
   * The names of all modules, sorted, by listing folders alone.
   * @param listings spares the listing of folders; only looked at the first time
   */
  names(listings?: Listings): readonly ModuleName[];
  /** The authors that have a folder of their own, sorted. */
  authors(): readonly Author[];
  keysOf(author: string): AuthorKeys;
  /** Releases whose signatures were verified already, here or by another thread of the same run, are not verified again. */
  readonly verified: VerifiedReleases;
  module(name: ModuleName): ReadModule;
  /** Of the repository as a whole: registry.json, folders with bad names. Complete after `names()` and `authors()`. */
  readonly findings: readonly Finding[];
}

/** What is known of authors' folders without listing them. */
export interface Listings {
  /** The modules in an author's folder; undefined for one that has to be listed. */
  known(author: string): readonly ModuleName[] | undefined;
  /** Told of each folder that was listed, and whether nothing is wrong with it. */
  listed(author: string, names: readonly ModuleName[], isGood: boolean): void;
}

export interface OpenOptions {
  /** Used if the repository has no registry.json. */
  readonly info?: RegistryInfo | undefined;
}

/** Opens the repository in a folder. @throws RegistryError REGISTRY_NOT_FOUND if it has no `modules` and no `registry.json` */
export function openRepository(folder: string, options: OpenOptions = {}): Repository {
  return repositoryOf(folderTree(folder), { ...options, where: folder });
}

/** As `openRepository`, for any tree of files. */
export function repositoryOf(
  tree: Tree,
  options: OpenOptions & { readonly where?: string } = {},
): Repository {
  const findings: Finding[] = [];
  const described = tree.list('').some(({ name }) => name === layout.registry);
  if (!described && !tree.list('').some(({ name }) => name === 'modules')) {
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${options.where ?? 'this folder'}: wanted a registry repository, found no registry.json and no modules/`,
      { hint: "Make one with 'mlld registry init <folder>'." },
    );
  }
  const info = readInfo(tree, findings) ?? options.info ?? todaysRegistry;
  const authors = new Map<string, AuthorKeys>();
  let policies: readonly Policy[] | undefined;
  // Recoveries are few: most repositories never read their policies for one.
  const recovery = recoveryByClaims(() => {
    policies ??= readPolicyChain(tree, info.name)?.policies ?? [];
    return policies;
  });
  const keysOf = (author: string): AuthorKeys => {
    const known = authors.get(author);
    if (known !== undefined) return known;
    const keys = readAuthorKeys(tree, parseAuthor(author), { registry: info.name, recovery });
    authors.set(author, keys);
    return keys;
  };
  const verified: VerifiedReleases = new Map();
  const context: ReadContext = { registry: info.name, fileSources: info.fileSources, keysOf, verified };
  let names: readonly ModuleName[] | undefined;
  let listed: readonly Author[] | undefined;
  return {
    tree,
    info,
    described,
    findings,
    names: (listings) => {
      names ??= listModules(tree, findings, listings);
      return names;
    },
    authors: () => {
      listed ??= listAuthors(tree, findings);
      return listed;
    },
    keysOf,
    verified,
    module: (name) => readModule(tree, name, context),
  };
}

/** Streams the modules of the repository in a folder, in the order of their names. */
export function* readRepository(folder: string, options: OpenOptions = {}): Generator<ReadModule> {
  const repository = openRepository(folder, options);
  for (const name of repository.names()) yield repository.module(name);
}

function readInfo(tree: Tree, findings: Finding[]): RegistryInfo | undefined {
  try {
    const bytes = tree.read(layout.registry, limits.registryJsonBytes);
    return bytes === undefined ? undefined : parseRegistryInfo(bytes, layout.registry);
  } catch (error) {
    findings.push(findingOf('registry/shape', { file: layout.registry }, error));
    return undefined;
  }
}

function listModules(tree: Tree, findings: Finding[], listings?: Listings): ModuleName[] {
  const names: ModuleName[] = [];
  for (const author of folders(tree, 'modules', findings)) {
    const known = listings?.known(author);
    if (known !== undefined) {
      names.push(...known);
      continue;
    }
    const before = findings.length;
    const own = modulesOf(tree, author, findings);
    listings?.listed(author, own, findings.length === before);
    names.push(...own);
  }
  return names.sort();
}

function modulesOf(tree: Tree, author: string, findings: Finding[]): ModuleName[] {
  const names: ModuleName[] = [];
  for (const short of folders(tree, `modules/${author}`, findings)) {
    try {
      names.push(moduleName(author, short));
    } catch (error) {
      findings.push(findingOf('name/good', { file: `modules/${author}/${short}` }, error));
    }
  }
  return names;
}

function listAuthors(tree: Tree, findings: Finding[]): Author[] {
  const authors: Author[] = [];
  for (const name of folders(tree, 'authors', findings)) {
    try {
      authors.push(parseAuthor(name));
    } catch (error) {
      findings.push(findingOf('name/good', { file: `authors/${name}` }, error));
    }
  }
  return authors;
}

function folders(tree: Tree, folder: string, findings: Finding[]): string[] {
  const found: string[] = [];
  for (const { name, kind } of tree.list(folder)) {
    const file = `${folder}/${name}`;
    if (kind === 'folder') found.push(name);
    else if (kind === 'other') findings.push(finding('file/special', { file }, `${name} is no regular file`));
    else if (!name.startsWith('.') && !/^readme/i.test(name))
      findings.push(finding('file/unknown', { file }, `${name} is no folder`));
  }
  return found;
}

function readModule(tree: Tree, name: ModuleName, context: ReadContext): ReadModule {
  const findings: Finding[] = [];
  const folder = layout.module(name);
  const metadata = tolerant(findings, 'metadata/shape', layout.metadata(name), () =>
    readMetadata(tree, name),
  );
  if (metadata !== undefined && metadata.name !== name) {
    const message = `the path says ${name}, the file says ${metadata.name}`;
    findings.push(finding('name/path', { file: layout.metadata(name), path: '$.name' }, message));
  }
  const tags = tolerant(findings, 'tags/shape', layout.tags(name), () => {
    const bytes = tree.read(layout.tags(name), limits.statementBytes);
    return bytes === undefined ? undefined : parseTags(bytes, layout.tags(name));
  });
  const releases: ReadRelease[] = [];
  const entries = tree.list(folder);
  for (const version of versionsOf(folder, entries, findings)) {
    const read = readRelease(tree, { name, version }, context);
    findings.push(...read.findings);
    if (read.release !== undefined) releases.push(read.release);
  }
  const owners = ownersOf(name, metadata);
  const hasChanges = entries.some((entry) => entry.name === 'changes');
  const { changes, findings: bad } = hasChanges ? readChanges(tree, { name, owners }, context) : noChanges;
  findings.push(...bad);
  return {
    name,
    ...(metadata === undefined ? {} : { metadata }),
    tags: tags ?? new Map(),
    releases: releases.sort((a, b) => compareVersions(b.version, a.version)),
    changes,
    findings,
  };
}

const noChanges = { changes: [], findings: [] };

/** Who may change a module: the owners that its metadata names, else its author. */
export function ownersOf(name: ModuleName, metadata: ModuleMetadata | undefined): readonly string[] {
  return metadata === undefined || metadata.owners.length === 0 ? [authorOf(name)] : metadata.owners;
}

function readMetadata(tree: Tree, name: ModuleName): ModuleMetadata | undefined {
  const file = layout.metadata(name);
  const bytes = tree.read(file, limits.statementBytes);
  return bytes === undefined ? undefined : parseMetadata(bytes, file);
}

function tolerant<T>(
  findings: Finding[],
  rule: 'metadata/shape' | 'tags/shape',
  file: string,
  read: () => T | undefined,
): T | undefined {
  try {
    return read();
  } catch (error) {
    findings.push(findingOf(rule, { file }, error));
    return undefined;
  }
}

/** The versions that have a file; everything else in the folder is a finding. */
function versionsOf(folder: string, entries: readonly TreeEntry[], findings: Finding[]): string[] {
  const versions: string[] = [];
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, kind } of entries) {
    if (kind === 'folder' && name === 'changes') continue;
    const file = `${folder}/${name}`;
    const version = name.endsWith('.json') ? name.slice(0, -'.json'.length) : '';
    if (kind === 'other') findings.push(finding('file/special', { file }, `${name} is no regular file`));
    else if (kind === 'file' && isVersion(version)) versions.push(version);
    else if (kind !== 'file' || !isKnown(name)) {
      findings.push(finding('file/unknown', { file }, `${name} is no file of a module`));
    } else if (name.endsWith('.sig') && !names.has(name.slice(0, -'.sig'.length)))
      findings.push(finding('signature/shape', { file }, 'there is no statement beside it'));
  }
  return versions;
}

function isKnown(name: string): boolean {
  return (
    name === moduleFiles.metadata ||
    name === moduleFiles.tags ||
    (name.endsWith('.json.sig') && isVersion(name.slice(0, -'.json.sig'.length)))
  );
}
