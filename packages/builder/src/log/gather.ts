/** The statements of a repository that belong into the log, and whether all that was logged is still there. */
import {
  type Author,
  encodeRecordStatement,
  isStatement,
  type JsonObject,
  layout,
  limits,
  type ModuleName,
  parseJson,
  printable,
  RegistryError,
  type RegistryInfo,
  type Sha256Hex,
} from '@mlld/format';
import { sha256 } from '@mlld/trust';
import type { PolicyChain } from '../policy/read.ts';
import type { ReadModule } from '../repository/model.ts';
import type { Repository } from '../repository/read.ts';
import { type Statements, statementFolders } from '../repository/statements.ts';
import type { Ledger } from './ledger.ts';

/** What may differ from the last build; undefined where nothing is known. */
export interface Touched {
  readonly modules: ReadonlySet<ModuleName>;
  readonly authors: ReadonlySet<string>;
  /** Paths of other statements. */
  readonly others: ReadonlySet<string>;
}

export interface NewStatement {
  readonly file: string;
  readonly bytes: Uint8Array;
  /** Its time, if it says one. */
  readonly at: string;
}

export interface GatherInput {
  readonly repository: Repository;
  readonly policies: PolicyChain;
  readonly ledger: Ledger;
  readonly statements: Statements;
  /** What belongs into the log of the modules that may have changed. */
  readonly modules: Iterable<readonly [file: string, text: string]>;
  readonly touched: Touched | undefined;
}

/** New statements in the order in which they are logged: policies, keysets, releases and records, the rest; each by path. */
export function gatherStatements(input: GatherInput): NewStatement[] {
  const { repository, policies, ledger, statements, touched } = input;
  const found: NewStatement[] = [];
  const add = (file: string, text: string) => {
    if (!ledger.byPath.has(file)) found.push({ file, bytes: Buffer.from(text), at: timeOf(text) });
  };
  for (const [i, { statement }] of policies.chain.entries()) add(layout.policy(i + 1), statement);
  for (const author of touched?.authors ?? repository.authors())
    for (const [i, { statement }] of repository.keysOf(author).chain.entries())
      add(layout.keyset(author as Author, i + 1), statement);
  for (const [file, text] of input.modules) add(file, text);
  const others = touched?.others ?? statementFolders.flatMap((folder) => statements.list(folder));
  for (const file of others) {
    if (!isCommunity(file) || ledger.byPath.has(file)) continue;
    const said = statements.read(file);
    if (said !== undefined) add(file, said.text);
  }
  return found.sort(inOrder);
}

/** What of a module belongs into the log, by path. */
export function statementsOf(
  { name, releases, changes }: ReadModule,
  info: RegistryInfo,
): (readonly [file: string, text: string])[] {
  const record = (version: string, hash: Sha256Hex) =>
    encodeRecordStatement({ registry: info.name, name, version, sha256: hash });
  return [
    ...releases.map(
      ({ kind, file, text, version, sha256: hash }) =>
        [file, kind === 'signed' ? text : record(version, hash)] as const,
    ),
    ...changes.map(({ file, text }) => [file, text] as const),
  ];
}

function isCommunity(file: string): boolean {
  const top = file.slice(0, file.indexOf('/'));
  return file.endsWith('.json') && statementFolders.some((folder) => folder === top);
}

/** 0 policy, 1 keyset, 2 release or record, 3 all else. */
function rank(file: string): number {
  if (file.startsWith('policy/')) return 0;
  if (file.startsWith('authors/')) return 1;
  return file.startsWith('modules/') && !file.includes('/changes/') ? 2 : 3;
}

/** By kind, then by path, numbers in it as numbers: change 10 comes after change 9. */
function inOrder(a: NewStatement, b: NewStatement): number {
  const key = ({ file }: NewStatement) => file.replace(/\d+/g, (digits) => digits.padStart(20, '0'));
  const [x, y] = [key(a), key(b)];
  return rank(a.file) - rank(b.file) || (x < y ? -1 : x > y ? 1 : 0);
}

const times = ['publishedAt', 'at', 'createdAt'];

function timeOf(text: string): string {
  const said = parseJson(text, { where: 'statement' }) as JsonObject;
  const at = times.map((member) => said[member]).find((one) => typeof one === 'string');
  return typeof at === 'string' ? new Date(at).toISOString() : '';
}

/**
 * Checks that what was logged is in the repository, byte for byte: a log does not forget, and neither may its repository.
 * @throws RegistryError LOG_STATEMENT_VANISHED, LOG_STATEMENT_CHANGED; `data.files` names them all
 */
export function assertKept({
  repository,
  ledger,
  touched,
}: Pick<GatherInput, 'repository' | 'ledger' | 'touched'>): void {
  const vanished: string[] = [];
  const changed: string[] = [];
  for (const [file, logged] of ledger.byPath) {
    if (touched !== undefined && !mayDiffer(file, touched)) continue;
    const bytes = repository.tree.read(file, limits.logEntryBytes);
    if (bytes === undefined) vanished.push(file);
    else if (sha256(bytes) !== logged.sha256 && recordHash(file, bytes, repository) !== logged.sha256)
      changed.push(file);
  }
  if (vanished.length > 0) throw lost('LOG_STATEMENT_VANISHED', 'is no longer there', vanished);
  if (changed.length > 0) throw lost('LOG_STATEMENT_CHANGED', 'has other bytes now', changed);
}

/** Runs for every logged statement of a build that changes one: it takes no path apart that it need not. */
function mayDiffer(file: string, { modules, authors, others }: Touched): boolean {
  if (file.startsWith('modules/')) {
    if (modules.size === 0) return false;
    const author = file.indexOf('/', 'modules/'.length);
    return modules.has(`@${file.slice('modules/'.length, file.indexOf('/', author + 1))}` as ModuleName);
  }
  if (file.startsWith('authors/')) return authors.has(file.split('/', 2)[1] ?? '');
  return file.startsWith('policy/') || others.has(file);
}

/** What the log says of an unsigned record with these bytes; nothing for a statement. */
function recordHash(file: string, bytes: Uint8Array, { info }: Repository): string | undefined {
  const [, author, short, version] = /^modules\/([^/]+)\/([^/]+)\/([^/]+)\.json$/.exec(file) ?? [];
  if (version === undefined) return undefined;
  try {
    if (isStatement(parseJson(bytes, { where: file }) as JsonObject)) return undefined;
  } catch {
    return undefined;
  }
  const said = { registry: info.name, name: `@${author}/${short}`, version, sha256: sha256(bytes) };
  return sha256(encodeRecordStatement(said as Parameters<typeof encodeRecordStatement>[0]));
}

function lost(
  code: 'LOG_STATEMENT_VANISHED' | 'LOG_STATEMENT_CHANGED',
  what: string,
  files: readonly string[],
): RegistryError {
  const more = files.length > 1 ? `, and ${files.length - 1} more` : '';
  return new RegistryError(code, `${printable(files[0] ?? '')}: it is in the log and ${what}${more}`, {
    hint: 'Put it back as it was: git log -- <file>. What was said stays said; yank or deprecate instead.',
    data: { files: files.slice(0, 100) },
  });
}
