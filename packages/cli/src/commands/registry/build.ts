import path from 'node:path';
import type { BuildProgress, BuildReport, LogOptions, LogReport } from '@mlld/builder';
import { beginGit } from '@mlld/builder/git';
import { printable, RegistryError } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../../command.ts';

const flags = {
  out: { type: 'string', value: 'folder', about: 'Where the distribution goes (default: dist)' },
  state: { type: 'string', value: 'folder', about: 'What later builds use again (default: <out>.state)' },
  offline: { type: 'boolean', about: 'Ask no source: use what earlier builds have kept' },
  full: { type: 'boolean', about: 'Render everything, not only what changed' },
  committed: {
    type: 'boolean',
    about: 'Look for what was committed, not for edited files: where nobody works in the folder',
  },
  'no-site': { type: 'boolean', about: 'Make no pages for people' },
  'log-key': {
    type: 'string',
    value: 'file',
    about: 'Key of the log, Ed25519 in PEM (also: MLLD_LOG_KEY, a file or the PEM itself)',
  },
  'new-log': { type: 'boolean', about: 'Begin the log: only ever the first time' },
  previous: { type: 'string', value: 'folder', about: 'Continue the log of this published distribution' },
  cosignatures: { type: 'string', value: 'folder', about: 'Put the cosignatures in these files into head' },
  witness: {
    type: 'string',
    value: 'url',
    multiple: true,
    about: 'Ask this witness for its cosignature; may be repeated',
  },
  'name-server': {
    type: 'string',
    value: 'host',
    multiple: true,
    about: 'Name server of the zone; may be repeated',
  },
  hostmaster: { type: 'string', value: 'mail', about: 'Who looks after the zone' },
  ttl: {
    type: 'string',
    value: 'seconds',
    about: 'How long a record of the zone may be kept (default: 300)',
  },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags,
  details: `
Builds what clients, mirrors and name servers read: index, proofs, contents, modules.json for today's mlld, the DNS
zone. A second build renders only what changed: with --committed, as on a server or in a workflow, only what was
committed. Sources that can't be reached, or give other bytes than was published, are told in the index and never
fail the build.

With a policy in the repository and the log's key, every statement is logged; what was logged must never change or go. The
log in the folder is continued: without the published one (in --out, or in --previous) no log is built.

  mlld registry build . --out dist
  mlld registry serve dist`,
  async run(context) {
    const { args, cwd, env, report } = context;
    const folder = path.resolve(cwd, args[0] ?? '.');
    // It takes longest, and needs nothing of what is loaded next.
    const git = beginGit(folder, context.flags.committed);
    const { build, outputsFor } = await import('@mlld/builder');
    const { state, offline, full, committed } = context.flags;
    const out = path.resolve(cwd, context.flags.out ?? 'dist');
    const line = report.progress('Reading ...');
    const started = performance.now();
    const built = await build(folder, {
      out,
      git,
      state: state === undefined ? undefined : path.resolve(cwd, state),
      offline,
      full,
      committed,
      outputs: await outputsFor({
        site: !context.flags['no-site'],
        search: { key: env.MLLD_EMBEDDINGS_KEY, warn: (text) => report.warn(text) },
      }),
      zone: zoneOptions(context),
      log: logOptions(context),
      onProgress: (progress) => line.update(progressText(progress)),
    }).finally(() => line.done());
    for (const { severity, rule, file, message } of built.findings)
      if (severity !== 'info') report.warn(`${rule} ${printable(file)}: ${message}`);
    if (context.flags.json) return report.json({ out, ...built });
    printReport(context, out, built, performance.now() - started);
  },
});

function zoneOptions({ flags: { hostmaster, ttl, ...rest } }: Context<typeof flags>) {
  const seconds = ttl === undefined ? undefined : Number(ttl);
  if (seconds !== undefined && !(Number.isSafeInteger(seconds) && seconds >= 0 && seconds < 2 ** 31))
    throw new RegistryError('USAGE', `--ttl: wanted a number of seconds, found '${printable(ttl ?? '')}'`);
  const nameServers = rest['name-server'];
  return {
    ...(nameServers.length > 0 ? { nameServers } : {}),
    ...(hostmaster === undefined ? {} : { hostmaster }),
    ...(seconds === undefined ? {} : { ttl: seconds }),
  };
}

/** None without a key: the library says so in its report. */
function logOptions(context: Context<typeof flags>): LogOptions | undefined {
  const { cwd, env } = context;
  const setting = context.flags['log-key'] ?? env.MLLD_LOG_KEY;
  if (setting === undefined || setting === '') return undefined;
  const fromHere = (folder: string | undefined) =>
    folder === undefined ? undefined : path.resolve(cwd, folder);
  return {
    key: setting.includes('-----BEGIN') ? setting : path.resolve(cwd, setting),
    begin: context.flags['new-log'],
    previous: fromHere(context.flags.previous),
    cosignatures: fromHere(context.flags.cosignatures),
    witnesses: context.flags.witness,
  };
}

function progressText({ step, done, total, what }: BuildProgress): string {
  const verb = { read: 'Reading', sources: 'Asking sources', render: 'Rendering', write: 'Writing' }[step];
  return `${verb} ${done}/${total} ${what ?? ''}`;
}

function printReport({ report }: Context<typeof flags>, out: string, built: BuildReport, ms: number): void {
  const { match, mismatch, unreachable, unchecked } = built.checked;
  const many = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
  report.print(
    `${built.info.name}: ${many(built.modules, 'module')}, ${many(built.releases, 'release')} in ${out}`,
  );
  report.print(
    `  sources: ${match} as published, ${mismatch} with other bytes, ${unreachable} not reached, ${unchecked} not asked`,
  );
  report.print(
    `  ${many(built.rendered, 'module')} rendered, ${many(built.written, 'file')} written, ${built.deleted} removed (${(ms / 1000).toFixed(2)} s)`,
  );
  report.print(`  ${logText(built.log)}`);
  for (const { url, problem } of built.log.kept ? built.log.witnesses : [])
    if (problem !== undefined) report.warn(`the witness ${printable(url)} did not cosign: ${problem}`);
}

function logText(log: LogReport): string {
  if (!log.kept) return `no log: ${log.reason}`;
  const { size, added, cosigned, quorum, reached, policy } = log;
  const witnesses = quorum === 0 ? '' : `, cosigned by ${cosigned} of the ${quorum} witnesses it needs`;
  const wait = reached ? '' : ': do not publish it before they have';
  return `log: ${size} entries, ${added} of them new, by policy ${policy}${witnesses}${wait}`;
}
