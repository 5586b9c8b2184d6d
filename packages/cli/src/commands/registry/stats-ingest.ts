import path from 'node:path';
import type { IngestReport } from '@mlld/builder';
import { printable, RegistryError } from '@mlld/format';
import { defineCommand } from '../../command.ts';
import type { Report } from '../../report.ts';
import { statsFlags, statsPlace } from './stats.ts';

export const command = defineCommand({
  args: [{ name: 'log', rest: true }],
  flags: {
    ...statsFlags,
    format: {
      type: 'string',
      value: 'combined|caddy|cloudfront|cloudflare|fastly',
      about: "The logs' format (default: what each file's first lines tell)",
    },
    base: {
      type: 'string',
      value: 'path',
      about: "Path of the registry's root on its host (default: that of its url)",
    },
  },
  details: `
Reads access logs, gzip or not, '-' for standard input, and counts who installed what: one address once a day for each
version; people, CI and robots told apart. Addresses are hashed with a salt of the day. The same log may be read again:
nothing is counted twice. No number is public before the day is closed: mlld registry stats close.

  mlld registry stats ingest /var/log/nginx/access.log*
  zcat logs/*.gz | mlld registry stats ingest - --format cloudfront --source cdn`,
  async run({ args, flags, cwd, report }) {
    const { ingest, installTable, openDays, parseLogFormat } = await import('@mlld/builder');
    const place = await statsPlace({ flags, cwd });
    const base = flags.base ?? place.base;
    if (!base.startsWith('/') || !base.endsWith('/'))
      throw new RegistryError('USAGE', `--base: wanted a path like /registry/, found '${printable(base)}'`);
    const line = report.progress('Reading the index ...');
    const done = await ingest({
      logs: args.map((log) => (log === '-' ? log : path.resolve(cwd, log))),
      format: flags.format === undefined ? undefined : parseLogFormat(flags.format),
      repository: place.repository,
      source: place.source,
      table: installTable(place.distribution, base),
      days: openDays(place.state),
      now: Date.now(),
      onProgress: (lines, log) => line.update(`${path.basename(log)}: ${lines} lines`),
    }).finally(() => line.done());
    if (flags.json) return report.json({ source: place.source, state: place.state, ...done });
    print(report, done);
  },
});

function print(
  report: Report,
  { lines, installs, fresh, browsers, late, unread, logs, days }: IngestReport,
): void {
  for (const { log, format, cut } of logs) {
    report.detail(`${printable(log)}: ${format}`);
    if (cut) report.warn(`${printable(log)} ends in the middle: what came before was read`);
  }
  report.print(`${lines} lines, ${installs} of them install something, ${fresh} of these are new`);
  if (browsers > 0) report.print(`  ${browsers} by browsers, which are not counted`);
  if (late > 0) report.print(`  ${late} of days that are closed, which are not counted`);
  if (unread.agent > 0)
    report.warn(
      `${unread.agent} lines don't say which program asked: they are not counted. Log the User-Agent.`,
    );
  const bad = unread.form + unread.long + unread.time + unread.address;
  if (bad > 0)
    report.warn(
      `${bad} lines were not read: ${unread.form} of another form, ${unread.long} too long, ${unread.time} without a time, ${unread.address} without an address`,
    );
  if (days.length > 0)
    report.print(
      `  open: ${days.length === 1 ? days[0] : `${days.length} days, ${days[0]} to ${days.at(-1)}`}`,
    );
}
