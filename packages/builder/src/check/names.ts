/** Names that nobody may have, and names that look like those of others. */
import { authorOf, layout, type ModuleName, squatIndex } from '@mlld/format';
import { type Finding, finding } from '../finding.ts';
import { isReserved, reservedByPolicy } from './policy.ts';
import type { Scope } from './scope.ts';
import { isNewModule } from './submission.ts';

/** Words that the language gives a meaning of its own after an `@`, and those that would speak for the registry. */
export const reservedAuthors: ReadonlySet<string> = new Set(
  'base builtin debug fm input keychain local mx now output payload pipeline project registry root state stdin system'.split(
    ' ',
  ),
);

export function checkNames(scope: Scope): Finding[] {
  const fresh = scope.modules.filter((name) => isNewModule(scope, name));
  const findings = fresh
    .filter((name) => reservedAuthors.has(authorOf(name)))
    .map((name) =>
      finding('name/reserved', place(name), `'${authorOf(name)}' is a word of the language or the registry`),
    );
  const reserved = reservedByPolicy(scope.after);
  const byPolicy = fresh
    .filter((name) => isReserved(name, reserved))
    .map((name) => finding('name/reserved', place(name), `${name} is reserved by the registry's policy`));
  return [...findings, ...byPolicy, ...similarNames(fresh, scope.after.names())];
}

function place(name: ModuleName): { readonly file: string } {
  return { file: layout.module(name) };
}

/** New names beside names of others that they may be taken for. */
function similarNames(fresh: readonly ModuleName[], all: readonly ModuleName[]): Finding[] {
  const index = squatIndex(all);
  const told = new Set<string>();
  const findings: Finding[] = [];
  for (const name of fresh) {
    for (const { name: other } of index.find(name)) {
      const pair = [name, other].sort().join(' ');
      if (told.has(pair)) continue;
      told.add(pair);
      findings.push(finding('name/similar', place(name), `looks like ${other}`));
    }
  }
  return findings;
}
