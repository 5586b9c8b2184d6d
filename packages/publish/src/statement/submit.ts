/** Says something in a registry: numbers it, signs it with the author's keys and sends it. Each step looks first whether an earlier run did it. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  type Author,
  layout,
  RegistryError,
  type SignedText,
  signatureNamespace,
  userLayout,
} from '@mlld/format';
import { type PublicKey, signersOf } from '@mlld/trust';
import { assertOwner } from '../keys/anchors.ts';
import { readChain, readSigned } from '../keys/chain.ts';
import { readDraft, writeDraft } from '../keys/draft.ts';
import { authorFor, signingKeys, type Work, withRegistry } from '../keys/work.ts';
import { chooseSigner, firstKeyset } from '../keyset.ts';
import { checkBeforeSending } from '../registry/check.ts';
import type { SigningKey } from '../sign/keys.ts';
import { sign } from '../sign/sign.ts';
import { newestOf, saysTheSame } from './numbered.ts';
import type { Saying, Speaker, StatementOptions, StatementResult } from './types.ts';

/**
 * Signs a statement and brings it to its registry: by pull request, or straight into a folder or git URL. Run again after any
 * failure, it goes on where it stopped; run again after success, it changes nothing.
 * @param say what to say, once it is known who speaks and what the registry holds
 * @throws RegistryError USAGE, NOT_OWNER, UNKNOWN_KEY, NO_SIGNING_KEY, SIGNING_FAILED, CHECK_FAILED, VERSION_EXISTS,
 *   NOT_LOGGED_IN, GITHUB_*, CANCELLED, NEEDS_TERMINAL, and what `say` throws
 */
export function submitStatement(
  options: StatementOptions,
  say: (speaker: Speaker) => Saying | Promise<Saying>,
): Promise<StatementResult> {
  return withRegistry(options, async (work) => {
    const session = work.direct ? await work.sessionIfAny() : await work.session();
    const by = authorFor(options, session);
    const { target, direct } = work;
    assertOwner((await readChain(target, by)).keysets.at(-1)?.keyset, { author: by, session, direct });
    const saying = await say({ by, registry: target.info.name, target });
    const now = options.now ?? new Date();
    const newest = await newestOf(target, saying.file);
    if (newest !== undefined && saysTheSame(newest.text, saying, { n: newest.n, now }))
      return unchanged(saying, by, newest);
    const task = taskOf(work, { by, saying, n: (newest?.n ?? 0) + 1, now });
    const begun = await begunBefore(task);
    if (newest === undefined && saying.isDefault === true && begun.length === 0) return unchanged(saying, by);
    const signers = await signersFor(task, options);
    const fit = begun.filter((one) => saysTheSame(one.statement, saying, task));
    const statement = fit[0]?.statement ?? saying.encode({ n: task.n, at: now.toISOString() });
    const result = resultOf(task, statement, signers);
    if (options.dryRun === true) return { ...result, status: 'dry-run' };
    await confirm(saying, options);
    options.ui.progress('Signing');
    const text = await signAll({ statement, begun: fit }, signers, { task, options });
    return send({ task, text, signers, result }, options);
  });
}

interface Task {
  readonly work: Work;
  readonly by: Author;
  readonly saying: Saying;
  readonly n: number;
  readonly now: Date;
  /** Path in the repository. */
  readonly file: string;
  /** Where this home keeps what it signed until the registry has it. */
  readonly kept: string;
  readonly branch: string;
}

function taskOf(work: Work, parts: Pick<Task, 'by' | 'saying' | 'n' | 'now'>): Task {
  const file = parts.saying.file(parts.n);
  const kept = path.join(work.home, userLayout.home, 'statements', work.target.info.name, file);
  return { work, ...parts, file, kept, branch: file.replace(/\.json$/, '') };
}

function unchanged(
  { type, file }: Saying,
  by: Author,
  found?: { readonly n: number; readonly text: string },
): StatementResult {
  const there = found === undefined ? {} : { file: file(found.n), n: found.n, statement: found.text };
  return { status: 'unchanged', type, by, signedBy: [], firstKeyset: false, ...there };
}

/** What earlier runs have made for this number: kept here, or in the branch of the pull request. */
async function begunBefore({ work, file, kept, branch }: Task): Promise<SignedText[]> {
  const found = await Promise.all([
    readDraft(kept).catch(() => undefined),
    readSigned((name) => work.target.readProposed(branch, name), file).catch(() => undefined),
  ]);
  return found.filter((one) => one !== undefined);
}

interface Signers {
  readonly keys: readonly SigningKey[];
  readonly isNew: boolean;
}

/** A key of the author's newest keyset, and those of a role's keys that are at hand. */
async function signersFor({ work, by, saying }: Task, options: StatementOptions): Promise<Signers> {
  const { target, direct } = work;
  const keys = await signingKeys(options, work.home);
  const session = direct ? await work.sessionIfAny() : await work.session();
  const own = await chooseSigner({ author: by, target, keys, session, direct });
  const role = new Set((saying.alsoSignedBy ?? []).map(({ fingerprint }) => fingerprint));
  const more = keys.filter(
    ({ key }) => role.has(key.fingerprint) && key.fingerprint !== own.key.key.fingerprint,
  );
  return { keys: [own.key, ...more], isNew: own.isNew };
}

function resultOf({ saying, by, file, n }: Task, statement: string, { keys, isNew }: Signers) {
  return {
    type: saying.type,
    by,
    file,
    n,
    statement,
    signedBy: keys.map(({ key }) => key.fingerprint),
    firstKeyset: isNew,
  };
}

async function confirm({ describe, title }: Saying, { ui, yes }: StatementOptions): Promise<void> {
  for (const line of describe) ui.note(line);
  if (yes === true) return;
  if (await ui.confirm(`Sign and send «${title}»? It becomes public, and stays.`)) return;
  throw new RegistryError('CANCELLED', 'nothing was signed');
}

/** Keeps the signatures of before over the same bytes, and adds those that are missing. */
async function signAll(
  { statement, begun }: { readonly statement: string; readonly begun: readonly SignedText[] },
  { keys }: Signers,
  { task, options }: { readonly task: Task; readonly options: StatementOptions },
): Promise<SignedText> {
  const namespace = signatureNamespace(task.saying.type);
  const signatures: string[] = [];
  const old = begun.filter((one) => one.statement === statement).flatMap((one) => one.signatures);
  for (const key of keys) {
    const known = old.find((armour) => isBy(key.key, { statement, signatures: [armour] }, namespace));
    signatures.push(known ?? (await sign(statement, { namespace, key, env: options.env })));
  }
  const text = { statement, signatures };
  // Best effort: the branch of a pull request is found as well.
  await writeDraft(task.kept, text).catch(() => {});
  return text;
}

function isBy(key: PublicKey, text: SignedText, namespace: string): boolean {
  try {
    const keys = new Map([[key.fingerprint, key]]);
    return signersOf(text, { namespace, keys, where: 'statement' }).length > 0;
  } catch {
    return false;
  }
}

interface Sending {
  readonly task: Task;
  readonly text: SignedText;
  readonly signers: Signers;
  readonly result: ReturnType<typeof resultOf>;
}

async function send(
  { task, text, signers, result }: Sending,
  { ui, env }: StatementOptions,
): Promise<StatementResult> {
  const { work, by, saying, file, branch, kept } = task;
  const { target, direct } = work;
  const files = new Map<string, string>();
  const session = direct ? await work.sessionIfAny() : await work.session();
  if (signers.isNew) {
    const [key] = signers.keys;
    const of = { author: by, registry: target.info.name, key: key!, session, env };
    const first = await firstKeyset({ ...of, home: work.home, now: task.now });
    addSigned(files, layout.keyset(by, 1), first);
  }
  addSigned(files, file, text);
  ui.progress("Checking by the registry's rules");
  const actor = direct ? undefined : session?.account;
  for (const one of await checkBeforeSending({ target, files, actor })) {
    if (one.severity === 'warning')
      ui.note(`The registry remarks: ${one.file}: ${one.message} [${one.rule}]`);
  }
  ui.progress('Sending it to the registry');
  const { title, body } = saying;
  const submitted = await target.submit({ files, branch, title, body, author: by });
  if (submitted.how === 'commit')
    await Promise.all([kept, layout.signature(kept)].map((one) => rm(one, { force: true })));
  const status = submitted.how === 'commit' ? 'committed' : 'proposed';
  return { ...result, status, reference: submitted.reference };
}

function addSigned(files: Map<string, string>, file: string, { statement, signatures }: SignedText): void {
  files.set(file, statement);
  files.set(layout.signature(file), signatures.join(''));
}
