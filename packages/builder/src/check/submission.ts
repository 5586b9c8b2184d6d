/** Who may change what: the rules that need to know what was there before. */
import {
  type Author,
  authorOf,
  compareVersions,
  isModuleName,
  isVersion,
  layout,
  limits,
  type ModuleName,
  parseMetadata,
  shortName,
} from '@mlld/format';
import { type Finding, finding } from '../finding.ts';
import { policyNumbers } from '../policy/read.ts';
import { publishedAt } from '../repository/model.ts';
import { ownersOf } from '../repository/read.ts';
import { isSignedByNewest } from '../repository/releases.ts';
import { isSaid } from '../repository/statements.ts';
import type { FileChange } from './changes.ts';
import type { Scope, Submission } from './scope.ts';

export function checkChanges(scope: Scope): Finding[] {
  const { submission } = scope;
  if (submission === undefined) return [];
  return [
    ...submission.changes.flatMap((change) => [
      ...checkKind(change),
      ...(submission.actor === undefined || isRecovery(scope, change.file)
        ? []
        : checkOwner(change, submission, submission.actor)),
    ]),
    ...checkOneVersion(submission.changes),
    ...scope.authors.flatMap((author) => [
      ...checkFirstAnchor(scope, submission, author),
      ...checkRecovery(scope, author),
    ]),
    ...scope.modules.flatMap((name) => checkNewReleases(scope, name)),
  ];
}

const fixed = /^(?:modules\/[^/]+\/[^/]+\/changes\/[^/]+|authors\/[^/]+\/keyset\/[^/]+)$/;

function checkKind({ file, kind }: FileChange): Finding[] {
  if (file === layout.registry || file === layout.tagCatalog) return [];
  if (kind === 'removed') return [finding('submission/add-only', { file }, 'the file was taken away')];
  if (kind === 'added' || !(fixed.test(file) || isSaid(file) || versionOf(file) !== undefined)) return [];
  return [finding('release/immutable', { file }, 'the file was changed after it had been published')];
}

/** The version whose statement or signature a path is. */
function versionOf(file: string): string | undefined {
  const version = /^modules\/[^/]+\/[^/]+\/([^/]+)\.json(?:\.sig)?$/.exec(file)?.[1];
  return version !== undefined && isVersion(version) ? version : undefined;
}

function checkOwner({ file }: FileChange, { before, actorId }: Submission, login: string): Finding[] {
  const actor = login.toLowerCase();
  const [top, author = '', short = ''] = file.split('/');
  if (top !== 'modules' && top !== 'authors') return [];
  if (!isModuleName(`@${author}/any`)) return [];
  const owners = top === 'authors' ? [author] : moduleOwners(before, `@${author}/${short}`, author);
  if (owners.some((owner) => speaksFor(owner, { before, actor, actorId }))) return [];
  const anchored = owners.includes(actor) ? anchorOf(before, actor) : undefined;
  const message =
    anchored === undefined
      ? `${actor} is none of its owners: ${owners.join(', ')}`
      : `${actor} is account ${actorId} now, the keyset was made by account ${anchored}`;
  return [finding('submission/owner', { file }, message)];
}

/** By the account's id where both are known, since a login can be given up and taken by another; else by the login. */
export function speaksFor(
  owner: string,
  { before, actor, actorId }: { before: Submission['before']; actor: string; actorId: number | undefined },
): boolean {
  const anchored = actorId === undefined ? undefined : anchorOf(before, owner);
  return anchored === undefined ? owner === actor : anchored === actorId;
}

function anchorOf(before: Submission['before'], author: string): number | undefined {
  if (!isModuleName(`@${author}/any`)) return undefined;
  return before.keysOf(author).keysets.at(-1)?.keyset.anchors.github?.id;
}

/** Keyset 1 is nobody's but the account's that it names, and that made what the author has here (statements.md §6.3). */
function checkFirstAnchor(scope: Scope, { before, actorId }: Submission, author: Author): Finding[] {
  const file = layout.keyset(author, 1);
  const first = scope.after.keysOf(author).keysets[0]?.keyset;
  if (first === undefined || actorId === undefined || !scope.isNew(file)) return [];
  const { github } = first.anchors;
  if (github !== undefined && github.id !== actorId) {
    const message = `it names account ${github.id}, and account ${actorId} brings it`;
    return [finding('submission/owner', { file, path: '$.anchors.github.id' }, message)];
  }
  const makers = makersOf(before, author);
  if (makers.size === 0 || makers.has(actorId)) return [];
  const message = `account ${[...makers].join(', ')} made the modules of ${author}, account ${actorId} brings the keys`;
  return [finding('submission/owner', { file }, message)];
}

/** Of a recovery the signatures of the quorum speak, whoever brings it. */
function isRecovery({ after }: Scope, file: string): boolean {
  const [, author = '', n = ''] = /^authors\/([^/]+)\/keyset\/(\d+)\.json(?:\.sig)?$/.exec(file) ?? [];
  if (!isModuleName(`@${author}/any`)) return false;
  return after.keysOf(author).keysets[Number(n) - 1]?.keyset.recovery !== undefined;
}

/** Milliseconds that a new recovery may be dated back: its delay is counted from then, where no log says better. */
const recoverySkew = 24 * 3_600_000;

/** A recovery is by the newest policy and of now; and what cancels or follows one is of now, too. */
function checkRecovery(scope: Scope, author: Author): Finding[] {
  const { keysets } = scope.after.keysOf(author);
  const findings: Finding[] = [];
  for (const [i, { keyset }] of keysets.entries()) {
    const file = layout.keyset(author, i + 1);
    const follows = keysets[i - 1]?.keyset.recovery !== undefined;
    if (!scope.isNew(file) || (keyset.recovery === undefined && !follows)) continue;
    if (Math.abs(Date.now() - Date.parse(keyset.createdAt)) > recoverySkew)
      findings.push(
        finding('keyset/recovery', { file, path: '$.createdAt' }, `it is dated ${keyset.createdAt}`),
      );
    const newest = policyNumbers(scope.after.tree).at(-1);
    if (keyset.recovery !== undefined && keyset.recovery.policy !== newest) {
      const message = `it names policy ${keyset.recovery.policy}, the newest is ${newest}`;
      findings.push(finding('keyset/recovery', { file, path: '$.recovery.policy' }, message));
    }
  }
  return findings;
}

/** The accounts that made the modules of an author, as far as their metadata says so. */
function makersOf({ tree }: Submission['before'], author: Author): Set<number> {
  const makers = new Set<number>();
  for (const { name } of tree.list(`modules/${author}`)) {
    const module = `@${author}/${name}`;
    if (!isModuleName(module)) continue;
    const file = layout.metadata(module);
    try {
      const bytes = tree.read(file, limits.statementBytes);
      const maker = bytes === undefined ? undefined : parseMetadata(bytes, file).createdBy;
      if (maker !== undefined) makers.add(maker);
    } catch {
      // Told by the rules of metadata.
    }
  }
  return makers;
}

function moduleOwners(before: Submission['before'], name: string, author: string): readonly string[] {
  if (!isModuleName(name)) return [author];
  const { metadata } = before.module(name);
  return [...ownersOf(name, metadata), ...(metadata?.maintainers ?? [])];
}

function checkOneVersion(changes: readonly FileChange[]): Finding[] {
  const added = changes
    .filter(({ file, kind }) => kind === 'added' && file.endsWith('.json') && versionOf(file) !== undefined)
    .map(({ file }) => file);
  return added
    .slice(1)
    .map((file) =>
      finding('submission/one', { file }, `${added.length} versions are added; the first is ${added[0]}`),
    );
}

function checkNewReleases(scope: Scope, name: ModuleName): Finding[] {
  const { releases, changes } = scope.module(name);
  const { chain, keysets } = scope.after.keysOf(authorOf(name));
  const known = releases.filter(({ file }) => !scope.isNew(file));
  const findings: Finding[] = [];
  for (const read of releases.filter(({ file }) => scope.isNew(file))) {
    const { file, text, version } = read;
    const above = known.find(
      (one) => major(one.version) === major(version) && compareVersions(one.version, version) >= 0,
    );
    if (above !== undefined)
      findings.push(
        finding('release/order', { file, text, path: '$.version' }, `${above.version} is there already`),
      );
    const later = known.find((one) => publishedAt(one) > publishedAt(read));
    if (later !== undefined) {
      const message = `dated before ${later.version}, which is of ${publishedAt(later)}`;
      findings.push(finding('release/order', { file, text, path: '$.publishedAt' }, message));
    }
    if (read.kind === 'record' && chain.length > 0)
      findings.push(finding('release/unsigned', { file, text }, `${authorOf(name)} has a keyset and signs`));
    if (read.kind === 'signed' && !isSignedByNewest(read, 'release', keysets))
      findings.push(
        finding('release/signature', { file, text }, 'no key of the newest keyset has signed it'),
      );
  }
  for (const change of changes.filter(({ file }) => scope.isNew(file))) {
    const by = scope.after.keysOf(change.change.by).keysets;
    const { file, text } = change;
    if (!isSignedByNewest(change, change.change.type, by))
      findings.push(
        finding('release/signature', { file, text }, 'no key of the newest keyset has signed it'),
      );
  }
  return findings;
}

function major(version: string): string {
  return version.slice(0, version.indexOf('.'));
}

/** Whether a module is new in the submission; every module is, where there is none. */
export function isNewModule({ submission }: Scope, name: ModuleName): boolean {
  if (submission === undefined) return true;
  const folder = `modules/${authorOf(name)}`;
  return !submission.before.tree.list(folder).some((entry) => entry.name === shortName(name));
}
