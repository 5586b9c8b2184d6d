/** What a monitor keeps of a log's entries, and what must never be said in one (docs/spec/log.md §1.1). */
import {
  parseAdvisory,
  parseAdvisoryVote,
  parseChange,
  parseCommunity,
  parseJson,
  parseKeyset,
  parsePolicy,
  parseRecordStatement,
  parseRelease,
  parseSnapshot,
  parseStatistics,
  printable,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';

export interface LogFinding {
  readonly index: number;
  readonly rule:
    | 'entry-malformed'
    | 'registry-other'
    | 'version-changed'
    | 'number-order'
    | 'snapshot-wrong'
    | 'signature-wrong'
    | 'recovery-wrong'
    | 'advisory-vanished';
  readonly message: string;
}

export interface MonitorFacts {
  /** `@alice/strings@1.0.0` → what was said of it: digest of its contents, or hash of its record. */
  readonly versions: Map<string, string>;
  /** The last number of each chain: `keyset alice`, `policy`, `change @alice/strings`, `advisory MLLD-2026-0001`, … */
  readonly numbers: Map<string, number>;
  /** Time of the newest snapshot. */
  at: string;
}

export interface SeenEntry {
  readonly index: number;
  readonly type: string;
  /** What it is about, for people. */
  readonly about: string;
}

interface Said {
  readonly type: string;
  readonly about: string;
  readonly registry: string;
  /** A chain whose numbers go 1, 2, 3, … */
  readonly chain?: readonly [name: string, n: number];
  readonly version?: readonly [name: string, bytes: string];
  /** Number of the policy by which keys are recovered, and when that claims to be. */
  readonly recovery?: readonly [policy: number, at: string];
}

function read(text: string): Said {
  const { type } = parseJson(text, { where: 'entry' }) as { type?: unknown };
  switch (type) {
    case 'policy': {
      const { n, registry } = parsePolicy(text);
      return { type, registry, about: String(n), chain: ['policy', n] };
    }
    case 'keyset': {
      const { n, author, registry, recovery, createdAt } = parseKeyset(text);
      const said: Said = { type, registry, about: `${author} ${n}`, chain: [`keyset ${author}`, n] };
      if (recovery === undefined) return said;
      return { ...said, about: `${author} ${n} RECOVERY`, recovery: [recovery.policy, createdAt] };
    }
    case 'release': {
      const { name, version, digest, registry } = parseRelease(text);
      return { type, registry, about: `${name}@${version}`, version: [`${name}@${version}`, digest] };
    }
    case 'record': {
      const { name, version, sha256: hash, registry } = parseRecordStatement(text);
      return { type, registry, about: `${name}@${version}`, version: [`${name}@${version}`, hash] };
    }
    case 'tag':
    case 'yank':
    case 'deprecate': {
      const { name, n, registry } = parseChange(text);
      return { type, registry, about: `${name} ${n}`, chain: [`change ${name}`, n] };
    }
    case 'advisory': {
      const { id, n, registry, state } = parseAdvisory(text);
      return { type, registry, about: `${id} ${n} ${state}`, chain: [`advisory ${id}`, n] };
    }
    case 'advisory-vote': {
      const { id, n, by, registry } = parseAdvisoryVote(text);
      return { type, registry, about: `${id} by ${by}`, chain: [`vote ${id} ${by}`, n] };
    }
    case 'statistics': {
      const { registry, source, day, n } = parseStatistics(text);
      return { type, registry, about: `${source} ${day}`, chain: [`statistics ${source} ${day}`, n] };
    }
    case 'snapshot': {
      const { registry, modules, at } = parseSnapshot(text);
      return { type, registry, about: `${modules} modules, ${at}` };
    }
    default: {
      const said = parseCommunity(text);
      const about = 'name' in said ? said.name : said.about;
      const part = 'version' in said ? `${about}@${said.version}` : about;
      const { type: kind, registry, by, n } = said;
      // A module's transfers are one chain, whoever makes them.
      if (said.type === 'transfer')
        return { type: kind, registry, about: `${part} to ${said.to}`, chain: [`transfer ${part}`, n] };
      return { type: kind, registry, about: `${part} by ${by}`, chain: [`${kind} ${part} ${by}`, n] };
    }
  }
}

/** Takes in an entry, and says what must not be. */
export function takeEntry(
  facts: MonitorFacts,
  { index, entry, registry }: { index: number; entry: Uint8Array; registry: string },
): { readonly seen: SeenEntry; readonly findings: readonly LogFinding[] } {
  const text = Buffer.from(entry).toString('utf8');
  const findings: LogFinding[] = [];
  const tell = (rule: LogFinding['rule'], message: string) => findings.push({ index, rule, message });
  let said: Said;
  try {
    said = read(text);
  } catch (error) {
    tell('entry-malformed', printable((error as Error).message, 300));
    return { seen: { index, type: 'unknown', about: sha256(entry) }, findings };
  }
  if (said.registry !== registry) tell('registry-other', `a statement for ${said.registry}`);
  if (said.version !== undefined) {
    const [name, bytes] = said.version;
    const before = facts.versions.get(name);
    if (before !== undefined) tell('version-changed', `${name} was ${before}, and now is ${bytes}`);
    else facts.versions.set(name, bytes);
  }
  if (said.chain !== undefined) {
    const [name, n] = said.chain;
    const wanted = (facts.numbers.get(name) ?? 0) + 1;
    if (n !== wanted) tell('number-order', `${name}: wanted number ${wanted}, found ${n}`);
    facts.numbers.set(name, Math.max(n, wanted));
  }
  if (said.recovery !== undefined)
    for (const message of recoveryProblems(facts, said.recovery)) tell('recovery-wrong', message);
  if (said.type === 'snapshot') for (const message of snapshotProblems(facts, index, text)) tell(...message);
  return { seen: { index, type: said.type, about: said.about }, findings };
}

/** Milliseconds that a recovery may be older than what was published before it. */
const recoverySkew = 24 * 3_600_000;

/** Whoever takes over an author would name an old policy whose keys they have, or date the recovery back to shorten its delay. */
function recoveryProblems(
  { numbers, at }: MonitorFacts,
  [policy, createdAt]: readonly [number, string],
): string[] {
  const newest = numbers.get('policy') ?? 0;
  return [
    ...(policy === newest ? [] : [`it is by policy ${policy}, and the log has ${newest}`]),
    ...(at === '' || Date.parse(at) - Date.parse(createdAt) <= recoverySkew
      ? []
      : [`it is dated ${createdAt}, and ${at} was logged before it`]),
  ];
}

function snapshotProblems(
  facts: MonitorFacts,
  index: number,
  text: string,
): (readonly [LogFinding['rule'], string])[] {
  const { size, at, policy, advisories } = parseSnapshot(text);
  const problems: (readonly [LogFinding['rule'], string])[] = [];
  if (size !== index) problems.push(['snapshot-wrong', `it says ${size} entries, and is number ${index}`]);
  if (at < facts.at) problems.push(['snapshot-wrong', `its time went back from ${facts.at} to ${at}`]);
  const newest = facts.numbers.get('policy') ?? 0;
  if (policy !== newest) problems.push(['snapshot-wrong', `it says policy ${policy}, the log has ${newest}`]);
  const known = [...facts.numbers.keys()].filter((name) => name.startsWith('advisory ')).length;
  if (advisories.count < known)
    problems.push([
      'advisory-vanished',
      `${known} advisories were logged, the index has ${advisories.count}`,
    ]);
  facts.at = at > facts.at ? at : facts.at;
  return problems;
}
