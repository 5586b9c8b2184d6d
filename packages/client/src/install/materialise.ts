/**
 * From a plan to verified modules in the cache (docs/spec/resolve.md §6, §7). The order is law: get (bounded), verify, and only
 * when every module of the plan is verified write the first byte of a new one.
 */
import {
  type Author,
  type AuthorPin,
  authorOf,
  type IndexVersion,
  type Judged,
  type Lock,
  type LockedModule,
  type LoggedText,
  layout,
  limits,
  type ModuleName,
  type ProofBundle,
  parseProof,
  printable,
  RegistryError,
  type Sha256Hex,
  type SignedText,
} from '@mlld/format';
import { looksRecovered, readSignedText, sha256 } from '@mlld/trust';
import { advisoriesOn, assertNotMalware, warningOf } from '../advisories/gate.ts';
import { fromCache } from '../fetch/content.ts';
import { filesOfLine, filesOfLocked, type ModuleFiles } from '../fetch/module-files.ts';
import { assertNotBlocked } from '../policy/gates.ts';
import { lockedVersion, nodeKey, type PlanNode } from '../resolve/plan.ts';
import type { Resolution } from '../resolve/resolve.ts';
import type { Session } from '../session.ts';
import {
  type Claim,
  missingKeysets,
  type OnStep,
  type Verified,
  verifyBytes,
  verifyClaim,
} from '../verify/verify.ts';
import { agreeToNew, capabilitiesOf, type Fresh } from './agree.ts';

/** A module that is verified and in the cache. */
export interface Ready {
  readonly name: ModuleName;
  readonly version: string;
  /** As it goes into the lock file, for a version that the program does not itself ask for. */
  readonly entry: LockedModule;
  /** Where the entry file came from: a URL, or `cache`. */
  readonly from: string;
  /** Milliseconds until its bytes were there and verified, all modules being under way at once. */
  readonly ms: number;
}

export interface Materialised {
  /** By `@author/name@version`. */
  readonly ready: ReadonlyMap<string, Ready>;
  readonly authors: ReadonlyMap<Author, AuthorPin>;
}

export interface MaterialiseOptions {
  readonly lock: Lock;
  /** Whether modules that are new to the program need the user's consent, too: they did not ask for them. */
  readonly askForNew?: boolean | undefined;
  readonly onReady?: (name: string, done: number, total: number) => void;
}

/** @throws RegistryError what verifying and downloading throw */
export async function materialise(
  session: Session,
  plan: Resolution,
  options: MaterialiseOptions,
): Promise<Materialised> {
  const nodes = [...plan.nodes.values()];
  let done = 0;
  const obtained = await Promise.all(
    nodes.map(async (node) => {
      const one = await obtain(session, { node, plan, lock: options.lock });
      options.onReady?.(nodeKey(node), ++done, nodes.length);
      return one;
    }),
  );
  const authors = reconcile(obtained, options.lock);
  // The user is asked once everything is verified, and before anything of it is kept.
  await agreeToNew(
    session,
    obtained.flatMap(({ fresh }) => fresh ?? []),
    options,
  );
  for (const { keep } of obtained) keep();
  return { ready: new Map(obtained.map(({ ready }) => [nodeKey(ready), ready])), authors };
}

interface Obtained {
  readonly ready: Ready;
  /** Present for releases that were verified now. */
  readonly claim?: Claim;
  readonly verified?: Verified;
  /** A version that was not locked before. */
  readonly fresh?: Fresh;
  readonly keep: () => void;
}

interface Subject {
  readonly node: PlanNode;
  readonly plan: Resolution;
  readonly lock: Lock;
}

async function obtain(session: Session, subject: Subject): Promise<Obtained> {
  const { node } = subject;
  const started = session.net.ops.tick();
  const { locked } = node;
  if (locked === undefined) return obtainNew(session, subject, started);
  assertNotBlocked(session, locked);
  assertNotMalware(session.net.ops, session.settings.cacheDir, locked);
  warnIfYanked(session, subject);
  const from = await bringLocked(session, locked);
  const { name, version } = node;
  const ms = session.net.ops.tick() - started;
  return { ready: { name, version, entry: locked, from, ms }, keep: () => {} };
}

/** Returns where it came from. What the lock file pins is verified by its hashes alone: it need not wait for others. */
async function bringLocked(session: Session, locked: LockedModule): Promise<string> {
  const { cache, registryOf } = session;
  const isCached = [...locked.files.values()].every((sha256) => cache.holds(locked.registry, sha256));
  if (isCached) return fromCache;
  const found = await filesOfLocked(session, locked, registryOf(locked.name));
  found.keep();
  return found.from;
}

async function obtainNew(
  session: Session,
  { node, plan, lock }: Subject,
  started: number,
): Promise<Obtained> {
  const { name, version } = node;
  const registry = session.registryOf(name);
  const identity = await registry.identity();
  const claim = await claimOf(session, { node, plan, lock });
  const { verified, claim: complete } = await verifyWithKeysets(session, claim);
  const found = await filesOfLine(session, claim.line, { registry, identity });
  const { line } = claim;
  verifyBytes(line, found.files);
  const capabilities = await capabilitiesOf(session, line, found.files);
  const entry = entryOf(session, { node, claim, verified, found, lock, capabilities });
  assertLegacyHash(lock, entry);
  warnIfDeprecated(session, claim);
  warnOfAdvisories(session, claim);
  return {
    claim: complete,
    verified,
    fresh: { entry, verified, about: claim.header.about },
    ready: { name, version, entry, from: found.from, ms: session.net.ops.tick() - started },
    keep: () => {
      found.keep();
      const { statement } = claim.line;
      if (statement !== undefined && claim.proof !== undefined)
        session.cache.putProof(identity, statement, claim.proof);
    },
  };
}

/** All that is known and said about a version. @throws RegistryError FILE_NOT_FOUND, UNREACHABLE, OFFLINE */
export async function claimOf(session: Session, { node, plan, lock }: Subject): Promise<Claim> {
  const { name, version, line } = node;
  const header = plan.indexes.get(name)?.header;
  if (line === undefined || header === undefined)
    throw new RegistryError('INTERNAL', `${name}@${version}: planned without an index`);
  const registry = session.registryOf(name);
  const identity = await registry.identity();
  const { statement } = line;
  const asked =
    statement === undefined
      ? undefined
      : Promise.resolve(session.cache.proof(identity, statement) ?? registry.proof(statement));
  asked?.catch(() => {});
  const advisories = session.advisoriesOf(name).current();
  advisories.catch(() => {});
  // An index that is not the current one may name proofs that nobody has: that is not what is wrong then.
  const logged = await registry.proven(name);
  const proof = await asked;
  const book = await advisories;
  const pin = lock.authors.get(authorOf(name));
  const locked = strongest(lock, name);
  const rule = session.ruleOf(name);
  const judged = rule.evidence < 4 ? undefined : await judgedFor(session, plan, line);
  return {
    registry: identity,
    knownKeysets: session.knownKeysets,
    header,
    line,
    isLocked: lockedVersion(lock, name, version) !== undefined,
    rule,
    others: plan.indexes.get(name)?.versions.filter((one) => one.version !== version) ?? [],
    now: session.net.ops.now(),
    ...(judged === undefined ? {} : { judged }),
    ...(book === undefined ? {} : { advisories: book.entries }),
    ...(logged === undefined ? {} : { logged }),
    ...(proof === undefined ? {} : { proof }),
    ...(pin === undefined ? {} : { pin }),
    ...(locked === undefined ? {} : { locked }),
  };
}

/** Who wants reviewed modules only asks what their reviewers say. */
async function judgedFor(
  session: Session,
  { indexes }: Resolution,
  line: IndexVersion,
): Promise<Judged | undefined> {
  const index = indexes.get(line.name);
  if (index === undefined) return undefined;
  const { opinionOf } = await import('../community/opinion.ts');
  const { judged, missing } = await opinionOf(session, { index, line, evidence: line.evidence });
  if (missing !== undefined) session.net.warn(`${line.name}@${line.version}: ${missing}`);
  return judged;
}

/** Verifies; when the bundle ends before the pin, with the keysets that the registry publishes beside (trust.md §2). */
export async function verifyWithKeysets(
  session: Session,
  claim: Claim,
  onStep?: OnStep,
): Promise<{ verified: Verified; claim: Claim }> {
  try {
    return { verified: verifyClaim(claim, onStep), claim };
  } catch (error) {
    const missing = missingKeysets(error).slice(0, limits.keysetChain);
    if (missing.length === 0) throw error;
    const { name } = claim.line;
    const published = await Promise.all(missing.map((n) => publishedKeyset(session, name, n)));
    const laterKeysets = await withPlaces(session, name, {
      before: bundleOf(claim).keysets.at(-1),
      published,
    });
    const complete = { ...claim, laterKeysets };
    return { verified: verifyClaim(complete, onStep), claim: complete };
  }
}

/** Recoveries, and what came after them, with their places in the log: each has a bundle of its own. */
async function withPlaces(
  session: Session,
  name: ModuleName,
  {
    before,
    published,
  }: { readonly before: SignedText | undefined; readonly published: readonly SignedText[] },
): Promise<LoggedText[]> {
  return Promise.all(
    published.map(async (text, i): Promise<LoggedText> => {
      if (!looksRecovered(text) && !looksRecovered(i === 0 ? before : published[i - 1])) return text;
      const { log } = parseProof(await session.registryOf(name).proof(sha256(text.statement)));
      return log === undefined ? text : { ...text, log };
    }),
  );
}

async function publishedKeyset(session: Session, name: ModuleName, n: number): Promise<SignedText> {
  const registry = session.registryOf(name);
  const path = layout.keyset(authorOf(name), n);
  const signed = await readSignedText(path, registry.file);
  if (signed === undefined)
    throw new RegistryError('KEYSET_CHANGED', `${path}: the registry does not have this keyset`);
  return signed;
}

function strongest(lock: Lock, name: ModuleName): LockedModule | undefined {
  return [...lock.modules.values()]
    .filter((one) => one.name === name)
    .sort((a, b) => b.evidence - a.evidence)[0];
}

interface NewEntry {
  readonly node: PlanNode;
  readonly claim: Claim;
  readonly verified: Verified;
  readonly found: ModuleFiles;
  readonly lock: Lock;
  readonly capabilities: readonly string[] | undefined;
}

function entryOf(
  session: Session,
  { node, claim, verified, found, lock, capabilities }: NewEntry,
): LockedModule {
  const { line, registry } = claim;
  const { sha256, now } = session.net.ops;
  const files = new Map([...found.files].map(([path, bytes]) => [path, sha256(bytes) as Sha256Hex]));
  // What the user allowed for this module stays allowed, as far as the new version still needs it (§9.3).
  const before = lock.modules.get(node.name)?.granted ?? [];
  return {
    name: node.name,
    wanted: node.version,
    version: node.version,
    registry,
    entry: line.entry,
    files,
    ...(line.digest === undefined ? {} : { digest: line.digest }),
    sources: line.sources.filter((source) => /^(?:https?|file):/.test(source)),
    imports: node.imports,
    evidence: verified.evidence,
    ...(line.statement === undefined ? {} : { statement: line.statement }),
    needs: line.needs,
    granted: before.filter((need) => line.needs.includes(need)),
    ...(capabilities === undefined ? {} : { capabilities }),
    fetchedAt: new Date(now()).toISOString(),
  };
}

/** A lock file of today's mlld states the hash of the entry: another one is no migration (§8.4). */
function assertLegacyHash(lock: Lock, entry: LockedModule): void {
  const legacy = lock.legacy.get(entry.name);
  const found = entry.files.get(entry.entry);
  if (legacy?.entrySha256 === undefined || legacy.version !== entry.version || legacy.entrySha256 === found)
    return;
  throw new RegistryError(
    'HASH_MISMATCH',
    `${entry.name}@${entry.version}: the lock file has sha256 ${legacy.entrySha256}, the registry ${found}`,
    {
      hint: 'The module changed since it was locked. If that is meant, remove its entry from mlld-lock.json.',
    },
  );
}

/** Two releases of one author have to show one history of keys; the longest that was shown is pinned (§6.3). */
function reconcile(obtained: readonly Obtained[], lock: Lock): Map<Author, AuthorPin> {
  const pins = new Map<Author, AuthorPin>();
  const longest = new Map<Author, Claim>();
  const signed = obtained.flatMap(({ claim, verified }) =>
    claim && verified?.signed ? [{ claim, signed: verified.signed }] : [],
  );
  signed.sort((a, b) => b.signed.pin.keyset - a.signed.pin.keyset);
  for (const { claim, signed: release } of signed) {
    const author = authorOf(claim.line.name);
    const pin = pins.get(author);
    if (pin === undefined) {
      pins.set(author, release.pin);
      longest.set(author, claim);
    } else if (pin.keyset !== release.pin.keyset || pin.sha256 !== release.pin.sha256) {
      const later = keysetsOf(longest.get(author)).slice(bundleOf(claim).keysets.length);
      verifyClaim({ ...claim, pin, laterKeysets: later });
    }
  }
  for (const [author, pin] of pins) {
    const before = lock.authors.get(author);
    if (before !== undefined && before.keyset > pin.keyset) pins.set(author, before);
  }
  return pins;
}

function bundleOf({ proof }: Claim): ProofBundle {
  if (proof === undefined) throw new RegistryError('INTERNAL', 'a signed release without its proof');
  return parseProof(proof);
}

function keysetsOf(claim: Claim | undefined): readonly LoggedText[] {
  return claim === undefined ? [] : [...bundleOf(claim).keysets, ...(claim.laterKeysets ?? [])];
}

function warnIfYanked(session: Session, { node, plan }: Subject): void {
  const reason = plan.indexes.get(node.name)?.header.yanked.get(node.version);
  if (reason === undefined) return;
  session.net.warn(
    `${nodeKey(node)} is yanked: ${printable(reason)}; it stays because it is locked (mlld update ${node.name})`,
  );
}

function warnIfDeprecated(session: Session, { header, line }: Claim): void {
  if (header.deprecated === undefined) return;
  const { message, replacedBy } = header.deprecated;
  const instead = replacedBy === undefined ? '' : `; use ${replacedBy}`;
  session.net.warn(`${line.name} is deprecated: ${printable(message)}${instead}`);
}

function warnOfAdvisories(session: Session, { advisories = [], line }: Claim): void {
  for (const one of advisoriesOn(advisories, line)) session.net.warn(warningOf(one, line));
}
