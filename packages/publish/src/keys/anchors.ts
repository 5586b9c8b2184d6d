/** Whose keys a keyset holds: the GitHub account, by its number, and a DNS name (docs/spec/statements.md §6.3). */
import { Resolver } from 'node:dns/promises';
import {
  type Author,
  authorTxt,
  dnsNames,
  type Keyset,
  type KeysetAnchors,
  limits,
  namesAuthor,
  parseRegistryName,
  RegistryError,
} from '@mlld/format';
import type { Account, Session } from '../github/login.ts';

/** TXT records of a name, the strings of each joined; none where there is no such name. @throws RegistryError DNS_FAILED */
export type ResolveTxt = (name: string) => Promise<readonly string[]>;

export interface OwnerOptions {
  readonly author: Author;
  readonly session: Session | undefined;
  /** The registry is committed to directly: who may do that decides who the author is. */
  readonly direct: boolean;
}

/**
 * The account is the author's, by the number that the keyset was anchored on. A login counts only where no number is known.
 * @throws RegistryError NOT_OWNER
 */
export function assertOwner(newest: Keyset | undefined, { author, session, direct }: OwnerOptions): void {
  if (session === undefined) return;
  const { account } = session;
  if (isOwner(newest, author, account)) return;
  if (newest !== undefined) assertSameAccount(newest, author, account);
  if (direct) return;
  const anchored = newest?.anchors.github;
  throw new RegistryError(
    'NOT_OWNER',
    `wanted the account of ${author}, GitHub knows you as ${account.login}`,
    {
      hint:
        anchored === undefined
          ? `Sign in as ${author}, or name yourself with --author ${account.login.toLowerCase()}.`
          : `Sign in as ${anchored.login} (account ${anchored.id}).`,
    },
  );
}

/**
 * Refuses an account that has taken the login of the one that the keys belong to.
 * @throws RegistryError NOT_OWNER
 */
export function assertSameAccount({ anchors }: Keyset, author: Author, account: Account): void {
  const anchored = anchors.github;
  if (anchored === undefined || anchored.id === account.id) return;
  if (![author as string, anchored.login.toLowerCase()].includes(account.login.toLowerCase())) return;
  throw new RegistryError(
    'NOT_OWNER',
    `the keys of ${author} belong to GitHub account ${anchored.id}; you are ${account.login}, account ${account.id}`,
    {
      hint: `A login that changes hands takes no name along. Sign in as account ${anchored.id}, or publish under a name of your own.`,
    },
  );
}

/** Whether the account may change the author's keys. */
export function isOwner(newest: Keyset | undefined, author: Author, account: Account): boolean {
  const anchored = newest?.anchors.github;
  return anchored === undefined ? account.login.toLowerCase() === author : anchored.id === account.id;
}

export interface AnchorOptions {
  readonly author: Author;
  readonly session: Session | undefined;
  /** A DNS name to anchor on, null to drop the one of before; undefined keeps it. */
  readonly dns: string | null | undefined;
  readonly resolveTxt: ResolveTxt;
}

/** The anchors of the next keyset, proved anew. @throws RegistryError NOT_OWNER, BAD_NAME, DNS_FAILED */
export async function anchorsFor(newest: Keyset | undefined, options: AnchorOptions): Promise<KeysetAnchors> {
  const { author, session } = options;
  const account =
    session !== undefined && isOwner(newest, author, session.account) ? session.account : undefined;
  // Renamed meanwhile: the number stays, the login is the one of today.
  const github = account === undefined ? newest?.anchors.github : { id: account.id, login: account.login };
  const wanted = options.dns === undefined ? newest?.anchors.dns : (options.dns ?? undefined);
  const dns = wanted === undefined ? undefined : await provedName(wanted, options);
  return { ...(github === undefined ? {} : { github }), ...(dns === undefined ? {} : { dns }) };
}

async function provedName(text: string, { author, resolveTxt }: AnchorOptions): Promise<string> {
  const name = parseRegistryName(text);
  const records = await resolveTxt(dnsNames.author(name));
  if (records.some((record) => namesAuthor(record, author))) return name;
  const found = records.length === 0 ? 'none' : `${records.length} that say otherwise`;
  throw new RegistryError(
    'NOT_OWNER',
    `wanted the TXT record ${authorTxt(author)} at ${dnsNames.author(name)}, found ${found}`,
    { hint: 'Add the record at your name server and run this again, or leave the name out with --no-dns.' },
  );
}

/** Asks the resolvers of this machine. */
export async function systemTxt(name: string): Promise<string[]> {
  const resolver = new Resolver({ timeout: limits.dnsMs, tries: 2 });
  try {
    return (await resolver.resolveTxt(name)).map((strings) => strings.join(''));
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    if (code === 'ENOTFOUND' || code === 'ENODATA') return [];
    throw new RegistryError('DNS_FAILED', `TXT ${name}: ${code}`, { cause });
  }
}
