import path from 'node:path';
import type { CheckOptions, Finding } from '@mlld/builder';
import { exitStatus, printable, RegistryError } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../../command.ts';

const flags = {
  base: { type: 'string', value: 'commit|folder', about: 'Check only what changed since then' },
  actor: { type: 'string', value: 'login', about: 'Who submits: only owners may change what is theirs' },
  'actor-id': { type: 'string', value: 'number', about: 'The numeric GitHub id of who submits' },
  scan: { type: 'boolean', about: 'Fetch the code of what is new, and tell what looks dangerous in it' },
  format: { type: 'string', value: 'list|json|github|sarif', about: 'How to print findings (default: list)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags,
  details: `
Checks a registry repository: shapes, signatures, hashes, versions, imports, names, owners, quality. Tells every
finding; the exit status is 1 if one of them is an error.

  mlld registry check .                                     all of it
  mlld registry check . --base origin/main --actor alice    what a pull request of alice may not do
  mlld registry check . --base origin/main --scan           and what its code can do, for reviewers`,
  async run(context) {
    const { args, cwd } = context;
    const { check, githubAnnotations, sarif } = await import('@mlld/builder');
    const folder = path.resolve(cwd, args[0] ?? '.');
    const { base, actor } = context.flags;
    const options = { base: baseOf(base, cwd), actor, actorId: idOf(context.flags['actor-id']) };
    const checked = check(folder, options);
    const scanned = context.flags.scan ? await scanWith(context, folder, options) : [];
    const report = { ...checked, findings: [...checked.findings, ...scanned] };
    const format = context.flags.json ? 'json' : (context.flags.format ?? 'list');
    if (format === 'json') context.report.json(report);
    else if (format === 'sarif') context.report.json(sarif(report.findings));
    else if (format === 'github') context.report.write(githubAnnotations(report.findings));
    else if (format === 'list') printList(context, report.findings);
    else
      throw new RegistryError(
        'USAGE',
        `--format: wanted list, json, github or sarif, found '${printable(format)}'`,
      );
    const errors = report.findings.filter(({ severity }) => severity === 'error').length;
    const looked = `${report.modules} modules, ${report.releases} releases`;
    context.report.note(`${looked}: ${errors} errors, ${report.findings.length - errors} other findings`);
    return errors > 0 ? exitStatus.failed : undefined;
  },
});

/** The scanner's findings are warnings: they change no exit status. */
async function scanWith(
  { report }: Context<typeof flags>,
  folder: string,
  options: CheckOptions,
): Promise<readonly Finding[]> {
  const { scanReleases } = await import('@mlld/builder');
  const line = report.progress('Fetching what is new …');
  try {
    const onDone = (done: number, total: number) => line.update(`Fetching ${done}/${total}`);
    return await scanReleases(folder, { ...options, onDone });
  } finally {
    line.done();
  }
}

/** A path is meant from here, and not from the repository. */
function baseOf(base: string | undefined, cwd: string): string | undefined {
  return base !== undefined && /^\.{0,2}\//.test(base) ? path.resolve(cwd, base) : base;
}

function idOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const id = Number(text);
  if (Number.isSafeInteger(id) && id > 0) return id;
  throw new RegistryError('USAGE', `--actor-id: wanted a number, found '${printable(text)}'`);
}

function printList({ report }: Context<typeof flags>, findings: readonly Finding[]): void {
  const colour = { error: 'red', warning: 'yellow', info: 'dim' } as const;
  for (const { severity, rule, file, line, path: at, message, hint } of findings) {
    const where = `${file}${line === undefined ? '' : `:${line}`}${at === '$' ? '' : ` ${at}`}`;
    report.print(`${report.style(colour[severity], severity)} ${rule}  ${printable(where)}`);
    report.print(`  ${message}`);
    if (hint !== '') report.print(`  ${report.style('dim', hint)}`);
  }
}
