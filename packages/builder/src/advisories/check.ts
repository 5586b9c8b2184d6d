/** What is wrong with advisories: the rules of `mlld registry check` about who says what, and about what (docs/spec/advisories.md §9). */
import { type Advisory, type AffectedModule, layout, type Policy, printable } from '@mlld/format';
import { affectedBy } from '@mlld/trust';
import type { Scope } from '../check/scope.ts';
import { type Finding, finding } from '../finding.ts';
import { readPolicyChain } from '../policy/read.ts';
import type { Repository } from '../repository/read.ts';
import { openStatements, type SaidStatement, type Statements } from '../repository/statements.ts';
import { type AdvisorySources, advisoryIdOf, advisoryIds, readAdvisory } from './history.ts';

export function checkAdvisories(scope: Scope): Finding[] {
  const { after, submission } = scope;
  const touched = new Set(submission?.changes.flatMap(({ file }) => advisoryIdOf(file) ?? []));
  if (submission !== undefined && touched.size === 0) return [];
  const policies = policiesOf(after);
  const { tree, info, keysOf } = after;
  const statements = openStatements({ tree, info, keysOf, policies });
  const ids = submission === undefined ? advisoryIds(statements) : [...touched];
  const sources: AdvisorySources = { statements, keysOf, read: scope.module };
  return ids.flatMap((id) => checkAdvisory(id, { scope, sources, policy: policies.at(-1) }));
}

/** A chain that does not hold is told by the rule of policies. */
function policiesOf({ tree, info }: Repository): readonly Policy[] {
  try {
    return readPolicyChain(tree, info.name)?.policies ?? [];
  } catch {
    return [];
  }
}

interface Checking {
  readonly scope: Scope;
  readonly sources: AdvisorySources;
  /** The policy that counts now. */
  readonly policy: Policy | undefined;
}

function checkAdvisory(id: string, { scope, sources, policy }: Checking): Finding[] {
  const read = readAdvisory(id, sources);
  if (read === undefined) return [];
  const isNew = ({ file }: { readonly file: string }) => scope.submission === undefined || scope.isNew(file);
  const findings: Finding[] = [];
  for (const { n, reason } of read.refused) {
    const said = read.said.find(({ file }) => file === layout.advisory(id, n));
    if (said !== undefined && isNew(said)) findings.push(finding('advisory/history', said, reason));
  }
  if (scope.submission === undefined) return findings;
  for (const one of read.said.filter(isNew)) {
    if (one.said.type !== 'advisory') continue;
    const old = one.byRole ? beforePolicy(one.said, policy) : undefined;
    if (old !== undefined) findings.push(finding('advisory/history', { ...one, path: '$.at' }, old));
    findings.push(...checkSubjects(one, one.said, scope));
    if (one.said.n === 1) findings.push(...checkId(one, one.said, sources.statements));
  }
  return findings;
}

/** Keys that a newer policy has taken away sign nothing new, whatever time they write. */
function beforePolicy({ at }: Advisory, policy: Policy | undefined): string | undefined {
  if (policy === undefined || Date.parse(at) >= Date.parse(policy.createdAt)) return undefined;
  return `dated before policy ${policy.n} of ${policy.createdAt}, which counts now`;
}

/** A name or an export that is not there is most often a slip; malware may be gone from the registry. */
function checkSubjects(place: SaidStatement, { affected }: Advisory, { module }: Scope): Finding[] {
  return affected.flatMap((one, i) => {
    const problem = subjectProblem(one, module(one.name).releases);
    if (problem === undefined) return [];
    return [finding('advisory/affected', { ...place, path: `$.affected[${i}]` }, problem)];
  });
}

function subjectProblem(
  affected: AffectedModule,
  releases: ReturnType<Scope['module']>['releases'],
): string | undefined {
  const { name, exports } = affected;
  if (releases.length === 0) return `there is no module ${name}`;
  const found = releases.filter((one) => {
    const digest = one.kind === 'signed' ? one.release.digest : undefined;
    return affectedBy([affected], { name, version: one.version, digest }) !== undefined;
  });
  if (found.length === 0) return `no version of ${name} is in its ranges or has one of its digests`;
  const known = new Set(
    found.flatMap((one) => (one.kind === 'signed' ? one.release.exports.map((entry) => entry.name) : [])),
  );
  const unknown = found.every((one) => one.kind === 'signed')
    ? exports.find((entry) => !known.has(entry))
    : undefined;
  return unknown === undefined ? undefined : `no affected version exports ${printable(unknown)}`;
}

/** Ids are given out one after the other: nobody takes those that are still to come. */
function checkId(place: SaidStatement, { id, at }: Advisory, statements: Statements): Finding[] {
  const wanted = nextId(
    advisoryIds(statements).filter((one) => one !== id),
    at,
  );
  if (id === wanted) return [];
  return [finding('advisory/id', { ...place, path: '$.id' }, `the next id of its year is ${wanted}`)];
}

/** The id of the next advisory of a time, after those that there are. */
export function nextId(known: readonly string[], at: string): string {
  const year = at.slice(0, 4);
  const numbers = known.filter((id) => id.startsWith(`MLLD-${year}-`)).map((id) => Number(id.slice(10)));
  return `MLLD-${year}-${String(Math.max(0, ...numbers) + 1).padStart(4, '0')}`;
}
