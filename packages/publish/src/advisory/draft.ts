/**
 * A draft of an advisory: what a person writes, in a file of their own (docs/spec/advisories.md §12). The registry, the number, the
 * time and the state come when it is said.
 */
import {
  type Advisory,
  advisoryContentMembers,
  decode as d,
  encodeAdvisory,
  parseAdvisory,
  parseJson,
  RegistryError,
} from '@mlld/format';

/** Members of an advisory that a draft holds. */
export type AdvisoryContent = Pick<Advisory, (typeof advisoryContentMembers)[number]>;

export interface AdvisoryDraft {
  /** Once it has been said. */
  readonly id?: string;
  /** When it was reported in private; only the role may say so. */
  readonly reportedAt?: string;
  readonly embargoUntil?: string;
  readonly content: AdvisoryContent;
}

const placeMembers = ['id', 'reportedAt', 'embargoUntil'] as const;

/** Reads a draft, strictly: a typing error must not be signed. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE */
export function parseDraft(text: Uint8Array | string, where = 'draft'): AdvisoryDraft {
  const value = d.object(parseJson(text, { where }), `${where}: $`);
  d.onlyMembers(value, [...advisoryContentMembers, ...placeMembers], `${where}: $`);
  // The parser of the statement is the only one that knows its shape.
  const filled = parseAdvisory(JSON.stringify({ ...placeholder, ...value }), { where });
  assertSaid(filled, where);
  return d.compact({
    id: value.id === undefined ? undefined : filled.id,
    reportedAt: value.reportedAt === undefined ? undefined : filled.reportedAt,
    embargoUntil: filled.embargoUntil,
    content: contentOf(filled),
  });
}

const placeholder = {
  type: 'advisory',
  v: 1,
  registry: 'registry.example.org',
  id: 'MLLD-2000-0001',
  n: 1,
  by: 'author',
  at: '2000-01-01T00:00:00Z',
  state: 'reported',
  reportedAt: '2000-01-01T00:00:00Z',
};

/** Members of an advisory as a draft holds them. */
export function contentOf(advisory: Advisory): AdvisoryContent {
  return Object.fromEntries(
    advisoryContentMembers.flatMap((name) =>
      advisory[name] === undefined || (name === 'workarounds' && advisory[name] === '')
        ? []
        : [[name, advisory[name]]],
    ),
  ) as unknown as AdvisoryContent;
}

function assertSaid({ title, summary, affected }: Advisory, where: string): void {
  const missing = [
    ...(title.trim() === '' ? ['$.title'] : []),
    ...(summary.trim() === '' ? ['$.summary'] : []),
    ...(affected.length === 0 ? ['$.affected'] : []),
    ...affected.flatMap(({ ranges, digests }, i) =>
      ranges.length + digests.length === 0 ? [`$.affected[${i}].ranges`] : [],
    ),
  ];
  if (missing.length === 0) return;
  throw new RegistryError('BAD_SHAPE', `${where}: ${missing.join(', ')}: wanted something, found nothing`, {
    hint: 'Say what is wrong, and with which versions of which module. docs/guides/advisories.md has an example.',
    data: { path: `${where}: ${missing[0]}` },
  });
}

/** A draft as a file, with every member that one may fill. */
export function encodeDraft({ id, reportedAt, embargoUntil, content }: AdvisoryDraft): string {
  const { workarounds = '', ...rest } = content;
  const ordered = { ...(id === undefined ? {} : { id }), ...rest, workarounds };
  const place = { reportedAt, embargoUntil };
  return `${JSON.stringify(d.compact({ ...ordered, ...place }), null, 2)}\n`;
}

/** The bytes of a statement, read back. @throws RegistryError TOO_LARGE, BAD_SHAPE */
export function encodeChecked(advisory: Advisory): string {
  const text = encodeAdvisory(advisory);
  parseAdvisory(text);
  return text;
}
