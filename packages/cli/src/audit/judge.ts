/** The findings of an audit with what the program can reach of them, and what the command makes of it (docs/spec/advisories.md §10). */
import type { AuditFinding, AuditReport, Client } from '@mlld/client';
import { limits, type Severity, severities } from '@mlld/format';
import { programsIn } from './programs.ts';
import { reachOf } from './reach.ts';

export interface Judged extends AuditFinding {
  /** `affected`, or that the vulnerable export is out of the program's reach. */
  readonly state: 'affected' | 'unreachable';
  /** Why it counts as reached. */
  readonly because?: string;
  /** Whether it makes the command fail. */
  readonly fails: boolean;
}

export interface JudgedAudit extends Omit<AuditReport, 'findings'> {
  readonly findings: readonly Judged[];
  /** Whole days since the oldest answer of a registry. */
  readonly ageDays: number;
  readonly isOld: boolean;
  /** Files of the program or of modules that could not be read. */
  readonly unread: readonly string[];
}

export interface JudgeOptions {
  readonly level: Severity;
  /** Ids that the user has looked at. Malware is never ignored. */
  readonly ignore: readonly string[];
  /** Reports that nobody confirmed, and what is out of reach, fail too. */
  readonly strict: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export async function judge(
  client: Client,
  report: AuditReport,
  options: JudgeOptions,
): Promise<JudgedAudit> {
  const { lock, registries, findings } = report;
  const programs = findings.length === 0 ? { files: [], unread: [] } : await programsIn(client.root);
  const reach = await reachOf({ programs, lock, files: (locked) => client.cachedFiles(locked) });
  const judged = findings
    .filter(({ entry }) => entry.malware || !options.ignore.includes(entry.id))
    .map((one): Judged => {
      // What means harm is not held to what the program calls.
      const because = one.entry.malware ? 'malware' : reach.reaches(one, one.exports);
      const state = because === undefined ? 'unreachable' : 'affected';
      const fails = failing(one, state, options);
      return { ...one, state, ...(because === undefined ? {} : { because }), fails };
    });
  const ages = registries.map(({ checkedAt }) => options.now - checkedAt);
  const ageDays = Math.floor(Math.max(0, ...ages) / 86_400_000);
  return {
    ...report,
    findings: judged,
    ageDays,
    isOld: ageDays >= limits.advisoryOldDays,
    unread: findings.length === 0 ? [] : reach.unread,
  };
}

function failing({ entry }: AuditFinding, state: Judged['state'], { level, strict }: JudgeOptions): boolean {
  if (entry.malware && entry.official && entry.state === 'published') return true;
  if (severities.indexOf(entry.severity) < severities.indexOf(level)) return false;
  return strict || (state === 'affected' && entry.official && entry.state === 'published');
}
