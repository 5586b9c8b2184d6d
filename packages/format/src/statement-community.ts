/**
 * What people say about modules and about each other (docs/spec/statements.md §11): `review`, `trust`, `star`, `report`,
 * `transfer`. Each names who says it in `by`, whose keyset signs it, and a number `n` that counts up within its folder: a
 * later one replaces an earlier one, and an old one can't be put in again.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import type { JsonObject } from './json.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName, parseRegistryName } from './name.ts';
import { openStatement, type ParseOptions, versionDecoder } from './statement.ts';

interface Said {
  readonly v: 1;
  readonly registry: string;
  /** 1, 2, 3, … within its folder. */
  readonly n: number;
  readonly by: Author;
  readonly at: string;
}

export const ratings = ['dangerous', 'negative', 'neutral', 'positive', 'strong'] as const;
export const depths = ['none', 'low', 'medium', 'high'] as const;
export const reviewCriteria = [
  'safe-to-run',
  'does-what-it-says',
  'well-documented',
  'well-tested',
  'minimal-needs',
  'safe-for-llm',
] as const;

/** `review`: about one digest, or about what changed from one digest to the next. */
export interface Review extends Said {
  readonly type: 'review';
  readonly name: ModuleName;
  readonly version: string;
  readonly digest: Sha256Hex;
  /** A delta review: only what changed since this version was read. */
  readonly from?: { readonly version: string; readonly digest: Sha256Hex };
  readonly rating: (typeof ratings)[number];
  readonly thoroughness: (typeof depths)[number];
  readonly understanding: (typeof depths)[number];
  readonly criteria: readonly (typeof reviewCriteria)[number][];
  readonly text: string;
}

export const trustLevels = ['distrust', 'none', 'low', 'medium', 'high'] as const;
export type TrustLevel = (typeof trustLevels)[number];

/** `trust`: how much `by` believes the reviews of `about`. */
export interface Trust extends Said {
  readonly type: 'trust';
  readonly about: Author;
  readonly level: TrustLevel;
  readonly text?: string;
}

/** `star`: `by` likes this module, or no longer does. */
export interface Star extends Said {
  readonly type: 'star';
  readonly name: ModuleName;
  readonly starred: boolean;
}

/** `report`: something is wrong with a module or an author. */
export interface Report extends Said {
  readonly type: 'report';
  /** `@author/name`, or `@author`. */
  readonly about: string;
  readonly reason: (typeof reportReasons)[number];
  readonly text: string;
}

export const reportReasons = [
  'malware',
  'vulnerability',
  'spam',
  'squatting',
  'licence',
  'conduct',
  'other',
] as const;

/** `transfer`: `by`, an owner, gives a module to another author; both sign. */
export interface Transfer extends Said {
  readonly type: 'transfer';
  readonly name: ModuleName;
  readonly to: Author;
}

/** `collection`: modules that `by` recommends for something, each with the reason. One without modules is taken back. */
export interface Collection extends Said {
  readonly type: 'collection';
  /** Names it among the collections of `by`: letters a-z, digits, single hyphens. */
  readonly slug: string;
  readonly title: string;
  readonly about: string;
  readonly modules: readonly CollectedModule[];
}

export interface CollectedModule {
  readonly name: ModuleName;
  readonly reason: string;
}

export type CommunityStatement = Review | Trust | Star | Report | Transfer | Collection;
export const communityTypes = ['review', 'trust', 'star', 'report', 'transfer', 'collection'] as const;

/** Parses the bytes of one. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseCommunity(
  bytes: Uint8Array | string,
  { where = 'statement' }: ParseOptions = {},
): CommunityStatement {
  const { value, type, $ } = openStatement(bytes, communityTypes, where);
  const said: Said = {
    v: 1,
    registry: d.parsed(parseRegistryName)(value.registry, `${$}.registry`),
    n: d.integer(1, limits.changesPerModule)(value.n, `${$}.n`),
    by: d.parsed(parseAuthor)(value.by, `${$}.by`),
    at: d.instant(value.at, `${$}.at`),
  };
  d.onlyMembers(value, ['type', ...Object.keys(said), ...ownMembers[type]], $);
  return bodies[type](value, { said, $ });
}

/** The bytes of one as this project writes them. */
export function encodeCommunity(statement: CommunityStatement): string {
  return `${JSON.stringify(statement, null, 2)}\n`;
}

const ownMembers: Readonly<Record<(typeof communityTypes)[number], readonly string[]>> = {
  review: [
    'name',
    'version',
    'digest',
    'from',
    'rating',
    'thoroughness',
    'understanding',
    'criteria',
    'text',
  ],
  trust: ['about', 'level', 'text'],
  star: ['name', 'starred'],
  report: ['about', 'reason', 'text'],
  transfer: ['name', 'to'],
  collection: ['slug', 'title', 'about', 'modules'],
};

interface BodyContext {
  readonly said: Said;
  readonly $: string;
}

const bodies: Readonly<
  Record<(typeof communityTypes)[number], (value: JsonObject, context: BodyContext) => CommunityStatement>
> = {
  review: (value, { said, $ }) =>
    d.compact({
      type: 'review' as const,
      ...said,
      name: d.parsed(parseModuleName)(value.name, `${$}.name`),
      version: versionDecoder(value.version, `${$}.version`),
      digest: d.parsed(parseSha256)(value.digest, `${$}.digest`),
      from: d.optional(reviewedBefore)(value.from, `${$}.from`),
      rating: d.literal(...ratings)(value.rating, `${$}.rating`),
      thoroughness: d.literal(...depths)(value.thoroughness, `${$}.thoroughness`),
      understanding: d.literal(...depths)(value.understanding, `${$}.understanding`),
      criteria: d.array(d.literal(...reviewCriteria), reviewCriteria.length)(value.criteria, `${$}.criteria`),
      text: d.text(limits.reviewChars)(value.text, `${$}.text`),
    }),
  trust: (value, { said, $ }) =>
    d.compact({
      type: 'trust' as const,
      ...said,
      about: d.parsed(parseAuthor)(value.about, `${$}.about`),
      level: d.literal(...trustLevels)(value.level, `${$}.level`),
      text: d.optional(d.text(limits.reviewChars))(value.text, `${$}.text`),
    }),
  star: (value, { said, $ }) => ({
    type: 'star',
    ...said,
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    starred: d.boolean(value.starred, `${$}.starred`),
  }),
  report: (value, { said, $ }) => ({
    type: 'report',
    ...said,
    about: d.parsed(parseSubject)(value.about, `${$}.about`),
    reason: d.literal(...reportReasons)(value.reason, `${$}.reason`),
    text: d.text(limits.reviewChars)(value.text, `${$}.text`),
  }),
  transfer: (value, { said, $ }) => ({
    type: 'transfer',
    ...said,
    name: d.parsed(parseModuleName)(value.name, `${$}.name`),
    to: d.parsed(parseAuthor)(value.to, `${$}.to`),
  }),
  collection: (value, { said, $ }) => {
    const modules = d.array(collected, limits.modulesPerCollection)(value.modules, `${$}.modules`);
    if (new Set(modules.map(({ name }) => name)).size < modules.length)
      throw d.badShape(`${$}.modules`, 'each module once', modules.length);
    return {
      type: 'collection',
      ...said,
      slug: d.parsed(parseSlug)(value.slug, `${$}.slug`),
      title: line(100)(value.title, `${$}.title`),
      about: line(limits.aboutChars)(value.about, `${$}.about`),
      modules,
    };
  },
};

/** A text in one line that says something. */
function line(max: number): d.Decoder<string> {
  return (value, path) => {
    const found = d.text(max)(value, path);
    if (found.trim() === '' || found.includes('\n')) throw d.badShape(path, 'one line of text', found);
    return found;
  };
}

const collected: d.Decoder<CollectedModule> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['name', 'reason'], path);
  return {
    name: d.parsed(parseModuleName)(found.name, `${path}.name`),
    reason: line(500)(found.reason, `${path}.reason`),
  };
};

/** @throws RegistryError BAD_NAME */
export function parseSlug(text: string): string {
  return parseModuleName(`@a/${text}`).slice('@a/'.length);
}

const reviewedBefore: d.Decoder<{ version: string; digest: Sha256Hex }> = (value, path) => {
  const found = d.object(value, path);
  d.onlyMembers(found, ['version', 'digest'], path);
  return {
    version: versionDecoder(found.version, `${path}.version`),
    digest: d.parsed(parseSha256)(found.digest, `${path}.digest`),
  };
};

/** `@author/name`, or `@author`. */
function parseSubject(text: string): string {
  if (text.includes('/')) return parseModuleName(text);
  return `@${parseAuthor(text.replace(/^@/, ''))}`;
}
