/** `mlld keys init|add|revoke|rotate|threshold|anchor`: makes the next keyset, signs it and sends it. */
import path from 'node:path';
import {
  type Author,
  type Keyset,
  type KeysetRecovery,
  layout,
  limits,
  parseKeyset,
  RegistryError,
  type SignedText,
} from '@mlld/format';
import type { SigningKey } from '../sign/keys.ts';
import { anchorsFor, assertOwner, systemTxt } from './anchors.ts';
import { readChain, readSigned } from './chain.ts';
import { applyChange, type KeyRule, ruleOf } from './change.ts';
import { describeChange } from './describe.ts';
import { continueOrStart, keptFile, readDraft, writeDraft } from './draft.ts';
import { gather } from './gather.ts';
import { readPolicies } from './policies.ts';
import { readChange } from './read-change.ts';
import type { ChangeKeysOptions, KeysResult } from './types.ts';
import {
  authorFor,
  confirmSigning,
  keep,
  sendKeyset,
  signersOfNext,
  signingKeys,
  type Work,
  withRegistry,
} from './work.ts';

/**
 * Makes keyset n + 1 of an author from n. Run again after any failure, it goes on where it stopped.
 * @throws RegistryError USAGE, NOT_OWNER, UNKNOWN_KEY, NO_SIGNING_KEY, SIGNING_FAILED, VERSION_EXISTS, KEYSET_BROKEN,
 *   CHECK_FAILED, NOT_LOGGED_IN, GITHUB_*, DNS_FAILED, CANCELLED, NEEDS_TERMINAL
 */
export function changeKeys(options: ChangeKeysOptions): Promise<KeysResult> {
  return withRegistry(options, async (work) => {
    const session = work.direct ? await work.sessionIfAny() : await work.session();
    const author = authorFor(options, session);
    const chain = await readChain(work.target, author);
    const before = chain.current?.keyset;
    const isRecovery = options.change.kind === 'recover';
    if (!isRecovery) assertOwner(before, { author, session, direct: work.direct });
    const keys = await keysAtHand(options, work.home);
    const change = await readChange(options, { work, author, keys, chain });
    const rule = applyChange(before === undefined ? undefined : ruleOf(before), change);
    const { dns, resolveTxt = systemTxt } = options;
    const recovery = isRecovery ? await recoveryOf(options, work, before) : undefined;
    // Whose keys they are is not the quorum's to change.
    const anchors =
      recovery === undefined
        ? await anchorsFor(before, { author, session, dns, resolveTxt })
        : (before?.anchors ?? {});
    const n = chain.keysets.length + 1;
    const wanted = nextKeyset({ rule, anchors, author, n, recovery }, work, options);
    const waits = chain.keysets.at(-1) !== chain.current;
    if (options.change.kind === 'cancel' && !waits) throw nothingToCancel(author);
    if (!waits && before !== undefined && saysNothingNew(wanted, before, options))
      return unchanged(author, before);
    return signAndSend({ wanted, before, keys }, work, options);
  });
}

/** Keys of this machine; that there are none is told when a signature is wanted. */
async function keysAtHand(options: ChangeKeysOptions, home: string): Promise<readonly SigningKey[]> {
  try {
    return await signingKeys(options, home);
  } catch (cause) {
    if ((options.signWith ?? []).length === 0 && isMissing(cause)) return [];
    throw cause;
  }
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof RegistryError && cause.code === 'NO_SIGNING_KEY';

function nextKeyset(
  parts: {
    readonly rule: KeyRule;
    readonly anchors: Keyset['anchors'];
    readonly author: Author;
    readonly n: number;
    readonly recovery: Keyset['recovery'];
  },
  { target }: Work,
  { now = new Date() }: ChangeKeysOptions,
): Keyset {
  const { n, recovery } = parts;
  if (n > limits.keysetChain)
    throw new RegistryError('TOO_LARGE', `wanted at most ${limits.keysetChain} keysets of an author`);
  return {
    type: 'keyset',
    v: 1,
    registry: target.info.name,
    author: parts.author,
    n,
    threshold: parts.rule.threshold,
    keys: parts.rule.keys.map(({ text }) => ({ key: text })),
    anchors: parts.anchors,
    createdAt: now.toISOString(),
    ...(recovery === undefined ? {} : { recovery }),
  };
}

/** @throws RegistryError USAGE where there is nothing to recover, nobody who could, or no reason */
async function recoveryOf(
  { change: { reason } }: ChangeKeysOptions,
  { target }: Work,
  before: Keyset | undefined,
): Promise<KeysetRecovery> {
  const policy = (await readPolicies(target)).at(-1);
  if (before === undefined || policy === undefined) {
    const lack = before === undefined ? 'the author has no keyset here' : `${target.info.name} has no policy`;
    throw new RegistryError('USAGE', `there is nothing to recover: ${lack}`, {
      hint: 'docs/guides/keys.md says what a recovery wants.',
    });
  }
  if (reason !== undefined && reason.trim() !== '') return { policy: policy.n, reason };
  throw new RegistryError('USAGE', 'wanted --reason: it is public, and what the author will read');
}

function nothingToCancel(author: Author): RegistryError {
  return new RegistryError('USAGE', `no recovery of the keys of ${author} waits`, {
    hint: 'What has taken effect can not be cancelled: ask the registry.',
  });
}

function saysNothingNew(wanted: Keyset, before: Keyset, { change }: ChangeKeysOptions): boolean {
  const says = ({ threshold, keys, anchors: { github, dns } }: Keyset) => [
    threshold,
    ...keys.map(({ key }) => key.split(' ')[1]).sort(),
    github?.id ?? null,
    // Alone, a new login is worth a keyset to nobody but who asks for it.
    change.kind === 'anchor' ? (github?.login ?? null) : null,
    dns ?? null,
  ];
  return JSON.stringify(says(wanted)) === JSON.stringify(says(before));
}

const unchanged = (author: Author, keyset: Keyset): KeysResult => ({
  status: 'unchanged',
  author,
  keyset,
  signedBy: [],
  signaturesWanted: 0,
});

interface Signing {
  readonly wanted: Keyset;
  readonly before: Keyset | undefined;
  readonly keys: readonly SigningKey[];
}

async function signAndSend(
  { wanted, before, keys }: Signing,
  work: Work,
  options: ChangeKeysOptions,
): Promise<KeysResult> {
  const { author, n } = wanted;
  const place = { home: work.home, registry: work.target.info.name, author, n };
  const draft = path.resolve(options.cwd, options.out ?? `${author}-keyset-${n}.json`);
  const signers = await signersOfNext(work, wanted, before);
  if (options.dryRun === true) {
    return { ...unchanged(author, wanted), status: 'dry-run', before, signaturesWanted: signers.threshold };
  }
  await confirmSigning(describeChange(wanted, before), options);
  const begun = continueOrStart(wanted, await begunBefore(work, { file: keptFile(place), draft, author, n }));
  options.ui.progress('Signing');
  const named = (options.signWith ?? []).length > 0;
  const sorted = stayingFirst(keys, wanted);
  const gathered = await gather(begun, { signers, keys: sorted, named, env: options.env, ui: options.ui });
  await keep(place, gathered.text);
  const keyset = parseKeyset(gathered.text.statement);
  if (gathered.signedBy.length >= signers.threshold)
    return sendKeyset(work, { keyset, before, gathered, signers }, options.ui);
  await writeDraft(draft, gathered.text);
  const { signedBy } = gathered;
  return {
    ...unchanged(author, keyset),
    status: 'incomplete',
    signedBy,
    signaturesWanted: signers.threshold,
    file: draft,
  };
}

/** A key that goes signs last: what is lost or stolen need not take part in its own end. */
function stayingFirst(keys: readonly SigningKey[], wanted: Keyset): readonly SigningKey[] {
  const stays = new Set(ruleOf(wanted).keys.map(({ fingerprint }) => fingerprint));
  const rank = ({ key }: SigningKey) => (stays.has(key.fingerprint) ? 0 : 1);
  return [...keys].sort((a, b) => rank(a) - rank(b));
}

/** What earlier runs and other holders have done for this number: kept here, in the draft, in the branch. */
async function begunBefore(
  { target }: Work,
  { file, draft, author, n }: { file: string; draft: string; author: Author; n: number },
): Promise<(SignedText | undefined)[]> {
  const proposed = (name: string) => target.readProposed(`keys/${author}/${n}`, name);
  return Promise.all([
    readDraft(file).catch(() => undefined),
    readDraft(draft).catch(() => undefined),
    readSigned(proposed, layout.keyset(author, n)).catch(() => undefined),
  ]);
}
