/** Whom one person trusts and distrusts, as a distribution holds it (docs/spec/reputation.md §7). */
import { type Author, encodeTrustsFile, limits, type SignedText, type Trust } from '@mlld/format';
import type { TrustEdge } from '@mlld/trust';
import type { EarlyFacts } from '../outputs/output.ts';
import { newestOf } from './module.ts';

export interface MadePerson {
  readonly text: string;
  /** What is kept from build to build. */
  readonly edges: readonly TrustEdge[];
}

/** Undefined for who speaks of nobody. */
export function makePerson(
  by: Author,
  { statements, repository }: Pick<EarlyFacts, 'statements' | 'repository'>,
): MadePerson | undefined {
  const said: { readonly text: SignedText; readonly trust: Trust }[] = [];
  for (const file of newestOf(statements, `trust/${by}`, 'trust').values()) {
    const one = statements.read(file);
    if (one?.said.type !== 'trust') continue;
    said.push({ trust: one.said, text: { statement: one.text, signatures: one.signatures } });
  }
  const listed = said.slice(0, limits.trustsPerPerson);
  if (listed.length === 0) return undefined;
  const keysets = repository.keysOf(by).chain;
  return {
    text: encodeTrustsFile({ v: 1, by, statements: listed.map(({ text }) => text), keysets }),
    edges: listed.map(({ trust: { about, level } }) => ({ by, about, level })),
  };
}
