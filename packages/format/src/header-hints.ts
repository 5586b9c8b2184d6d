/**
 * What line 1 of an index file says about trust (docs/spec/index.md §2): hints for ranking, which nobody has to believe. A client
 * computes them anew from what people have signed.
 */
import * as d from './decode.ts';
import { parseSha256, type Sha256Hex } from './digest.ts';
import type { JsonObject } from './json.ts';
import { versionDecoder } from './statement.ts';

/** What the reviews of one digest count, in units of support (reputation.md §4). */
export interface Judged {
  readonly positive: number;
  readonly negative: number;
  /** Reviewers whose word counts. */
  readonly reviewers: number;
}

export interface JudgedVersion extends Judged {
  readonly version: string;
}

/** What people say about a module, weighed by the registry's own reviewers. Clients weigh it anew (reputation.md §6). */
export interface CommunityHint {
  /** Of the file of `layout.community`. */
  readonly sha256: Sha256Hex;
  /** Newest reviews of each reviewer and version, and people who like the module. */
  readonly reviews: number;
  readonly stars: number;
  /** Units of support of the people who like it. */
  readonly liked: number;
  /** Versions that have reviews which count. */
  readonly judged: readonly JudgedVersion[];
  /** Time of the newest of these statements. */
  readonly at: string;
}

/** How near a person is to the roots of trust; `distance` is absent for whom no root reaches. */
export interface Standing {
  readonly distance?: number;
  readonly banned: boolean;
}

/** The score of the version that `latest` names, at a time: a hint that ranks. Clients compute their own (score.md §5). */
export interface ScoreHint {
  readonly version: string;
  readonly value: number;
  /** There is too little to say: the value only ranks. */
  readonly insufficient: boolean;
  readonly at: string;
}

export const communityHint: d.Decoder<CommunityHint> = (value, path) => {
  const found = d.object(value, path);
  return {
    sha256: d.parsed(parseSha256)(found.sha256, `${path}.sha256`),
    reviews: d.integer(0)(found.reviews, `${path}.reviews`),
    stars: d.integer(0)(found.stars, `${path}.stars`),
    liked: d.integer(0)(found.liked, `${path}.liked`),
    judged: d.array(judged, 10_000)(found.judged ?? [], `${path}.judged`),
    at: d.instant(found.at, `${path}.at`),
  };
};

const judged: d.Decoder<JudgedVersion> = (value, path) => {
  const found = d.object(value, path);
  return {
    version: versionDecoder(found.version, `${path}.version`),
    positive: d.integer(0)(found.positive, `${path}.positive`),
    negative: d.integer(0)(found.negative, `${path}.negative`),
    reviewers: d.integer(0)(found.reviewers, `${path}.reviewers`),
  };
};

export const standing: d.Decoder<Standing> = (value, path) => {
  const found = d.object(value, path);
  return d.compact({
    distance: d.optional(d.integer(0, 100))(found.distance, `${path}.distance`),
    banned: d.boolean(found.banned ?? false, `${path}.banned`),
  });
};

export const scoreHint: d.Decoder<ScoreHint> = (value, path) => {
  const found = d.object(value, path);
  return {
    version: versionDecoder(found.version, `${path}.version`),
    value: d.integer(0, 100)(found.value, `${path}.value`),
    insufficient: d.boolean(found.insufficient ?? false, `${path}.insufficient`),
    at: d.instant(found.at, `${path}.at`),
  };
};

export function encodeCommunityHint({
  sha256,
  reviews,
  stars,
  liked,
  judged: by,
  at,
}: CommunityHint): JsonObject {
  const rows = by.map(({ version, positive, negative, reviewers }) => ({
    version,
    positive,
    negative,
    reviewers,
  }));
  return d.compact({
    sha256: sha256 as string,
    reviews,
    stars,
    liked,
    judged: rows.length > 0 ? rows : undefined,
    at,
  }) as JsonObject;
}

export function encodeScoreHint({ version, value, insufficient, at }: ScoreHint): JsonObject {
  return d.compact({ version, value, insufficient: insufficient || undefined, at }) as JsonObject;
}

export function encodeStanding({ distance, banned }: Standing): JsonObject {
  return d.compact({ distance, banned: banned || undefined }) as JsonObject;
}
