import path from 'node:path';
import {
  applyEdits,
  atATime,
  CHECKS_AT_A_TIME,
  type CheckOptions,
  checkModule,
  type Finding,
  fixEdits,
  type Module,
  qualityOfModule,
  readModules,
  rules,
} from '@mlld/publish';
import { checkOfKind } from '../check-kind.ts';
import { defineCommand } from '../command.ts';
import { showFindings, showQuality, showVerdict } from '../findings.ts';
import { knownModules } from '../lookup.ts';
import type { Report } from '../report.ts';

export const command = defineCommand({
  args: [{ name: 'path', optional: true }],
  flags: {
    fix: { type: 'boolean', about: 'Mend what can be mended without changing what the module does' },
    strict: { type: 'boolean', about: 'Fail on warnings too' },
    with: { type: 'string', multiple: true, value: 'folder', about: 'Modules here are at hand for imports' },
    registry: {
      type: 'string',
      value: 'url|folder',
      about: 'The registry to look imports up in (also: MLLD_REGISTRY)',
    },
    offline: { type: 'boolean', about: 'Look no imports up' },
    rules: { type: 'boolean', about: 'List the rules' },
  },
  details: `
Checks the module in a file or folder (default: this folder), or all modules below a folder: syntax, metadata, exports,
imports, documentation, examples, tests, size, licence. Ends with 1 if there is an error. docs/guides/publishing.md explains
each rule.

  mlld check
  mlld check strings.mld.md --fix
  mlld check modules/`,
  async run({ args, flags, cwd, env, report }) {
    if (flags.rules) {
      showRules(report, flags.json);
      return 0;
    }
    const modules = await readModules(path.resolve(cwd, args[0] ?? '.'));
    const beside = await Promise.all(flags.with.map((folder) => readModules(path.resolve(cwd, folder))));
    const { registry, offline } = flags;
    const known = await knownModules({ atHand: [...modules, ...beside.flat()], cwd, env, registry, offline });
    try {
      const progress = report.progress('Checking');
      const results = await atATime(CHECKS_AT_A_TIME, modules, async (module): Promise<Result> => {
        progress.update(`Checking ${module.manifestFile} in ${path.relative(cwd, module.root) || '.'}`);
        const options = {
          env,
          lookup: known.lookup,
          resolveModule: known.resolveModule,
          grant: known.grant,
          ofKind: checkOfKind(env),
        };
        const checked = await checkOne(module, { options, fix: flags.fix, report });
        return { ...checked, quality: await qualityOfModule(checked.module) };
      });
      progress.done();
      const failed = (findings: readonly Finding[]) =>
        findings.some((one) => one.severity === 'error' || (flags.strict && one.severity === 'warning'));
      if (flags.json) report.json(asJson(results, { cwd, failed }));
      else showResults(results, { cwd, report, failed });
      return results.some(({ findings }) => failed(findings)) ? 1 : 0;
    } finally {
      await known.close();
    }
  },
});

interface Result {
  readonly module: Module;
  readonly findings: readonly Finding[];
  /** What the registry's page will show. */
  readonly quality: Awaited<ReturnType<typeof qualityOfModule>>;
}

async function checkOne(
  module: Module,
  { options, fix, report }: { options: CheckOptions; fix: boolean; report: Report },
): Promise<Omit<Result, 'quality'>> {
  const { findings } = await checkModule(module, options);
  const fixes = fix ? findings.flatMap((one) => (one.fix === undefined ? [] : [one.fix])) : [];
  if (fixes.length === 0) return { module, findings };
  const mended = await applyEdits(module, fixEdits(module, fixes));
  for (const one of fixes) report.note(`${one.file}: ${one.about}`);
  return { module: mended, findings: (await checkModule(mended, options)).findings };
}

type Failed = (findings: readonly Finding[]) => boolean;

function asJson(results: readonly Result[], { cwd, failed }: { cwd: string; failed: Failed }) {
  const modules = results.map(({ module, findings, quality }) => ({
    path: path.relative(cwd, module.root) || '.',
    name: module.manifest.name,
    author: module.manifest.author,
    version: module.manifest.version,
    ok: !failed(findings),
    findings,
    quality,
  }));
  return { ok: modules.every((one) => one.ok), modules };
}

function showResults(
  results: readonly Result[],
  { cwd, report, failed }: { cwd: string; report: Report; failed: Failed },
): void {
  for (const { module, findings, quality } of results) {
    const folder = path.relative(cwd, module.root);
    showFindings(findings, { report, folder });
    const name = module.manifest.name ?? module.manifestFile;
    showVerdict(findings, {
      report,
      failed: failed(findings),
      title: results.length > 1 ? `${folder || name}: ` : '',
    });
    if (quality !== undefined) showQuality(quality, { report, parts: results.length === 1 });
  }
}

function showRules(report: Report, json: boolean): void {
  if (json) {
    report.json(rules);
    return;
  }
  const rows = Object.entries(rules).map(([id, rule]) => [id, rule.severity, rule.what]);
  report.table([{ title: 'rule' }, { title: 'severity' }, { title: 'what it wants', shrink: true }], rows);
}
