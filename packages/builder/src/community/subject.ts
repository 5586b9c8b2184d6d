/** Whether what a statement is about is in the registry: what it binds to, by digest where there is one (statements.md §11). */
import { contentDigest, locate, type ModuleName, parseModuleName, type Sha256Hex } from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { ReadModule, ReadRelease } from '../repository/model.ts';
import { ownersOf } from '../repository/read.ts';
import type { SaidStatement } from '../repository/statements.ts';

/** A registry as far as statements speak of it. */
export interface Subjects {
  read(name: ModuleName): ReadModule;
  /** Whether there is an author of this name: with keys, or with modules from before there were keys. */
  isAuthor(name: string): boolean;
}

/** What is wrong with what it is about; undefined for what is in order. */
export function subjectProblem(said: SaidStatement['said'], subjects: Subjects): string | undefined {
  switch (said.type) {
    case 'review':
      return (
        bindingProblem(subjects.read(said.name), said) ??
        (said.from === undefined ? undefined : bindingProblem(subjects.read(said.name), said.from)) ??
        (said.from?.digest === said.digest ? 'it starts from the digest that it is about' : undefined)
      );
    case 'trust':
      if (said.about === said.by) return 'nobody speaks for themselves';
      return subjects.isAuthor(said.about) ? undefined : `there is no author ${said.about}`;
    case 'star':
      return moduleProblem(subjects.read(said.name));
    case 'report': {
      if (said.about.includes('/')) return moduleProblem(subjects.read(parseModuleName(said.about)));
      return subjects.isAuthor(said.about.slice(1)) ? undefined : `there is no author ${said.about}`;
    }
    case 'transfer': {
      const module = subjects.read(said.name);
      const owners = ownersOf(said.name, module.metadata);
      if (!owners.includes(said.by)) return `${said.by} is no owner of ${said.name}: ${owners.join(', ')}`;
      return moduleProblem(module) ?? (said.to === said.by ? 'it is theirs already' : undefined);
    }
    case 'collection':
      return said.modules
        .map(({ name }) => moduleProblem(subjects.read(name)))
        .find((problem) => problem !== undefined);
    default:
      return undefined;
  }
}

function moduleProblem({ name, releases }: ReadModule): string | undefined {
  return releases.length > 0 ? undefined : `there is no module ${name}`;
}

function bindingProblem(
  module: ReadModule,
  { version, digest }: { readonly version: string; readonly digest: Sha256Hex },
): string | undefined {
  const release = module.releases.find((one) => one.version === version);
  if (release === undefined) return `there is no ${module.name}@${version}`;
  const found = releaseDigest(release);
  if (found === undefined)
    return `${module.name}@${version} is an unsigned folder: nobody can tell its bytes`;
  return found === digest ? undefined : `${module.name}@${version} has the digest ${found}, not ${digest}`;
}

/** The digest by which a version is reviewed; none for an unsigned folder, whose bytes only its sources tell. */
export function releaseDigest(read: ReadRelease): Sha256Hex | undefined {
  if (read.kind === 'signed') return read.release.digest;
  const { shape, entry } = locate(read.record.source);
  if (shape !== 'file') return undefined;
  return contentDigest([{ path: entry, sha256: read.record.source.contentHash }], sha256);
}
