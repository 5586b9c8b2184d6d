/** What is wrong with a registry repository, or with what a pull request does to it (docs/guides/running-a-registry.md). */
import { layout, type RegistryInfo } from '@mlld/format';
import { checkAdvisories } from '../advisories/check.ts';
import { taggedBy } from '../build/closure.ts';
import { checkSaid } from '../community/check.ts';
import { type Finding, finding, sortFindings } from '../finding.ts';
import { checkImported } from '../mcp-api/check.ts';
import { openRepository, type Repository, repositoryOf } from '../repository/read.ts';
import { isWithin, overlayTree, type Tree } from '../repository/tree.ts';
import { checkCatalog } from './catalog.ts';
import { changesSince, treeChanges } from './changes.ts';
import { checkImports } from './imports.ts';
import { checkNames } from './names.ts';
import { checkPolicy } from './policy.ts';
import { checkQuality } from './quality.ts';
import { openScope, type Scope, type Submission } from './scope.ts';
import { checkChanges } from './submission.ts';

export interface CheckOptions {
  /** What was there before: a folder, or a commit that git knows. Without it, all of the repository is checked. */
  readonly base?: string | undefined;
  /** GitHub login of who submits: only owners may change what is theirs. */
  readonly actor?: string | undefined;
  /** Numeric GitHub id of who submits: a login can change hands. */
  readonly actorId?: number | undefined;
  /** For a repository that has no registry.json. */
  readonly info?: RegistryInfo | undefined;
}

export interface CheckReport {
  readonly findings: readonly Finding[];
  /** Modules that were looked at. */
  readonly modules: number;
  readonly releases: number;
}

/** Checks the repository in a folder. @throws RegistryError REGISTRY_NOT_FOUND, USAGE for a base that is none */
export function check(folder: string, options: CheckOptions = {}): CheckReport {
  return checkScope(scopeOf(folder, options));
}

/** What a check of a folder looks at. */
export function scopeOf(folder: string, options: CheckOptions): Scope {
  const after = openRepository(folder, options);
  if (options.base === undefined) return openScope(after);
  const { before, changes } = changesSince(folder, options.base);
  const { actor, actorId } = options;
  return openScope(after, { before: repositoryOf(before, { info: after.info }), changes, actor, actorId });
}

export interface SubmissionOptions extends Pick<CheckOptions, 'actor' | 'actorId' | 'info'> {
  /** Files by their path in the repository; null takes one away. */
  readonly changes: ReadonlyMap<string, Uint8Array | null>;
}

/** Checks what a submission would do to a registry before it is sent: the same rules as on the pull request. */
export function checkSubmission(base: Tree, options: SubmissionOptions): CheckReport {
  const { changes, info, actor, actorId } = options;
  const tree = overlayTree(base, changes);
  const after = repositoryOf(tree, { info });
  const touched = [...changes.keys()];
  const part = (whole: Tree): Tree => partTree(whole, touched);
  const submission: Submission = {
    before: repositoryOf(base, { info: after.info }),
    changes: treeChanges(part(base), part(tree)),
    actor,
    actorId,
  };
  return checkScope(openScope(after, submission));
}

/** A tree that lists only the given files: comparing need not read the others. */
function partTree(whole: Tree, files: readonly string[]): Tree {
  return {
    read: whole.read,
    list: (folder) => {
      const prefix = folder === '' ? '' : `${folder}/`;
      return whole
        .list(folder)
        .filter(({ name }) =>
          files.some((file) => file === prefix + name || file.startsWith(`${prefix}${name}/`)),
        );
    },
  };
}

function checkScope(scope: Scope): CheckReport {
  const { after, authors, modules } = scope;
  const read = modules.map(scope.module);
  const findings = [
    ...(after.described || scope.submission !== undefined ? [] : [noDescription()]),
    ...authors.flatMap((author) => after.keysOf(author).findings),
    ...read.flatMap((module) => module.findings),
    ...modules.flatMap((name) => checkTags(scope, name)),
    ...checkPolicy(after),
    ...checkNames(scope),
    ...checkImports(scope),
    ...checkQuality(scope),
    ...checkChanges(scope),
    ...checkAdvisories(scope),
    ...checkSaid(scope),
    ...checkImported(scope),
    ...checkCatalog(scope),
    ...inScope(scope, after),
  ];
  return {
    findings: sortFindings(unique(findings)),
    modules: modules.length,
    releases: read.reduce((sum, { releases }) => sum + releases.length, 0),
  };
}

function noDescription(): Finding {
  const message = "there is no registry.json: this is taken for today's registry of mlld";
  return { ...finding('registry/shape', { file: layout.registry }, message), severity: 'warning' };
}

/** Findings about the whole: all of them, or those in what was changed. */
function inScope({ submission }: Scope, { findings }: Repository): readonly Finding[] {
  if (submission === undefined) return findings;
  const touched = submission.changes.map(({ file }) => file);
  return findings.filter(({ file }) => touched.some((one) => isWithin(one, file)));
}

function unique(findings: readonly Finding[]): Finding[] {
  return [
    ...new Map(findings.map((one) => [[one.rule, one.file, one.path, one.message].join('\n'), one])).values(),
  ];
}

function checkTags(scope: Scope, name: Scope['modules'][number]): Finding[] {
  const { tags, changes, releases } = scope.module(name);
  const versions = new Set(releases.map(({ version }) => version));
  const file = layout.tags(name);
  const fromFile = [...tags].filter(([, version]) => !versions.has(version));
  const fromChanges = changes.filter(({ change }) => change.type === 'yank' && !versions.has(change.version));
  const signed = [...taggedBy(changes)].filter(([, version]) => !versions.has(version));
  return [
    ...fromFile.map(([tag, version]) =>
      finding('tag/version', { file, path: `$.${tag}` }, `${tag} names ${version}, which is not there`),
    ),
    ...signed.map(([tag, version]) =>
      finding('tag/version', { file: layout.module(name) }, `${tag} names ${version}, which is not there`),
    ),
    ...fromChanges.map((read) =>
      finding('tag/version', { ...read, path: '$.version' }, 'the yanked version is not there'),
    ),
  ];
}
