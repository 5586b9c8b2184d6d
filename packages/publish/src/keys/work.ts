/** What all commands about keys begin with, and how a signed keyset gets to its registry. */
import { homedir } from 'node:os';
import { type Author, type Keyset, layout, parseAuthor, RegistryError, type SignedText } from '@mlld/format';
import { anonymousSession, type Session, type Sessions, sessionsOf } from '../github/login.ts';
import { checkBeforeSending } from '../registry/check.ts';
import { openRegistry } from '../registry/open.ts';
import type { RegistryTarget } from '../registry/target.ts';
import { findKeys, type SigningKey } from '../sign/keys.ts';
import { type KeyRule, ruleOf } from './change.ts';
import { type KeysetPlace, keptFile, writeDraft } from './draft.ts';
import type { Gathered } from './gather.ts';
import { readPolicies, recoveryRule } from './policies.ts';
import type { KeysOptions, KeysResult, SigningOptions } from './types.ts';

export interface Work extends Sessions {
  readonly home: string;
  readonly target: RegistryTarget;
  /** The registry is committed to directly. */
  readonly direct: boolean;
}

/**
 * Opens the registry for the time of `use`. Reading a public repository on GitHub needs no login.
 * @throws RegistryError REGISTRY_NOT_FOUND, USAGE, UNREACHABLE, GITHUB_*
 */
export async function withRegistry<T>(options: KeysOptions, use: (work: Work) => Promise<T>): Promise<T> {
  const home = options.home ?? options.env.HOME ?? homedir();
  const account = { env: options.env, ui: options.ui, home };
  const sessions = sessionsOf(account);
  options.ui.progress('Reading the registry');
  const target = await openRegistry({
    ...options,
    session: async () => (await sessions.sessionIfAny()) ?? anonymousSession(account),
  });
  try {
    return await use({ ...sessions, home, target, direct: options.registry !== undefined });
  } finally {
    await target.close();
  }
}

/** @throws RegistryError USAGE, BAD_NAME */
export function authorFor(options: KeysOptions, session: Session | undefined): Author {
  const author = options.author ?? session?.account.login.toLowerCase();
  if (author !== undefined) return parseAuthor(author.replace(/^@/, ''));
  throw new RegistryError('USAGE', 'as whom? There is no login to tell', {
    hint: "Name the author with --author <name>, or run 'mlld login'.",
  });
}

/** The keys to sign with: all that are named, else all that are found. @throws RegistryError NO_SIGNING_KEY, BAD_KEY, WEAK_KEY */
export async function signingKeys(
  { signWith = [], cwd, env }: SigningOptions,
  home: string,
): Promise<readonly SigningKey[]> {
  if (signWith.length === 0) return findKeys({ cwd, env, home });
  const found = await Promise.all(signWith.map((wanted) => findKeys({ wanted, cwd, env, home })));
  return found.flat();
}

/** Whose signatures a keyset needs: those of the one in effect, of number 1 its own, of a recovery the registry's quorum. */
export async function signersOfNext(
  { target }: Pick<Work, 'target'>,
  next: Keyset,
  before: Keyset | undefined,
): Promise<KeyRule> {
  return next.recovery === undefined
    ? ruleOf(before ?? next)
    : recoveryRule(next, await readPolicies(target));
}

export interface Sending {
  readonly keyset: Keyset;
  readonly before: Keyset | undefined;
  readonly gathered: Gathered;
  readonly signers: KeyRule;
}

/**
 * Sends a keyset that all have signed. The branch is named after its number: running again finds it.
 * @throws RegistryError NOT_OWNER, CHECK_FAILED, GITHUB_*, VERSION_EXISTS
 */
export async function sendKeyset(
  { target, direct, session }: Work,
  { keyset, gathered, signers }: Sending,
  ui: KeysOptions['ui'],
): Promise<KeysResult> {
  const { author, n } = keyset;
  const file = layout.keyset(author, n);
  const { statement, signatures } = gathered.text;
  const files = new Map([
    [file, statement],
    [layout.signature(file), signatures.join('')],
  ]);
  ui.progress("Checking by the registry's rules");
  const actor = direct ? undefined : (await session()).account;
  await checkBeforeSending({ target, files, actor });
  ui.progress('Sending it to the registry');
  const submitted = await target.submit({
    files,
    branch: `keys/${author}/${n}`,
    title: `Keyset ${n} of ${author}`,
    // Of the keys the files alone speak: the same pull request may get another proposal later.
    body:
      keyset.recovery === undefined
        ? 'The keyset before it has to vouch for this one; the check verifies that.\n\nMade by `mlld keys`.\n'
        : 'A recovery of lost keys: the registry’s quorum has signed it, and the keys before can cancel it until it takes effect.\n\nMade by `mlld keys recover`.\n',
    author,
  });
  return {
    status: submitted.how === 'commit' ? 'changed' : 'proposed',
    author,
    keyset,
    signedBy: gathered.signedBy,
    signaturesWanted: signers.threshold,
    reference: submitted.reference,
  };
}

/** Keeps what was signed, so that a run after a failure has the same bytes. Best effort: the branch is found as well. */
export async function keep(place: KeysetPlace, text: SignedText): Promise<void> {
  await writeDraft(keptFile(place), text).catch(() => {});
}

/** Shows what a signature would be for. @throws RegistryError CANCELLED, NEEDS_TERMINAL */
export async function confirmSigning(lines: readonly string[], { ui, yes }: SigningOptions): Promise<void> {
  for (const line of lines) ui.note(line);
  if (yes === true) return;
  if (await ui.confirm('Sign this keyset?')) return;
  throw new RegistryError('CANCELLED', 'nothing was signed');
}
