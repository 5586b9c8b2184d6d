/**
 * Reading the files of what people say (docs/spec/reputation.md §6, §7): nothing in them counts that its own speaker has not signed,
 * for this registry and this subject. What does not verify is left out and told, so that one bad statement hides no good one.
 */
import {
  type Author,
  type Collection,
  type CommunityFile,
  type ModuleName,
  parseCollectionsFile,
  parseCommunity,
  parseCommunityFile,
  parseTrustsFile,
  printable,
  RegistryError,
  type Review,
  type SignedText,
  signatureNamespace,
} from '@mlld/format';
import { signersOf, verifyKeysets } from './keyset.ts';
import type { PublicKey } from './public-key.ts';
import { looksRecovered } from './recovery.ts';
import type { TrustEdge } from './reputation.ts';

export interface ReadCommunity {
  /** Signed by their reviewers; the newest of each reviewer and version. */
  readonly reviews: readonly Review[];
  readonly stars: CommunityFile['stars'];
  readonly own: readonly Author[];
  readonly reports: number;
  /** What was left out, and why. */
  readonly left: readonly string[];
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, WRONG_SUBJECT (another module's file) */
export function readCommunityFile(
  bytes: Uint8Array | string,
  { registry, name, where }: { readonly registry: string; readonly name: ModuleName; readonly where: string },
): ReadCommunity {
  const file = parseCommunityFile(bytes, where);
  if (file.name !== name)
    throw new RegistryError('WRONG_SUBJECT', `${where}: wanted what is said of ${name}, found ${file.name}`);
  const keysOf = remembered((author) => keysIn(file.keysets.get(author) ?? [], { registry, author }));
  const left: string[] = [];
  const reviews = new Map<string, Review>();
  for (const text of file.reviews) {
    const said = readSigned(text, { registry, keysOf, left });
    if (said === undefined) continue;
    if (said.type !== 'review' || said.name !== name) left.push(`a ${said.type} that is none of ${name}`);
    else if ((reviews.get(key(said))?.n ?? 0) < said.n) reviews.set(key(said), said);
  }
  const { stars, own, reports } = file;
  return { reviews: [...reviews.values()], stars, own, reports, left };
}

const key = ({ by, version }: Review): string => `${by} ${version}`;

export interface ReadCollections {
  /** Signed by who made them; in the order of the file. */
  readonly collections: readonly Collection[];
  readonly left: readonly string[];
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE */
export function readCollectionsFile(
  bytes: Uint8Array | string,
  { registry, where }: { readonly registry: string; readonly where: string },
): ReadCollections {
  const file = parseCollectionsFile(bytes, where);
  const keysOf = remembered((author) => keysIn(file.keysets.get(author) ?? [], { registry, author }));
  const left: string[] = [];
  const newest = new Map<string, Collection>();
  for (const text of file.collections) {
    const said = readSigned(text, { registry, keysOf, left });
    if (said === undefined) continue;
    const at = said.type === 'collection' ? `${said.by}/${said.slug}` : '';
    if (said.type !== 'collection') left.push(`a ${said.type}`);
    else if ((newest.get(at)?.n ?? 0) < said.n) newest.set(at, said);
  }
  return { collections: [...newest.values()].filter(({ modules }) => modules.length > 0), left };
}

export interface ReadTrusts {
  readonly edges: readonly TrustEdge[];
  readonly left: readonly string[];
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, TOO_LARGE, WRONG_SUBJECT (another person's file) */
export function readTrustsFile(
  bytes: Uint8Array | string,
  { registry, by, where }: { readonly registry: string; readonly by: Author; readonly where: string },
): ReadTrusts {
  const file = parseTrustsFile(bytes, where);
  if (file.by !== by)
    throw new RegistryError('WRONG_SUBJECT', `${where}: wanted whom ${by} trusts, found ${file.by}`);
  const keysOf = remembered((author) => keysIn(author === by ? file.keysets : [], { registry, author }));
  const left: string[] = [];
  const newest = new Map<Author, { readonly n: number; readonly edge: TrustEdge }>();
  for (const text of file.statements) {
    const said = readSigned(text, { registry, keysOf, left });
    if (said === undefined) continue;
    if (said.type !== 'trust') left.push(`a ${said.type}`);
    else if ((newest.get(said.about)?.n ?? 0) < said.n)
      newest.set(said.about, { n: said.n, edge: { by, about: said.about, level: said.level } });
  }
  return { edges: [...newest.values()].map(({ edge }) => edge), left };
}

type Keys = ReadonlyMap<string, PublicKey>;

interface ReadContext {
  readonly registry: string;
  readonly keysOf: (author: Author) => Keys;
  readonly left: string[];
}

function readSigned(text: SignedText, { registry, keysOf, left }: ReadContext) {
  try {
    const said = parseCommunity(text.statement);
    if (said.registry !== registry) throw new RegistryError('WRONG_SUBJECT', `it is for ${said.registry}`);
    const namespace = signatureNamespace(said.type);
    if (signersOf(text, { namespace, keys: keysOf(said.by), where: said.type }).length === 0)
      throw new RegistryError('BAD_SIGNATURE', `${said.by} did not sign a ${said.type}`);
    return said;
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    left.push(printable(cause.message));
    return undefined;
  }
}

/**
 * The keys of all keysets of a chain: what an earlier one signed stays said. From a recovery of lost keys on none: whether that is in effect
 * is the log's to say, which these files don't show.
 */
function keysIn(chain: readonly SignedText[], subject: { registry: string; author: Author }): Keys {
  const recovered = chain.findIndex(looksRecovered);
  const own = recovered < 0 ? chain : chain.slice(0, recovered);
  if (own.length === 0) return new Map();
  return new Map(verifyKeysets(own, subject).flatMap(({ keys }) => [...keys]));
}

function remembered(make: (author: Author) => Keys): (author: Author) => Keys {
  const known = new Map<Author, Keys>();
  return (author) => {
    const keys = known.get(author) ?? make(author);
    known.set(author, keys);
    return keys;
  };
}
