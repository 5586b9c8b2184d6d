import type { AdvisoryBook } from '@mlld/client';
import {
  type Advisory,
  type AdvisoryEntry,
  formatDuration,
  parseAdvisoryId,
  parseModuleName,
  printable,
  RegistryError,
} from '@mlld/format';
import { gateOf } from '@mlld/trust';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand, type Flags } from '../../command.ts';
import type { Report } from '../../report.ts';

const asking = {
  ...clientFlags,
  refresh: { type: 'boolean', about: 'Ask the registry anew' },
} as const satisfies Flags;

export const list = defineCommand({
  args: [{ name: 'module', optional: true }],
  flags: { ...asking, all: { type: 'boolean', about: 'The withdrawn ones too' } },
  details: `
The advisories of a registry, as they are in the cache: all of them, or those about one module.

  mlld advisory list
  mlld advisory list @alice/strings --refresh`,
  async run(context) {
    const { args, flags, report } = context;
    const name = args[0] === undefined ? undefined : parseModuleName(args[0]);
    const book = await withClient(context, (client) => client.advisories({ refresh: flags.refresh }));
    const entries = book.entries
      .filter(({ state }) => flags.all || state !== 'withdrawn')
      .filter(({ affected }) => name === undefined || affected.some((one) => one.name === name));
    const { registry, count, stats } = book;
    const checkedAt = new Date(book.checkedAt).toISOString();
    if (flags.json) {
      const shown = entries.map(({ signed: _signed, ...entry }) => ({ ...entry, gate: gateOf(entry) }));
      return report.json({ registry, checkedAt, count, stats, advisories: shown });
    }
    if (entries.length === 0) report.print('None.');
    else
      report.table(
        [
          { title: 'Id' },
          { title: 'State' },
          { title: 'Severity' },
          { title: 'Module' },
          { title: 'Title', shrink: true },
        ],
        entries.map((one) => [
          one.id,
          one.official ? one.state : `${one.state}, by ${one.by}`,
          one.malware ? 'malware' : one.severity,
          one.affected.map((part) => part.name).join(', '),
          printable(one.title),
        ]),
      );
    showStats(report, book);
  },
});

function showStats(report: Report, { registry, stats, count, checkedAt }: AdvisoryBook): void {
  const age = formatDuration(Math.max(0, Date.now() - checkedAt));
  report.note(`${count} advisories of ${registry}, asked for ${age} ago`);
  const { response } = stats;
  if (response === undefined) return;
  const time = (minutes: number) => formatDuration(minutes * 60_000);
  report.note(
    `from report to publication: ${time(response.medianMinutes)} (median of ${response.count}), ${response.within48Hours} within 48 hours, slowest ${time(response.slowestMinutes)}`,
  );
}

export const show = defineCommand({
  args: [{ name: 'id' }],
  flags: asking,
  details: `
Shows one advisory: what is wrong, with which versions, who says so, what stops it, what its author answers.

  mlld advisory show MLLD-2026-0001`,
  async run(context) {
    const { args, flags, report } = context;
    const id = parseAdvisoryId(args[0] ?? '');
    const { entry, said } = await withClient(context, async (client) => {
      const known = (await client.advisories({ refresh: flags.refresh })).entries;
      const found = known.find((one) => one.id === id);
      if (found === undefined)
        throw new RegistryError('FILE_NOT_FOUND', `${id}: no such advisory in the cache`, {
          hint: 'Ask the registry: mlld advisory show --refresh. mlld advisory list --all shows those that are known.',
        });
      return { entry: found, said: await client.advisoryStatement(found) };
    });
    if (flags.json)
      return report.json({ ...entry, gate: gateOf(entry), ...(said ? { statement: said } : {}) });
    showEntry(report, entry, said);
  },
});

const stops = {
  locked: 'nothing of it runs, locked or not',
  new: 'it is not chosen any more; what is locked goes on',
  warn: 'it warns',
  none: 'nothing: it is withdrawn',
} as const;

function showEntry(report: Report, entry: AdvisoryEntry, said: Advisory | undefined): void {
  const line = (title: string, text: string | undefined) => {
    if (text !== undefined && text !== '') report.print(`${report.style('dim', title.padEnd(10))} ${text}`);
  };
  report.print(`${report.style('bold', entry.id)} ${printable(entry.title)}`);
  line('state', `${entry.state}${entry.official ? '' : `: a report by ${entry.by}`}`);
  line('severity', entry.malware ? `malware (${entry.severity})` : entry.severity);
  line('stops', stops[gateOf(entry)]);
  for (const { name, ranges, digests, exports } of entry.affected) {
    const only =
      exports.length === 0 ? '' : `, only ${exports.map((one) => `@${printable(one)}`).join(', ')}`;
    line(
      'affected',
      `${name} ${[...ranges, ...digests].map((one) => printable(one, 70)).join(' || ')}${only}`,
    );
  }
  line('patched', entry.patches.map(({ name, version }) => `${name}@${version}`).join(', '));
  line('aliases', entry.aliases.map((one) => printable(one)).join(', '));
  line('reported', entry.reportedAt);
  line('published', entry.publishedAt);
  line('withdrawn', entry.withdrawnAt);
  line('review', entry.reviewUntil && `by everybody, until ${entry.reviewUntil}`);
  const { confirm, dispute } = entry.votes;
  line('votes', `${confirm} confirm, ${dispute} dispute`);
  report.print();
  report.print(lines(entry.summary));
  for (const text of [said?.details, said?.workarounds].filter((one) => one !== undefined && one !== ''))
    report.print(`\n${lines(text ?? '')}`);
  for (const url of said?.references ?? []) report.print(`  ${printable(url, 300)}`);
  if (entry.answer !== undefined)
    report.print(`\n${entry.answer.by} answers (${entry.answer.at}): ${lines(entry.answer.text)}`);
}

/** Text of several lines, each made safe for a terminal. */
function lines(text: string): string {
  return text
    .split('\n')
    .map((one) => printable(one, 2000))
    .join('\n');
}
