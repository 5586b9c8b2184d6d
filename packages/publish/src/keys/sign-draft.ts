/** `mlld keys sign`: another holder's signature for a keyset that was begun elsewhere. */
import path from 'node:path';
import { type Keyset, parseKeyset, printable, RegistryError, type SignedText } from '@mlld/format';
import { isOwner } from './anchors.ts';
import { type AuthorChain, readChain, verifyChain } from './chain.ts';
import { describeChange } from './describe.ts';
import { readDraft, writeDraft } from './draft.ts';
import { countingSignatures, type Gathered, gather } from './gather.ts';
import type { KeysResult, SigningOptions } from './types.ts';
import { confirmSigning, sendKeyset, signersOfNext, signingKeys, type Work, withRegistry } from './work.ts';

export interface SignKeysetOptions extends SigningOptions {
  /** The statement; its signatures are in `<file>.sig`. */
  readonly file: string;
}

/**
 * Adds signatures to a keyset. When enough have signed, whoever speaks for the author sends it; running again sends it again.
 * @throws RegistryError FILE_NOT_FOUND, BAD_STATEMENT, WRONG_SUBJECT, KEYSET_BROKEN, UNKNOWN_KEY, NO_SIGNING_KEY,
 *   SIGNING_FAILED, CHECK_FAILED, GITHUB_*, CANCELLED, NEEDS_TERMINAL
 */
export function signKeyset(options: SignKeysetOptions): Promise<KeysResult> {
  const file = path.resolve(options.cwd, options.file);
  return withRegistry(options, async (work) => {
    const draft = await readDraft(file);
    if (draft === undefined)
      throw new RegistryError('FILE_NOT_FOUND', `wanted a keyset to sign, found no file ${printable(file)}`);
    const keyset = parseKeyset(draft.statement, { where: file });
    assertRegistry(keyset, work.target.info.name);
    const chain = await readChain(work.target, keyset.author);
    if (chain.texts[keyset.n - 1]?.statement === draft.statement) return unchanged(keyset);
    const before = placeInChain(keyset, chain);
    const gathered = await addSignatures({ draft, keyset, before }, work, options);
    await writeDraft(file, gathered.text);
    const { signedBy } = gathered;
    const signers = await signersOfNext(work, keyset, before);
    const enough = signedBy.length >= signers.threshold;
    if (enough) await verifyChain(work.target, keyset.author, [...chain.texts, gathered.text]);
    if (enough && (await maySend(work, keyset, before)))
      return sendKeyset(work, { keyset, before, gathered, signers }, options.ui);
    return {
      ...unchanged(keyset),
      status: 'incomplete',
      signedBy,
      signaturesWanted: signers.threshold,
      file,
    };
  });
}

const unchanged = (keyset: Keyset): KeysResult => ({
  status: 'unchanged',
  author: keyset.author,
  keyset,
  signedBy: [],
  signaturesWanted: 0,
});

function assertRegistry({ registry }: Keyset, asked: string): void {
  if (registry === asked) return;
  throw new RegistryError(
    'WRONG_SUBJECT',
    `this keyset is for the registry ${registry}, asked was ${asked}`,
    {
      hint: 'Name its registry repository with --registry or --to.',
    },
  );
}

/** The keyset in effect before it; undefined for number 1. */
function placeInChain({ author, n }: Keyset, { keysets, current }: AuthorChain): Keyset | undefined {
  const newest = keysets.at(-1)?.keyset;
  if (n === (newest?.n ?? 0) + 1) return current?.keyset;
  throw new RegistryError(
    'KEYSET_BROKEN',
    `this is keyset ${n} of ${author}, the registry is at ${newest?.n ?? 'none'}`,
    { hint: 'The keys were changed in the meantime. Make the change again, on top of that.' },
  );
}

interface Adding {
  readonly draft: SignedText;
  readonly keyset: Keyset;
  readonly before: Keyset | undefined;
}

/** Nobody is asked to sign what is complete: it only waits to be sent. */
async function addSignatures(
  { draft, keyset, before }: Adding,
  { home, target }: Work,
  options: SignKeysetOptions,
): Promise<Gathered> {
  const signers = await signersOfNext({ target }, keyset, before);
  const there = countingSignatures(draft, signers.keys);
  const named = (options.signWith ?? []).length > 0;
  const text = { statement: draft.statement, signatures: [...there.values()] };
  if (!named && there.size >= signers.threshold) return { text, signedBy: [...there.keys()] };
  await confirmSigning(describeChange(keyset, before), options);
  const keys = await signingKeys(options, home);
  const gathered = await gather(text, { signers, keys, named, env: options.env, ui: options.ui });
  if (gathered.signedBy.length > there.size || named) return gathered;
  throw new RegistryError(
    'NO_SIGNING_KEY',
    'none of your keys may sign this keyset, or they have signed it',
    {
      hint: `Keys that may: ${signers.keys.map(({ fingerprint }) => fingerprint).join(', ')}. Name one with --key <file>.`,
    },
  );
}

async function maySend(work: Work, keyset: Keyset, before: Keyset | undefined): Promise<boolean> {
  // Of a recovery the signatures speak, and not who brings them.
  if (work.direct || keyset.recovery !== undefined) return true;
  const session = await work.sessionIfAny();
  return session !== undefined && isOwner(before, keyset.author, session.account);
}
