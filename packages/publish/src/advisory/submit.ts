/**
 * Says something about an advisory in a registry: a report, a vote, an answer, and, for who holds its keys, the word of the
 * `advisories` role. Where the role wants more keys than are at hand, a signed draft goes from holder to holder first.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import {
  type Advisory,
  layout,
  parseAdvisory,
  printable,
  RegistryError,
  type Role,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { roleSigners } from '@mlld/trust';
import { readDraft, writeDraft } from '../keys/draft.ts';
import { authorFor, signingKeys, type Work, withRegistry } from '../keys/work.ts';
import { checkBeforeSending } from '../registry/check.ts';
import type { SigningKey } from '../sign/keys.ts';
import { sign } from '../sign/sign.ts';
import { newestOf } from '../statement/numbered.ts';
import { submitStatement } from '../statement/submit.ts';
import type { StatementOptions, StatementResult } from '../statement/types.ts';
import { type AdvisoryWord, keysOfRole, type SaidWord, sayWord, standingOf } from './say.ts';

export interface AdvisoryOptions extends StatementOptions {
  /** Where a statement goes that others of the role have to sign. Default: `<id>-<n>.json` in `cwd`. */
  readonly out?: string | undefined;
}

export interface AdvisoryResult extends Omit<StatementResult, 'status'> {
  /** As of any statement; `incomplete`: others of the role have to sign `file`. */
  readonly status: StatementResult['status'] | 'incomplete';
  readonly id: string;
  /** How many keys of the role have to sign, where it is the role's word. */
  readonly signaturesWanted?: number;
}

const namespace = signatureNamespace('advisory');

/**
 * @throws RegistryError USAGE, UNKNOWN_KEY (the role's word without a key of it), FILE_NOT_FOUND (no such advisory), and those of
 *   `submitStatement`
 */
export async function sayAboutAdvisory(
  options: AdvisoryOptions,
  word: AdvisoryWord,
): Promise<AdvisoryResult> {
  const begun =
    word.kind === 'vote' || word.kind === 'answer' ? undefined : await beginForRole(options, word);
  if (begun !== undefined) return begun;
  const place: { id?: string; wanted?: number | undefined } = {};
  const result = await submitStatement(options, async (speaker) => {
    const { id, saying, role } = await said(options, word, speaker);
    place.id = id;
    place.wanted = role?.threshold;
    return { ...saying, alsoSignedBy: keysOfRole(role) };
  });
  const { id = '', wanted } = place;
  return { ...result, id, ...(wanted === undefined ? {} : { signaturesWanted: wanted }) };
}

async function said(
  { now = new Date() }: AdvisoryOptions,
  word: AdvisoryWord,
  speaker: Parameters<typeof sayWord>[1],
): Promise<SaidWord> {
  const id = word.kind === 'submit' ? word.draft.id : word.id;
  return sayWord(word, speaker, await standingOf(speaker.target, { id, now }));
}

/** The role's word with fewer of its keys than it wants: a draft for the others. Undefined for all else. */
function beginForRole(options: AdvisoryOptions, word: AdvisoryWord): Promise<AdvisoryResult | undefined> {
  return withRegistry(options, async (work) => {
    const { target, direct } = work;
    const session = direct ? await work.sessionIfAny() : await work.session();
    const by = authorFor(options, session);
    const { id, saying, role } = await said(options, word, { by, registry: target.info.name, target });
    if (role === undefined) return undefined;
    const mine = await keysAtHand(options, role);
    if (mine.length === 0) throw noKeyOf(role);
    if (mine.length >= role.threshold || options.dryRun === true) return undefined;
    const n = ((await newestOf(target, saying.file))?.n ?? 0) + 1;
    const statement = saying.encode({ n, at: (options.now ?? new Date()).toISOString() });
    await confirmed(options, saying.describe);
    const text = await withSignatures({ statement, signatures: [] }, mine, options);
    const file = path.resolve(options.cwd, options.out ?? `${id}-${n}.json`);
    await writeDraft(file, text);
    const signedBy = mine.map(({ key }) => key.fingerprint);
    const signaturesWanted = role.threshold;
    return {
      status: 'incomplete',
      type: 'advisory',
      id,
      by,
      file,
      n,
      statement,
      signedBy,
      firstKeyset: false,
      signaturesWanted,
    };
  });
}

async function keysAtHand(options: AdvisoryOptions, role: Role): Promise<SigningKey[]> {
  const keys = await signingKeys(options, options.home ?? options.env.HOME ?? homedir());
  const wanted = new Set(keysOfRole(role).map(({ fingerprint }) => fingerprint));
  return keys.filter(({ key }) => wanted.has(key.fingerprint));
}

function noKeyOf(role: Role): RegistryError {
  const list = keysOfRole(role).map(({ fingerprint }) => fingerprint);
  return new RegistryError(
    'UNKNOWN_KEY',
    'this is for the advisories role to say, and none of your keys is of it',
    {
      hint: `Its keys: ${list.join(', ')}. Name yours with --key <file>. Anybody may report, vote and answer.`,
    },
  );
}

async function confirmed({ ui, yes }: AdvisoryOptions, lines: readonly string[]): Promise<void> {
  for (const line of lines) ui.note(line);
  if (yes === true || (await ui.confirm('Sign this?'))) return;
  throw new RegistryError('CANCELLED', 'nothing was signed');
}

async function withSignatures(
  { statement, signatures }: SignedText,
  keys: readonly SigningKey[],
  { env }: AdvisoryOptions,
): Promise<SignedText> {
  const added: string[] = [];
  for (const key of keys) added.push(await sign(statement, { namespace, key, env }));
  return { statement, signatures: [...signatures, ...added] };
}

export interface SignAdvisoryOptions extends AdvisoryOptions {
  /** The statement; its signatures are in `<file>.sig`. */
  readonly file: string;
}

/**
 * Adds signatures of the role to a statement that another holder began; sends it once enough have signed.
 * @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE, WRONG_SUBJECT, UNKNOWN_KEY, SIGNING_FAILED, CHECK_FAILED, NOT_OWNER, GITHUB_*
 */
export function signAdvisory(options: SignAdvisoryOptions): Promise<AdvisoryResult> {
  const file = path.resolve(options.cwd, options.file);
  return withRegistry(options, async (work) => {
    const draft = await readDraft(file);
    if (draft === undefined)
      throw new RegistryError(
        'FILE_NOT_FOUND',
        `wanted an advisory to sign, found no file ${printable(file)}`,
      );
    const advisory = parseAdvisory(draft.statement, { where: file });
    const { role } = await standingOf(work.target, { id: advisory.id, now: new Date(advisory.at) });
    assertFor(advisory, work);
    if (role === undefined) throw new RegistryError('USAGE', 'this registry has no policy, and so no role');
    const of = { role, namespace, where: file };
    const there = new Set(roleSigners(draft, of).map(({ fingerprint }) => fingerprint));
    const mine = (await keysAtHand(options, role)).filter(({ key }) => !there.has(key.fingerprint));
    if (mine.length === 0 && there.size < role.threshold) throw noKeyOf(role);
    if (mine.length > 0)
      await confirmed(options, [`${advisory.id}, ${advisory.state}: ${printable(advisory.title)}`]);
    const text = await withSignatures(draft, mine, options);
    await writeDraft(file, text);
    const signedBy = roleSigners(text, of).map(({ fingerprint }) => fingerprint);
    const result = {
      type: 'advisory' as const,
      id: advisory.id,
      by: advisory.by,
      n: advisory.n,
      statement: text.statement,
      signedBy,
      firstKeyset: false,
      signaturesWanted: role.threshold,
    };
    if (signedBy.length < role.threshold) return { ...result, status: 'incomplete', file };
    return { ...result, ...(await send(work, advisory, text)) };
  });
}

function assertFor({ registry }: Advisory, { target }: Work): void {
  if (registry === target.info.name) return;
  throw new RegistryError('WRONG_SUBJECT', `this is for ${registry}, asked was ${target.info.name}`, {
    hint: 'Name its registry repository with --registry or --to.',
  });
}

async function send(
  { target, direct, session }: Work,
  { id, n, by, state, title }: Advisory,
  { statement, signatures }: SignedText,
) {
  const file = layout.advisory(id, n);
  const files = new Map([
    [file, statement],
    [layout.signature(file), signatures.join('')],
  ]);
  const actor = direct ? undefined : (await session()).account;
  await checkBeforeSending({ target, files, actor });
  const submitted = await target.submit({
    files,
    branch: file.replace(/\.json$/, ''),
    title: `${id} (${state}): ${title}`,
    body: 'Signed by the advisories role.\n\nMade by `mlld advisory`.\n',
    author: by,
  });
  const status = submitted.how === 'commit' ? ('committed' as const) : ('proposed' as const);
  return { status, file, reference: submitted.reference };
}
