/**
 * What people say, beside releases: reviews, trust, stars, reports, transfers, advisories and votes (docs/spec/statements.md §11). Only what is
 * signed, is for this registry and stands where it says is believed; the rest are findings.
 */
import {
  type Advisory,
  type AdvisoryVote,
  type Author,
  type CommunityStatement,
  layout,
  type Policy,
  parseAdvisory,
  parseAdvisoryVote,
  parseCommunity,
  parseStatistics,
  type RegistryInfo,
  type Sha256Hex,
  type SignedText,
  type StatisticsStatement,
  signatureNamespace,
} from '@mlld/format';
import { parsePublicKey, roleAt, signersOf } from '@mlld/trust';
import { type Finding, finding, findingOf } from '../finding.ts';
import { readSignatures, readStatement } from './files.ts';
import type { AuthorKeys } from './model.ts';
import { statementPath } from './statement-path.ts';
import type { Tree } from './tree.ts';

export interface SaidStatement {
  /** Path in the repository. */
  readonly file: string;
  readonly text: string;
  readonly sha256: Sha256Hex;
  readonly said: CommunityStatement | Advisory | AdvisoryVote | StatisticsStatement;
  readonly signatures: readonly string[];
  /** Fingerprints of the keys that signed, of those that may. */
  readonly signers: readonly string[];
  /** Of an advisory and of statistics: whether the role of that name signed, of the policy at that time, as many of its keys as it wants. */
  readonly byRole: boolean;
}

export interface Statements {
  /** Undefined where there is none, or one that is not to be believed: `findings` says why. Read and verified once. */
  read(file: string): SaidStatement | undefined;
  /** Paths of the statements below a folder, sorted, whether they are to be believed or not. */
  list(folder: string): readonly string[];
  /** About what was read. */
  readonly findings: readonly Finding[];
}

/** Folders of what people say. */
export const statementFolders = [
  'reviews',
  'trust',
  'stars',
  'reports',
  'transfers',
  'collections',
  'advisories',
  'statistics',
] as const;

/** Whether a path is that of a statement that people make, or of its signatures. */
export function isSaid(file: string): boolean {
  const top = file.slice(0, Math.max(0, file.indexOf('/')));
  return statementFolders.some((folder) => folder === top);
}

export interface StatementsInput {
  readonly tree: Tree;
  readonly info: RegistryInfo;
  readonly keysOf: (author: string) => AuthorKeys;
  /** The policies of the registry, verified: none for one without. */
  readonly policies: readonly Policy[];
}

export function openStatements(input: StatementsInput): Statements {
  const known = new Map<string, SaidStatement | undefined>();
  const findings: Finding[] = [];
  const statements: Statements = {
    findings,
    list: (folder) => filesBelow(input.tree, folder).filter((file) => file.endsWith('.json')),
    read(file) {
      if (known.has(file)) return known.get(file);
      const said = readSaid(file, input, findings);
      const counts = said === undefined || hasPrevious(said, { statements, findings });
      known.set(file, counts ? said : undefined);
      return known.get(file);
    },
  };
  return statements;
}

/** Number n is only believed after n − 1: a number that was left out could be put in later. */
function hasPrevious(
  { file, text, said }: SaidStatement,
  { statements, findings }: { statements: Statements; findings: Finding[] },
): boolean {
  const before = file.replace(/\d+\.json$/, `${said.n - 1}.json`);
  if (said.n === 1 || statements.read(before) !== undefined) return true;
  const message = `wanted number ${said.n - 1} first: ${before} is missing, or does not count`;
  findings.push(finding('statement/chain', { file, text, path: '$.n' }, message));
  return false;
}

function filesBelow(tree: Tree, folder: string): string[] {
  return tree.list(folder).flatMap(({ name, kind }) => {
    const inner = `${folder}/${name}`;
    return kind === 'folder' ? filesBelow(tree, inner) : kind === 'file' ? [inner] : [];
  });
}

function readSaid(file: string, input: StatementsInput, findings: Finding[]): SaidStatement | undefined {
  const { tree, info, keysOf, policies } = input;
  let text: string | undefined;
  try {
    const statement = readStatement(tree, file);
    if (statement === undefined) return undefined;
    text = statement.text;
    const said = parseSaid(text, file);
    const bad = (message: string) => void findings.push(finding('statement/valid', { file, text }, message));
    if (statementPath(Buffer.from(text)) !== file) return bad('its contents belong to another path');
    if (said.registry !== info.name) return bad(`it is for ${said.registry}`);
    const roleName = roleOf(said);
    const role = roleName && roleAt(policies, roleName, said.at);
    const roleKeys = new Map(
      (role?.keys ?? []).map((key) => parsePublicKey(key)).map((key) => [key.fingerprint, key]),
    );
    const keys = new Map([
      ...roleKeys,
      ...keysOf(said.by).keysets.flatMap(({ keys: own }) => [...own] as const),
    ]);
    const signatures = readSignatures(tree, layout.signature(file));
    const namespace = signatureNamespace(said.type);
    const signed = signersOf({ statement: text, signatures }, { namespace, keys, where: file });
    const signers = signed.map(({ fingerprint }) => fingerprint);
    if (signers.length === 0) return bad(`wanted a signature by a key of ${said.by}`);
    if (said.type === 'transfer' && !takenBy(said.to, { statement: text, signatures }, input))
      return bad(`wanted a signature by a key of ${said.to} too, who is to get the module`);
    const byRole = role !== undefined && signers.filter((one) => roleKeys.has(one)).length >= role.threshold;
    if (said.type === 'statistics' && !byRole)
      return bad('wanted the signatures of the role statistics of the policy at that time');
    return { ...statement, said, signatures, signers, byRole };
  } catch (error) {
    findings.push(findingOf('statement/valid', { file, text }, error));
    return undefined;
  }
}

/** The role of the policy whose keys may speak. */
function roleOf({ type }: SaidStatement['said']): 'advisories' | 'statistics' | undefined {
  return type === 'advisory' ? 'advisories' : type === 'statistics' ? 'statistics' : undefined;
}

/** A module is given only to who takes it. */
function takenBy(author: Author, text: SignedText, { keysOf }: StatementsInput): boolean {
  const keys = new Map(keysOf(author).keysets.flatMap(({ keys: own }) => [...own] as const));
  const namespace = signatureNamespace('transfer');
  return signersOf(text, { namespace, keys, where: 'transfer' }).length > 0;
}

function parseSaid(text: string, where: string) {
  if (where.startsWith('advisories/'))
    return where.includes('/votes/') ? parseAdvisoryVote(text, { where }) : parseAdvisory(text, { where });
  if (where.startsWith('statistics/')) return parseStatistics(text, { where });
  return parseCommunity(text, { where });
}
