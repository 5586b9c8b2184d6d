/** What releases import has to be there, and must not lead back to them. */
import { highest, type ModuleName, parseSelector } from '@mlld/format';
import { newest, taggedBy, yankedBy } from '../build/closure.ts';
import { type Finding, finding } from '../finding.ts';
import type { ReadModule, ReadRelease, SignedRelease } from '../repository/model.ts';
import type { Scope } from './scope.ts';

/** How many releases one search looks at. */
const most = 2000;

export function checkImports(scope: Scope): Finding[] {
  return scope.modules.flatMap((name) =>
    scope
      .module(name)
      .releases.filter((read): read is SignedRelease => read.kind === 'signed' && scope.isNew(read.file))
      .flatMap((read) => checkRelease(scope, read)),
  );
}

function checkRelease(scope: Scope, read: SignedRelease): Finding[] {
  const { file, text, release } = read;
  const findings: Finding[] = [];
  for (const [name, selector] of release.imports) {
    const place = { file, text, path: `$.imports.${name}` };
    const module = scope.module(name);
    if (module.releases.length === 0)
      findings.push(finding('import/exists', place, `${name} is not in this registry`));
    else if (choose(module, selector) === undefined) {
      const versions = module.releases.map(({ version }) => version).slice(0, 5);
      findings.push(
        finding('import/exists', place, `${name} has no ${selector}; it has ${versions.join(', ')}`),
      );
    }
  }
  const chain = wayBack(scope, read);
  if (chain !== undefined)
    findings.push(
      finding(
        'import/cycle',
        { file, text, path: '$.imports' },
        `the imports lead back: ${chain.join(' → ')}`,
      ),
    );
  return findings;
}

/** The shortest chain of imports from a release back to its own module. */
function wayBack(scope: Scope, start: SignedRelease): string[] | undefined {
  const home = start.release.name;
  const from = new Map<SignedRelease, SignedRelease | undefined>([[start, undefined]]);
  for (const read of from.keys()) {
    for (const [name, selector] of read.release.imports) {
      if (name === home) return [...chainTo(from, read), home];
      const next = choose(scope.module(name), selector);
      if (next?.kind === 'signed' && !from.has(next) && from.size < most) from.set(next, read);
    }
  }
  return undefined;
}

function chainTo(
  from: ReadonlyMap<SignedRelease, SignedRelease | undefined>,
  last: SignedRelease,
): ModuleName[] {
  const chain: ModuleName[] = [];
  for (let at: SignedRelease | undefined = last; at !== undefined; at = from.get(at))
    chain.unshift(at.release.name);
  return chain;
}

/** The release that a selector means today. */
function choose({ releases, changes, tags }: ReadModule, selector: string): ReadRelease | undefined {
  const yanked = yankedBy(changes);
  const versions = releases.map(({ version }) => version).filter((version) => !yanked.has(version));
  const find = (version: string | undefined) => releases.find((one) => one.version === version);
  const wanted = parseSelector(selector);
  switch (wanted.kind) {
    case 'exact':
      return find(wanted.version);
    case 'range':
      return find(highest(versions, wanted.range));
    case 'any':
      return find(newest(versions));
    case 'tag': {
      const tagged = taggedBy(changes).get(wanted.tag) ?? tags.get(wanted.tag);
      return find(tagged ?? (wanted.tag === 'latest' ? newest(versions) : undefined));
    }
    case 'hash':
      return releases.find((one) => one.kind === 'signed' && one.release.digest.startsWith(wanted.prefix));
  }
}
