import type { ModuleInfo, Opinion } from '@mlld/client';
import { printable, usageOf } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { evidenceText } from '../installed.ts';
import { printReviews, printScore } from '../opinion-report.ts';
import type { Report } from '../report.ts';

export const command = defineCommand({
  args: [{ name: 'module' }],
  flags: {
    ...clientFlags,
    reviews: { type: 'boolean', about: 'Show what people say about it, review by review' },
  },
  details:
    'A module as its registry describes it: what it is, how to import it, its versions, what it needs, who signed it, and its trust score\npart by part, computed here from what people have signed (docs/spec/score.md).',
  async run(context) {
    const { args, flags, report } = context;
    const ref = args[0] ?? '';
    const { found, opinion } = await withClient(context, async (client) => ({
      found: await client.info(ref),
      opinion: await client.opinion(ref),
    }));
    if (flags.json) report.json({ ...found, opinion });
    else if (flags.reviews) printReviews(report, opinion);
    else print(report, found, opinion);
  },
});

function print(report: Report, found: ModuleInfo, opinion: Opinion): void {
  const { header, version, summary } = found;
  report.print(
    `${report.style('bold', `${header.name}@${version.version}`)}  ${printable(version.license)}  ${version.kind}`,
  );
  if (header.about) report.print(printable(header.about, 300));
  if (header.deprecated) {
    const instead = header.deprecated.replacedBy ? `; use ${header.deprecated.replacedBy}` : '';
    report.print(report.style('yellow', `deprecated: ${printable(header.deprecated.message)}${instead}`));
  }
  const yanked = header.yanked.get(version.version);
  if (yanked !== undefined) report.print(report.style('red', `yanked: ${printable(yanked)}`));
  if (header.advisories.length > 0)
    report.print(
      report.style('red', `advisories: ${header.advisories.map((id) => printable(id)).join(', ')}`),
    );
  report.print();
  const exported = (version.exports ?? []).map((name) => printable(name));
  for (const { code } of usageOf(version.kind, header.name, exported)) report.print(`  ${code}`);
  report.print();
  for (const [title, text] of facts(found, opinion)) report.print(`${title.padEnd(12)}${text}`);
  printScore(report, opinion);
  if (opinion.reviews.length > 0)
    report.print(`reviews     ${opinion.reviews.length}: mlld info ${header.name} --reviews`);
  if (summary !== undefined)
    report.print(
      `\n${summary
        .split('\n')
        .map((line) => printable(line, 400))
        .join('\n')}`,
    );
}

/** Small numbers of a day count as none, so it is never exact. */
function installsText({ people, ci, until }: NonNullable<ModuleInfo['installs']>): string {
  const by = ci > 0 ? `, by CI ${ci}` : '';
  return people + ci === 0
    ? `fewer than five a day, up to ${until}`
    : `at least ${people} in four weeks up to ${until}${by} (as the registry counted)`;
}

function facts({ header, version, versions, registry, locked, installs }: ModuleInfo, { evidence }: Opinion) {
  const size = version.files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  const shown = versions
    .slice(0, 8)
    .map((one) => (header.yanked.has(one) ? `${one} (yanked)` : one))
    .join(', ');
  const rows: (readonly [string, string])[] = [
    ['versions', versions.length > 8 ? `${shown}, … (${versions.length})` : shown],
    ['tags', [...header.tags].map(([tag, at]) => `${printable(tag)} ${at}`).join(', ')],
    ['exports', (version.exports ?? []).map((name) => printable(name)).join(', ')],
    ['imports', [...version.imports].map(([name, range]) => `${name}@${range}`).join(', ')],
    ['needs', version.needs.map((need) => printable(need)).join(', ') || 'nothing'],
    ['files', `${version.files.length}${size > 0 ? `, ${size} bytes` : ''}`],
    ['published', version.publishedAt ?? 'unknown'],
    ['owners', header.owners.join(', ')],
    ['installs', installs === undefined ? '' : installsText(installs)],
    [
      'evidence',
      `${evidenceText(evidence)} (its signature as the index says; mlld verify ${header.name} checks it)`,
    ],
    ['registry', registry],
    ['sources', version.sources.map((source) => printable(source)).join(' ')],
    ['locked', locked === undefined ? '' : `${locked.version} (wanted ${locked.wanted})`],
  ];
  return rows.filter(([, text]) => text !== '');
}
