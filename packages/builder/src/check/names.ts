/** Names that nobody may have, and names that look like those of others. */
import { authorOf, editDistance, layout, type ModuleName, shortName } from '@mlld/format';
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

/** New names beside names of others: one edit away, the same but for hyphens and their order, author and name swapped. */
function similarNames(fresh: readonly ModuleName[], all: readonly ModuleName[]): Finding[] {
  const index = new Map<string, ModuleName[]>();
  for (const name of all)
    for (const key of keysOf(name)) {
      const known = index.get(key);
      if (known === undefined) index.set(key, [name]);
      else known.push(name);
    }
  const told = new Set<string>();
  const findings: Finding[] = [];
  for (const name of fresh) {
    const others = new Set([...keysOf(name)].flatMap((key) => index.get(key) ?? []));
    for (const other of others) {
      const pair = [name, other].sort().join(' ');
      if (authorOf(other) === authorOf(name) || told.has(pair) || !areSimilar(name, other)) continue;
      told.add(pair);
      findings.push(finding('name/similar', place(name), `looks like ${other}`));
    }
  }
  return findings;
}

/** Two names that are similar have a key in common: the name less one character, its words sorted, and it swapped. */
function keysOf(name: ModuleName): Set<string> {
  const plain = `${authorOf(name)}/${shortName(name)}`;
  const keys = new Set([plain, words(name), [authorOf(name), shortName(name)].sort().join(' ')]);
  for (let i = 0; i < plain.length; i++) keys.add(plain.slice(0, i) + plain.slice(i + 1));
  return keys;
}

function words(name: ModuleName): string {
  const sorted = (text: string) => text.split('-').sort().join('');
  return `=${sorted(authorOf(name))}/${sorted(shortName(name))}`;
}

function areSimilar(a: ModuleName, b: ModuleName): boolean {
  return (
    editDistance(a, b) <= 1 ||
    words(a) === words(b) ||
    (authorOf(a) === shortName(b) && authorOf(b) === shortName(a))
  );
}
