/**
 * The smallest update without a known vulnerability (docs/spec/advisories.md §11): of each affected module the lowest version above
 * the locked one, of the same compatible group if there is one. What else is locked stays as it is.
 */
import {
  type AdvisoryEntry,
  compareVersions,
  type IndexVersion,
  isRegistryError,
  type LockedModule,
  type ModuleName,
  parseSelector,
  RegistryError,
} from '@mlld/format';
import { changeConfig } from '../config/config-file.ts';
import { readConfig } from '../config/settings.ts';
import { type InstallReport, install } from '../install/install.ts';
import type { Root } from '../resolve/plan.ts';
import { loadProvenIndex, resolvePlan } from '../resolve/resolve.ts';
import { rootsOf } from '../resolve/roots.ts';
import { compatibleGroup } from '../resolve/select.ts';
import type { Session } from '../session.ts';
import { type AuditReport, booksOf } from './audit.ts';
import { advisoriesOn } from './gate.ts';

export interface FixProposal {
  readonly name: ModuleName;
  readonly from: readonly string[];
  /** Absent where there is no way. */
  readonly to?: string;
  /** What the configuration has to ask for instead: `^2.0.1`. */
  readonly range?: string;
  /** Whether it is a version that may break what uses it. */
  readonly breaking: boolean;
  readonly ids: readonly string[];
  /** Why there is no way. */
  readonly reason?: string;
}

/** Plans an update for each affected module. Changes nothing. @throws RegistryError what loading an index throws */
export async function planFixes(session: Session, report: AuditReport): Promise<FixProposal[]> {
  const names = [...new Set(report.findings.map(({ name }) => name))].sort();
  const books = await booksOf(session, [...report.lock.modules.values()], false);
  const entriesOf = ({ registry }: LockedModule) => books.get(registry)?.entries ?? [];
  return Promise.all(names.map((name) => planFix(session, { name, report, entriesOf })));
}

interface Fixing {
  readonly name: ModuleName;
  readonly report: AuditReport;
  readonly entriesOf: (locked: LockedModule) => readonly AdvisoryEntry[];
}

async function planFix(session: Session, { name, report, entriesOf }: Fixing): Promise<FixProposal> {
  const findings = report.findings.filter((one) => one.name === name);
  const from = [...new Set(findings.map(({ version }) => version))].sort(compareVersions);
  const base = {
    name,
    from,
    ids: [...new Set(findings.map(({ entry }) => entry.id))].sort(),
    breaking: false,
  };
  const none = (reason: string): FixProposal => ({ ...base, reason });
  const index = await loadProvenIndex(session, name);
  const entries = entriesOf(findings[0]!.locked);
  const isSafe = (line: IndexVersion) => advisoriesOn(entries, line).length === 0;
  const lowest = from.at(-1)!;
  const safe = index.versions
    .filter((line) => isSafe(line) && !index.header.yanked.has(line.version))
    .map(({ version }) => version)
    .filter((version) => compareVersions(version, lowest) > 0)
    .filter((version) => !version.includes('-') || lowest.includes('-'))
    .sort(compareVersions);
  const same = safe.find((version) => compatibleGroup(version) === compatibleGroup(lowest));
  const to = same ?? safe[0];
  if (to === undefined) return none('no version above it is without a known vulnerability');
  const proposal = { ...base, to, breaking: same === undefined };
  const first = await attempt(session, proposal, { report, isSafe });
  if (first === undefined) return proposal;
  const isDirect = findings.some(({ direct }) => direct);
  const range = `^${to}`;
  const second = isDirect ? await attempt(session, { ...proposal, range }, { report, isSafe }) : first;
  return second === undefined ? { ...proposal, range } : none(second);
}

interface Attempt {
  readonly report: AuditReport;
  readonly isSafe: (line: IndexVersion) => boolean;
}

/** Resolves with it, and says why that does not do; undefined if it does. */
async function attempt(
  session: Session,
  proposal: FixProposal,
  { report, isSafe }: Attempt,
): Promise<string | undefined> {
  const { name, to } = proposal;
  try {
    const { nodes } = await resolvePlan(heldTo(session, [proposal]), {
      roots: rootsWith(session, report, [proposal]),
      lock: report.lock,
      update: new Set([name]),
    });
    const left = [...nodes.values()].filter(
      (node) => node.name === name && (node.line === undefined ? node.version !== to : !isSafe(node.line)),
    );
    return left.length === 0 ? undefined : `${left.map(({ version }) => version).join(', ')} would stay`;
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return error.message;
  }
}

/** Nothing above what is proposed is chosen, and nothing that is affected. */
function heldTo(session: Session, proposals: readonly FixProposal[]): Session {
  const wanted = new Map(proposals.map((one) => [one.name, one]));
  const withheld = ({ name, version }: IndexVersion): RegistryError | undefined => {
    const proposal = wanted.get(name);
    if (proposal?.to === undefined || version === proposal.to) return undefined;
    // Another compatible group that the program has beside it, and that is not affected, stays as it is.
    const isOther =
      compatibleGroup(version) !== compatibleGroup(proposal.to) && !proposal.from.includes(version);
    if (isOther && compareVersions(version, proposal.to) < 0) return undefined;
    return new RegistryError(
      'ADVISORY',
      `${name}@${version} is not ${proposal.to}, the smallest safe update`,
    );
  };
  return { ...session, withheld };
}

function rootsWith(session: Session, { lock }: AuditReport, proposals: readonly FixProposal[]): Root[] {
  const ranges = new Map(
    proposals.flatMap(({ name, range }) => (range === undefined ? [] : [[name, range]])),
  );
  const config = readConfig(session.net.ops.files, session.settings.root);
  return rootsOf(config, lock).map((root) => {
    const range = ranges.get(root.name);
    return range === undefined || root.key !== root.name
      ? root
      : { ...root, selector: parseSelector(range), wanted: range };
  });
}

/** Makes the updates that were planned. @throws RegistryError what installing throws; nothing is changed then */
export async function applyFixes(
  session: Session,
  report: AuditReport,
  proposals: readonly FixProposal[],
): Promise<InstallReport> {
  const possible = proposals.filter(({ to }) => to !== undefined);
  const installed = await install(heldTo(session, possible), {
    lock: report.lock,
    roots: rootsWith(session, report, possible),
    update: new Set(possible.map(({ name }) => name)),
    // What is malware and can't be replaced must not keep the rest from being mended.
    only: new Set(),
    askForNew: true,
  });
  const config = readConfig(session.net.ops.files, session.settings.root);
  for (const [dev, known] of [
    [false, config.dependencies],
    [true, config.devDependencies],
  ] as const) {
    const changed = possible.flatMap(({ name, range }) =>
      range === undefined || !known.has(name) ? [] : [[name, range] as const],
    );
    if (changed.length > 0) await changeConfig(session, { set: new Map(changed), dev });
  }
  return installed;
}
