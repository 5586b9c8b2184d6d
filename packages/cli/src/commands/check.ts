import path from 'node:path';
import { applyEdits, checkModule, fixEdits, readModule, rules } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { showFindings } from '../findings.ts';
import { lookupModules } from '../lookup.ts';
import type { Report } from '../report.ts';

export const command = defineCommand({
  args: [{ name: 'path', optional: true }],
  flags: {
    fix: { type: 'boolean', about: 'Mend what can be mended without changing what the module does' },
    strict: { type: 'boolean', about: 'Fail on warnings too' },
    registry: { type: 'string', value: 'folder|git URL', about: 'Registry repository to look imports up in' },
    rules: { type: 'boolean', about: 'List the rules' },
  },
  details: `
Checks the module in a file or folder (default: this folder): syntax, metadata, exports, imports, documentation, examples,
tests, size, licence. Ends with 1 if there is an error. docs/guides/publishing.md explains each rule.

  mlld check
  mlld check strings.mld.md --fix`,
  async run({ args, flags, cwd, env, report }) {
    if (flags.rules) {
      showRules(report, flags.json);
      return 0;
    }
    const lookup = await lookupModules({ registry: flags.registry, cwd, env });
    try {
      const options = { env, lookup: lookup?.lookup };
      const found = await readModule(path.resolve(cwd, args[0] ?? '.'));
      let { findings } = await checkModule(found, options);
      const fixes = flags.fix ? findings.flatMap((one) => (one.fix === undefined ? [] : [one.fix])) : [];
      if (fixes.length > 0) {
        const mended = await applyEdits(found, fixEdits(found, fixes));
        for (const fix of fixes) report.note(`${fix.file}: ${fix.about}`);
        ({ findings } = await checkModule(mended, options));
      }
      const failed = findings.some(
        (one) => one.severity === 'error' || (flags.strict && one.severity === 'warning'),
      );
      if (flags.json) report.json({ ok: !failed, findings });
      else showFindings(findings, { report, failed });
      return failed ? 1 : 0;
    } finally {
      await lookup?.close();
    }
  },
});

function showRules(report: Report, json: boolean): void {
  if (json) {
    report.json(rules);
    return;
  }
  const rows = Object.entries(rules).map(([id, rule]) => [id, rule.severity, rule.what]);
  report.table([{ title: 'rule' }, { title: 'severity' }, { title: 'what it wants', shrink: true }], rows);
}
