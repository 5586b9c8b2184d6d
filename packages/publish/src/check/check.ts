/** `mlld check`: everything that is wrong with a module, one finding each; nothing stops at the first. */

import type { Module } from '../module/read.ts';
import { nameOf } from '../release.ts';
import { checkCode } from './code.ts';
import { checkFiles } from './files.ts';
import { type Finding, sortFindings } from './finding.ts';
import { checkImports, type LookupModule } from './imports.ts';
import { checkKind } from './kinds.ts';
import { checkManifest } from './manifest.ts';
import { checkByRunning, type RunOptions } from './run.ts';

export interface CheckOptions extends RunOptions {
  /** Asks the registry for imported modules; without it they are not looked up. */
  readonly lookup?: LookupModule | undefined;
  /** Further rules for modules of a kind, which need what this package does not have. */
  readonly ofKind?: ((module: Module) => Promise<readonly Finding[]>) | undefined;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
}

/** Checks a module by all rules (docs/guides/publishing.md lists them). */
export async function checkModule(module: Module, options: CheckOptions): Promise<CheckResult> {
  const findings = [...(await readingFindings(module, options.lookup))];
  if (isNamed(module)) findings.push(...(await checkByRunning(module, options)));
  findings.push(...((await options.ofKind?.(module)) ?? []));
  return { findings: sortFindings(findings) };
}

/** Checks a module by the rules for which nothing is run and nobody is asked: while its author writes. */
export async function checkText(module: Module): Promise<CheckResult> {
  return { findings: sortFindings(await readingFindings(module, undefined)) };
}

async function readingFindings(module: Module, lookup: LookupModule | undefined): Promise<Finding[]> {
  const imports = await checkImports(module, lookup);
  const ofKind = await checkKind(module);
  return [...checkManifest(module), ...checkFiles(module), ...checkCode(module), ...imports, ...ofKind];
}

/** Examples import the module by its name. */
function isNamed(module: Module): boolean {
  try {
    nameOf(module);
    return true;
  } catch {
    return false;
  }
}
