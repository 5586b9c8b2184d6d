/** What is wrong with what people say: the rules of `mlld registry check` about reviews, trust, stars, reports, transfers and advisories. */
import { limits, type Policy, signatureNamespace } from '@mlld/format';
import { signersOf } from '@mlld/trust';
import type { Scope } from '../check/scope.ts';
import { speaksFor } from '../check/submission.ts';
import { type Finding, finding } from '../finding.ts';
import { readPolicyChain } from '../policy/read.ts';
import type { Repository } from '../repository/read.ts';
import {
  isSaid,
  openStatements,
  type SaidStatement,
  type Statements,
  statementFolders,
} from '../repository/statements.ts';
import { checkStatistics, checkStatisticsData, isStatisticsData } from '../stats/check.ts';
import { type Subjects, subjectProblem } from './subject.ts';

export function checkSaid(scope: Scope): Finding[] {
  const { after, submission } = scope;
  const changed = submission?.changes.map(({ file }) => file).filter(isSaid);
  if (changed?.length === 0) return [];
  const statements = statementsOf(after);
  const files =
    changed === undefined
      ? statementFolders.flatMap((folder) => statements.list(folder))
      : [...new Set(changed.map((file) => file.replace(/\.sig$/, '')))];
  const findings = files.flatMap((file) => checkFile(file, { scope, statements }));
  return [...statements.findings.filter(({ file }) => files.includes(file)), ...findings];
}

function statementsOf({ tree, info, keysOf }: Repository): Statements {
  let policies: readonly Policy[] = [];
  try {
    policies = readPolicyChain(tree, info.name)?.policies ?? [];
  } catch {
    // Told by the rule of policies.
  }
  return openStatements({ tree, info, keysOf, policies });
}

interface Checking {
  readonly scope: Scope;
  readonly statements: Statements;
}

function checkFile(file: string, { scope, statements }: Checking): Finding[] {
  if (isStatisticsData(file)) return checkStatisticsData(file, scope.after.tree);
  if (!file.endsWith('.json'))
    return [
      finding('file/unknown', { file }, 'it is no statement: those end in .json, with .json.sig beside'),
    ];
  const read = statements.read(file);
  if (read === undefined) return [];
  const findings: Finding[] = [];
  const { text } = read;
  const problem = subjectProblem(read.said, subjectsOf(scope));
  if (problem !== undefined) findings.push(finding('statement/subject', { file, text }, problem));
  findings.push(...checkStatistics(read, scope.after.tree));
  if (scope.submission === undefined || !scope.isNew(file)) return findings;
  findings.push(...checkSpeaker(read, scope));
  if (!read.byRole && !isSignedByNewest(read, scope.after))
    findings.push(
      finding(
        'statement/chain',
        { file, text },
        `no key of the newest keyset of ${read.said.by} has signed it`,
      ),
    );
  const many = tooMany(read, statements);
  if (many !== undefined) findings.push(finding('statement/chain', { file, text }, many));
  return findings;
}

/** Everyone speaks in their own name; a transfer is brought by either of the two. */
function checkSpeaker({ file, text, said }: SaidStatement, { submission }: Scope): Finding[] {
  if (submission?.actor === undefined) return [];
  const { before, actorId } = submission;
  const actor = submission.actor.toLowerCase();
  const speakers = said.type === 'transfer' ? [said.by, said.to] : [said.by];
  if (speakers.some((one) => speaksFor(one, { before, actor, actorId }))) return [];
  const message = `${actor} brings what ${said.by} says`;
  return [finding('submission/owner', { file, text, path: '$.by' }, message)];
}

function subjectsOf({ module, after }: Scope): Subjects {
  return { read: module, isAuthor: (name) => isAuthor(after, name) };
}

export function isAuthor({ tree, keysOf }: Pick<Repository, 'tree' | 'keysOf'>, name: string): boolean {
  return keysOf(name).keysets.length > 0 || tree.list(`modules/${name}`).length > 0;
}

function isSignedByNewest({ text, signatures, said, file }: SaidStatement, { keysOf }: Repository): boolean {
  const newest = keysOf(said.by).keysets.at(-1);
  if (newest === undefined) return false;
  const namespace = signatureNamespace(said.type);
  return signersOf({ statement: text, signatures }, { namespace, keys: newest.keys, where: file }).length > 0;
}

/** A file of the distribution holds everything that one person says of others: it has a limit. */
function tooMany({ said }: SaidStatement, statements: Statements): string | undefined {
  if (said.type !== 'trust') return undefined;
  const about = new Set(statements.list(`trust/${said.by}`).map((file) => file.split('/')[2]));
  return about.size > limits.trustsPerPerson
    ? `wanted at most ${limits.trustsPerPerson} people whom one person speaks of, found ${about.size}`
    : undefined;
}
