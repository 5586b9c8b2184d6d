/** The revisions of one advisory and the votes on it, as a repository holds them: only what is signed and stands where it says. */
import {
  type Advisory,
  type AdvisoryVote,
  type Author,
  layout,
  limits,
  type ModuleName,
  type SignedText,
} from '@mlld/format';
import { type Evaluated, evaluateAdvisory, type SignedRevision } from '@mlld/trust';
import type { AuthorKeys, ReadModule } from '../repository/model.ts';
import { ownersOf } from '../repository/read.ts';
import type { SaidStatement, Statements } from '../repository/statements.ts';

export interface AdvisorySources {
  readonly statements: Statements;
  readonly keysOf: (author: string) => AuthorKeys;
  readonly read: (name: ModuleName) => Pick<ReadModule, 'metadata' | 'releases'>;
}

export interface ReadAdvisory extends Evaluated {
  readonly id: string;
  /** Every statement about it, votes too: those that count for nothing were said all the same. */
  readonly said: readonly SaidStatement[];
  /** Number of the highest revision. */
  readonly revisions: number;
  /** Statement and signatures of a revision. */
  readonly textOf: (revision: SignedRevision) => SignedText | undefined;
}

/** The ids that have files, sorted. */
export function advisoryIds(statements: Statements): string[] {
  return [...new Set(statements.list('advisories').flatMap((file) => advisoryIdOf(file) ?? []))].sort();
}

/** The advisory that a path in a repository is of. */
export function advisoryIdOf(file: string): string | undefined {
  const id = /^advisories\/\d{4}\/(MLLD-\d{4}-\d{4,6})\//.exec(file)?.[1];
  return id !== undefined && file.startsWith(folderOf(id)) ? id : undefined;
}

function folderOf(id: string): string {
  return layout.advisory(id, 1).replace(/1\.json$/, '');
}

/** Undefined where nothing about it is to be believed. */
export function readAdvisory(id: string, sources: AdvisorySources): ReadAdvisory | undefined {
  const { statements, keysOf, read } = sources;
  const said = statements
    .list(folderOf(id).slice(0, -1))
    .map((file) => statements.read(file))
    .filter((one) => one !== undefined);
  const found = said.filter((one): one is SaidRevision => one.said.type === 'advisory');
  if (found.length === 0) return undefined;
  const revisions = found
    .map((one) => ({ ...one, byAuthor: signedBy(one, keysOf(one.said.by)) }))
    .sort((a, b) => a.said.n - b.said.n)
    .slice(0, limits.changesPerModule);
  const evaluated = evaluateAdvisory({
    revisions,
    votes: newestVotes(said),
    ownersOf: (name) => [...ownersOf(name, read(name).metadata)] as Author[],
  });
  return {
    id,
    said,
    revisions: revisions.at(-1)?.said.n ?? 0,
    ...evaluated,
    textOf: ({ said: { n } }) => {
      const revision = revisions.find((one) => one.said.n === n);
      return revision && { statement: revision.text, signatures: revision.signatures };
    },
  };
}

type SaidRevision = SaidStatement & { readonly said: Advisory };

function signedBy({ signers }: SaidStatement, { keysets }: AuthorKeys): boolean {
  return keysets.some(({ keys }) => signers.some((signer) => keys.has(signer)));
}

function newestVotes(said: readonly SaidStatement[]): AdvisoryVote[] {
  const newest = new Map<Author, AdvisoryVote>();
  for (const { said: vote } of said) {
    if (vote.type !== 'advisory-vote') continue;
    const known = newest.get(vote.by);
    if (known === undefined || known.n < vote.n) newest.set(vote.by, vote);
  }
  return [...newest.values()];
}
