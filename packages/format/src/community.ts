/**
 * What a distribution holds of what people say (docs/spec/reputation.md §6, §7), made so that nobody has to believe it: the
 * statements byte for byte, with their signatures and the keysets that vouch for those.
 *
 * - `community/modules/<author>/<name>`: the newest review of each reviewer and version, and who likes the module
 * - `community/people/<author>`: whom this person trusts and distrusts
 */
import * as d from './decode.ts';
import { RegistryError } from './errors.ts';
import { type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName } from './name.ts';
import { type SignedText, signedTextDecoder } from './proof.ts';

export interface CommunityFile {
  readonly v: 1;
  readonly name: ModuleName;
  /** The newest of each reviewer and version. */
  readonly reviews: readonly SignedText[];
  /** People whose newest star says that they like it: all, and those that are counted. */
  readonly stars: { readonly count: number; readonly by: readonly Author[] };
  /** Its author, owners and maintainers: what they say of it counts nothing. */
  readonly own: readonly Author[];
  /** Reports about the module, all of them. */
  readonly reports: number;
  /** The chain of keysets of each reviewer, from 1. */
  readonly keysets: ReadonlyMap<Author, readonly SignedText[]>;
}

export interface TrustsFile {
  readonly v: 1;
  readonly by: Author;
  /** The newest about each person. */
  readonly statements: readonly SignedText[];
  /** The person's chain of keysets, from 1. */
  readonly keysets: readonly SignedText[];
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseCommunityFile(bytes: Uint8Array | string, where = 'community file'): CommunityFile {
  const { value, $ } = open(bytes, where, limits.communityBytes);
  const stars = d.object(value.stars, `${$}.stars`);
  return {
    v: 1,
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    reviews: d.array(signedTextDecoder, limits.reviewsListed)(value.reviews, `${$}.reviews`),
    stars: {
      count: d.integer(0)(stars.count, `${$}.stars.count`),
      by: d.array(d.parsed(parseAuthor), limits.starsListed)(stars.by, `${$}.stars.by`),
    },
    own: d.array(d.parsed(parseAuthor), 200)(value.own, `${$}.own`),
    reports: d.integer(0)(value.reports, `${$}.reports`),
    keysets: d.map(chain, limits.reviewsListed, parseAuthor)(value.keysets, `${$}.keysets`) as Map<
      Author,
      SignedText[]
    >,
  };
}

/** The bytes, deterministic. */
export function encodeCommunityFile(file: CommunityFile): string {
  const { v, name, reviews, stars, own, reports, keysets } = file;
  const { count, by } = stars;
  const chains = Object.fromEntries([...keysets].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ v, name, reviews, stars: { count, by }, own, reports, keysets: chains })}\n`;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseTrustsFile(bytes: Uint8Array | string, where = 'trusts file'): TrustsFile {
  const { value, $ } = open(bytes, where, limits.trustsBytes);
  return {
    v: 1,
    by: d.parsed(parseAuthor)(value.by, `${$}.by`),
    statements: d.array(signedTextDecoder, limits.trustsPerPerson)(value.statements, `${$}.statements`),
    keysets: chain(value.keysets, `${$}.keysets`),
  };
}

export function encodeTrustsFile({ v, by, statements, keysets }: TrustsFile): string {
  return `${JSON.stringify({ v, by, statements, keysets })}\n`;
}

/** `collections/all`: what people recommend (docs/spec/statements.md §12). */
export interface CollectionsFile {
  readonly v: 1;
  /** The newest of each collection that is not taken back. */
  readonly collections: readonly SignedText[];
  /** The chain of keysets of each who made one, from 1. */
  readonly keysets: ReadonlyMap<Author, readonly SignedText[]>;
}

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseCollectionsFile(
  bytes: Uint8Array | string,
  where = 'collections file',
): CollectionsFile {
  const { value, $ } = open(bytes, where, limits.collectionsBytes);
  const keysets = d.map(chain, limits.collectionsListed, parseAuthor)(value.keysets, `${$}.keysets`);
  return {
    v: 1,
    collections: d.array(signedTextDecoder, limits.collectionsListed)(value.collections, `${$}.collections`),
    keysets: keysets as Map<Author, SignedText[]>,
  };
}

export function encodeCollectionsFile({ v, collections, keysets }: CollectionsFile): string {
  const chains = Object.fromEntries([...keysets].sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ v, collections, keysets: chains })}\n`;
}

const chain = d.array(signedTextDecoder, limits.keysetChain);

function open(
  bytes: Uint8Array | string,
  where: string,
  maxBytes: number,
): { readonly value: JsonObject; readonly $: string } {
  const $ = `${where}: $`;
  const value = d.object(parseJson(bytes, { where, maxBytes }), $);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads files of schema 1`, {
      hint: 'Update mlld.',
    });
  return { value, $ };
}
