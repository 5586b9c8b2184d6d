/** Statements that people make, signed, for registries of tests. */
import { type CommunityStatement, encodeCommunity, layout, signatureNamespace } from '@mlld/format';
import { statementPath } from '../src/repository/statement-path.ts';
import { type Files, minute, readStatementDigest, registryName, signer } from './registry.ts';

/** What is said, beside what every statement says alike. */
export interface Saying {
  readonly type: CommunityStatement['type'];
  readonly by: string;
  readonly [member: string]: unknown;
}

/** The files of one statement; `keys` sign it, by default the speaker's. */
export function say(body: Saying, keys: readonly string[] = [body.by]): Files {
  const said = {
    v: 1,
    registry: registryName,
    n: 1,
    at: minute(30),
    ...body,
  } as unknown as CommunityStatement;
  const text = encodeCommunity(said);
  const file = statementPath(Buffer.from(text)) ?? '';
  const namespace = signatureNamespace(said.type);
  return new Map([
    [file, text],
    [layout.signature(file), keys.map((key) => signer(key).sign(text, namespace)).join('')],
  ]);
}

export interface Reviewed {
  readonly by: string;
  readonly name: string;
  readonly version: string;
  readonly [member: string]: unknown;
}

/** A review of a release of `files`, good unless it is said otherwise. */
export function review(files: Files, { by, name, version, ...change }: Reviewed): Files {
  const digest = readStatementDigest(files, name, version);
  return say({
    type: 'review',
    by,
    name,
    version,
    digest,
    rating: 'positive',
    thoroughness: 'high',
    understanding: 'high',
    criteria: ['safe-to-run', 'does-what-it-says'],
    text: `What ${by} thinks of ${name} ${version}.`,
    ...change,
  });
}

export const star = (by: string, name: string, change: object = {}) =>
  say({ type: 'star', by, name, starred: true, ...change });
export const trust = (by: string, about: string, level = 'high', change: object = {}) =>
  say({ type: 'trust', by, about, level, ...change });
