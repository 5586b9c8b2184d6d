/** Rules about imports: of other modules, and of the module's own files. */
import path from 'node:path';
import { formatRef, type ModuleName, nearest, parseRef, printable, type Ref } from '@mlld/format';
import type { ImportInfo } from '@mlld/lang';
import { isTest, type Module } from '../module/read.ts';
import { nameOf, writtenImports } from '../release.ts';
import { type Finding, finding } from './finding.ts';

/** What a registry knows of a reference. */
export type Lookup =
  | { readonly found: true; readonly version: string; readonly exports?: readonly string[] | undefined }
  | { readonly found: false; readonly message: string; readonly hint?: string | undefined };

/** Asks the registry; undefined where it can't be asked (offline). */
export type LookupModule = (ref: Ref) => Promise<Lookup | undefined>;

export async function checkImports(module: Module, lookup: LookupModule | undefined): Promise<Finding[]> {
  const findings: Finding[] = [];
  const own = ownName(module);
  for (const [file, analysis] of module.sources) {
    for (const one of analysis.imports) {
      const place = { file, line: one.place.line, column: one.place.column };
      if (one.kind === 'local') findings.push(...checkLocal(module, one, place));
      else if (one.kind === 'url')
        findings.push(finding('import/url', place, `'${printable(one.ref)}' is imported by its URL`));
      else if (one.kind === 'registry')
        findings.push(...(await checkModuleImport({ one, place, own, lookup })));
    }
  }
  return [...findings, ...checkSelectors(module)];
}

interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

async function checkModuleImport(of: {
  one: ImportInfo;
  place: Place;
  own: ModuleName | undefined;
  lookup: LookupModule | undefined;
}): Promise<Finding[]> {
  const { one, place, own, lookup } = of;
  let ref: Ref;
  try {
    ref = parseRef(one.ref);
  } catch (cause) {
    return [finding('import/ref', place, cause instanceof Error ? cause.message : String(cause))];
  }
  // A test may import the module under the name that users know it by.
  if (ref.name === own)
    return isTest(place.file) ? [] : [finding('import/self', place, `${own} imports itself`)];
  const known = await lookup?.(ref);
  if (known === undefined) return [];
  if (!known.found) return [finding('import/unknown', { ...place, hint: known.hint }, known.message)];
  const { exports } = known;
  if (exports === undefined) return [];
  return one.names
    .filter(({ name }) => name !== '*' && !exports.includes(name))
    .map(({ name }) => {
      const near = nearest(name, exports)[0];
      const hint = near === undefined ? undefined : `Did you mean @${near}?`;
      return finding(
        'import/unknown-export',
        { ...place, hint },
        `${formatRef(ref)} (${known.version}) exports no '@${printable(name)}'`,
      );
    });
}

function checkLocal(module: Module, one: ImportInfo, place: Place): Finding[] {
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(place.file), one.ref));
  // Tests of a single file stand beside it and import it.
  if (isTest(place.file)) return [];
  if (!module.files.some((file) => file.path === target)) {
    return [finding('import/file', place, `'${printable(one.ref)}' is no file of the module`)];
  }
  return module.layout === 'directory'
    ? [finding('import/today', place, `${place.file} imports ${target}`)]
    : [];
}

function checkSelectors(module: Module): Finding[] {
  const findings: Finding[] = [];
  const imports = writtenImports(module);
  for (const [name, selectors] of imports) {
    const written = [...selectors].filter((one) => one !== undefined);
    if (written.length > 1) {
      findings.push(
        finding(
          'import/two-versions',
          { file: module.entry },
          `${name} is imported as ${written.join(' and as ')}`,
        ),
      );
    }
  }
  for (const name of module.manifest.dependencies.keys()) {
    if (name.startsWith('@') && !imports.has(name as ModuleName)) {
      findings.push(
        finding(
          'import/unused',
          { file: module.manifestFile },
          `${printable(name)} is a dependency and not imported`,
        ),
      );
    }
  }
  return findings;
}

function ownName(module: Module): ModuleName | undefined {
  try {
    return nameOf(module);
  } catch {
    return undefined;
  }
}
