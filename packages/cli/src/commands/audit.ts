import type { FixProposal } from '@mlld/client';
import {
  formatDuration,
  limits,
  parseAdvisoryId,
  parseDuration,
  printable,
  RegistryError,
  type Severity,
  severities,
} from '@mlld/format';
import { auditAnnotations, auditJson, auditSarif, fixText } from '../audit/forms.ts';
import { type Judged, type JudgedAudit, judge } from '../audit/judge.ts';
import { withClient } from '../client.ts';
import { type Context, clientFlags, defineCommand, type Flags, type FlagValues } from '../command.ts';
import { confirmer } from '../prompt.ts';
import type { Report } from '../report.ts';

const auditFlags = {
  ...clientFlags,
  refresh: { type: 'boolean', about: 'Ask the registries for all of their advisories first' },
  level: {
    type: 'string',
    value: severities.join('|'),
    about: 'Least severity that makes the command fail (default: low)',
  },
  ignore: {
    type: 'string',
    multiple: true,
    value: 'id',
    about: 'Leave out this advisory; again for more. Malware is never left out',
  },
  strict: { type: 'boolean', about: 'Fail on unconfirmed reports and on what is out of reach, too' },
} as const satisfies Flags;

const flags = {
  ...auditFlags,
  format: { type: 'string', value: 'list|json|github|sarif', about: 'How to print findings (default: list)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [],
  flags,
  details: `
Holds what is locked against the advisories of its registries, as they are in the cache: what you have installed is sent
nowhere. They come along whenever something new is resolved; --refresh asks for all of them anew. Tells what your programs
can reach of a vulnerable export from what they can't.

Exit status 1: something affected that the registry's advisories role has published. A report that nobody confirmed, and a
vulnerable export that no program reaches, are shown and fail only with --strict.

  mlld audit
  mlld audit --refresh --level high
  mlld audit --format sarif > audit.sarif
  mlld audit fix                      the smallest safe updates`,
  async run(context) {
    const { flags: given, report } = context;
    const format = formatOf(given);
    const audited = await withClient(context, async (client) =>
      judge(client, await client.audit({ refresh: given.refresh }), optionsOf(given)),
    );
    assertFresh(audited, given['require-fresh']);
    if (format === 'json') report.json(auditJson(audited));
    else if (format === 'sarif') report.json(auditSarif(audited));
    else if (format === 'github') report.write(auditAnnotations(audited));
    else showAudit(report, audited);
    showAge(report, audited);
    return audited.findings.some(({ fails }) => fails) ? 1 : 0;
  },
});

function formatOf({ json, format }: FlagValues<typeof flags> & { readonly json: boolean }): string {
  const wanted = json ? 'json' : (format ?? 'list');
  if (['list', 'json', 'github', 'sarif'].includes(wanted)) return wanted;
  throw new RegistryError(
    'USAGE',
    `--format: wanted list, json, github or sarif, found '${printable(wanted)}'`,
  );
}

function optionsOf({ level = 'low', ignore, strict }: FlagValues<typeof auditFlags>) {
  if (!severities.includes(level as Severity))
    throw new RegistryError('USAGE', `--level: wanted ${severities.join(', ')}, found '${printable(level)}'`);
  return { level: level as Severity, ignore: ignore.map(parseAdvisoryId), strict, now: Date.now() };
}

/** What is in the cache may be old: who asks for freshness wants no answer from it. */
function assertFresh({ registries }: JudgedAudit, wanted: string | undefined): void {
  if (wanted === undefined) return;
  const most = parseDuration(wanted);
  for (const { name, checkedAt } of registries) {
    const age = Math.max(0, Date.now() - checkedAt);
    if (age <= most) continue;
    throw new RegistryError(
      'STALE',
      `the advisories of ${name} are ${formatDuration(age)} old, wanted at most ${formatDuration(most)}`,
      { hint: 'Ask for them anew: mlld audit --refresh.' },
    );
  }
}

function showAudit(report: Report, { findings, modules, unread }: JudgedAudit): void {
  for (const one of findings) showFinding(report, one);
  if (findings.length > 0 && unread.length > 0)
    report.warn(`${printable(unread[0] ?? '')} could not be read whole: all of it counts as reached`);
  const affected = findings.filter(({ state }) => state === 'affected').length;
  const apart = findings.length - affected;
  const looked = `${modules} locked ${modules === 1 ? 'version' : 'versions'}`;
  if (findings.length === 0) report.print(report.style('green', `No known vulnerability in ${looked}.`));
  else
    report.print(
      `${affected} affected${apart === 0 ? '' : `, ${apart} affected but out of reach`}, in ${looked}`,
    );
}

const colours = { critical: 'red', high: 'red', medium: 'yellow', low: 'blue' } as const;

function showFinding(report: Report, one: Judged): void {
  const { entry, name, version, state, because, path } = one;
  const word = entry.malware
    ? report.style('red', 'malware')
    : report.style(state === 'unreachable' ? 'dim' : colours[entry.severity], entry.severity);
  report.print(
    `${word} ${report.style('bold', `${name}@${version}`)} ${printable(entry.title)} ${report.style('dim', `[${entry.id}]`)}`,
  );
  if (!entry.official) {
    const { confirm, dispute } = entry.votes;
    report.print(`    reported by ${entry.by}, not confirmed (${confirm} confirm, ${dispute} dispute)`);
  } else if (entry.state !== 'published') report.print(`    ${entry.state}`);
  if (state === 'unreachable') {
    const what =
      one.exports.length === 0 ? 'it' : one.exports.map((name) => `@${printable(name)}`).join(', ');
    report.print(`    affected, but not reachable: no program of yours imports ${what}`);
  } else if (because !== 'malware') report.print(`    reachable: ${printable(because ?? '', 300)}`);
  if (path.length > 1) report.print(`    by way of ${path.slice(0, -1).join(' → ')}`);
  const patched = entry.patches.filter((patch) => patch.name === name).map((patch) => patch.version);
  if (patched.length > 0) report.print(`    patched in ${patched.join(', ')}`);
}

function showAge(report: Report, { registries, isOld }: JudgedAudit): void {
  for (const { name, checkedAt, logged, count } of registries) {
    const age = formatDuration(Math.max(0, Date.now() - checkedAt));
    const word = logged ? '' : '; it has no log, so nobody commits to them';
    report.note(`${count} advisories of ${name}, asked for ${age} ago${word}`);
  }
  if (isOld)
    report.warn(`they are more than ${limits.advisoryOldDays} days old: mlld audit --refresh asks anew`);
}

const fixFlags = {
  ...auditFlags,
  yes: { type: 'boolean', short: 'y', about: 'Make the updates without asking' },
} as const satisfies Flags;

export const fix = defineCommand({
  args: [],
  flags: fixFlags,
  details: `
Proposes the smallest update of each affected module: the lowest version above the locked one without a known
vulnerability, of the same major version if there is one. Asks before it changes anything; without a terminal it only
proposes, unless you say --yes. Everything else stays as it is locked.

  mlld audit fix
  mlld audit fix --yes`,
  async run(context) {
    const { flags: given, report } = context;
    return withClient(
      context,
      async (client) => {
        const before = await client.audit({ refresh: given.refresh });
        const judged = await judge(client, before, optionsOf(given));
        const kept = { ...before, findings: judged.findings };
        const proposals = await client.planFixes(kept);
        const possible = proposals.filter(({ to }) => to !== undefined);
        if (!given.json) for (const one of proposals) report.print(fixText(one));
        const agreed = possible.length > 0 && (await mayChange(context, possible));
        if (agreed) await client.applyFixes(kept, possible);
        const after = agreed ? await judge(client, await client.audit(), optionsOf(given)) : judged;
        if (given.json) report.json({ proposals, changed: agreed, ...auditJson(after) });
        else if (agreed || proposals.length === 0) showAudit(report, after);
        else if (possible.length > 0)
          report.note('Nothing was changed. mlld audit fix --yes makes these updates.');
        showAge(report, after);
        return after.findings.some(({ fails }) => fails) ? 1 : 0;
      },
      { agreed: given.yes },
    );
  },
});

async function mayChange(
  context: Context<typeof fixFlags>,
  possible: readonly FixProposal[],
): Promise<boolean> {
  if (context.flags.yes) return true;
  const breaking = possible.some((one) => one.breaking) ? ' Some may break what uses them.' : '';
  return (await confirmer(context)?.(`Make ${possible.length} updates?${breaking}`)) ?? false;
}
