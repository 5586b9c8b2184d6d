/** What people say about advisories, as statements that are ready to be signed and sent (docs/spec/advisories.md §12). */
import { type OpenAdvisories, openAdvisories } from '@mlld/builder';
import {
  type Advisory,
  type AdvisoryState,
  type AdvisoryVote,
  type Author,
  advisoryMembers,
  encodeAdvisory,
  layout,
  parseAdvisoryId,
  parseAdvisoryVote,
  printable,
  RegistryError,
  type Role,
} from '@mlld/format';
import { type PublicKey, parsePublicKey } from '@mlld/trust';
import type { RegistryTarget } from '../registry/target.ts';
import { readingTree } from '../registry/tree.ts';
import type { Saying, Speaker } from '../statement/types.ts';
import { type AdvisoryDraft, encodeChecked } from './draft.ts';

/** What is to be said. */
export type AdvisoryWord =
  /** A new one, or the draft's own again with other contents. As the role: with a state of its choice. */
  | { readonly kind: 'submit'; readonly draft: AdvisoryDraft; readonly state?: AdvisoryState | undefined }
  | { readonly kind: 'withdraw'; readonly id: string; readonly why: string }
  | { readonly kind: 'answer'; readonly id: string; readonly text: string }
  | {
      readonly kind: 'vote';
      readonly id: string;
      readonly vote: AdvisoryVote['vote'];
      readonly text: string;
    };

export interface SaidWord {
  readonly id: string;
  readonly saying: Saying;
  /** The role that has to sign it; undefined for what anybody says. */
  readonly role?: Role | undefined;
}

/** What the registry holds about it. */
export interface Standing {
  readonly current: Advisory | undefined;
  readonly official: boolean;
  readonly nextId: string;
  readonly role: Role | undefined;
}

/** @throws RegistryError BAD_SHAPE, FILE_NOT_FOUND, GITHUB_*, POLICY_BROKEN */
export async function standingOf(
  target: RegistryTarget,
  { id, now }: { readonly id: string | undefined; readonly now: Date },
): Promise<Standing> {
  const at = now.toISOString();
  return readingTree(target, (tree) => {
    const known: OpenAdvisories = openAdvisories(tree, target.info);
    const read = id === undefined ? undefined : known.read(parseAdvisoryId(id));
    return {
      current: read?.status?.advisory,
      official: read?.status?.official ?? false,
      nextId: known.nextId(at),
      role: known.role(at),
    };
  });
}

/** @throws RegistryError USAGE, FILE_NOT_FOUND, TOO_LARGE, BAD_SHAPE */
export function sayWord(word: AdvisoryWord, speaker: Speaker, standing: Standing): SaidWord {
  if (word.kind === 'vote') return { id: word.id, saying: voteSaying(word, speaker, standing) };
  const { current, official } = standing;
  if (word.kind === 'submit') return submitWord(word, speaker, standing);
  if (current === undefined) throw notThere(word.id);
  if (word.kind === 'answer') {
    const saying = revision(speaker, current, { response: word.text });
    return { id: word.id, saying: { ...saying, title: `${speaker.by} answers ${word.id}` } };
  }
  const details = [current.details, `Withdrawn: ${word.why}`].filter((one) => one !== '').join('\n\n');
  const saying = revision(speaker, current, { state: 'withdrawn', details });
  return { id: word.id, saying, ...(official ? { role: standing.role } : {}) };
}

function submitWord(
  { draft, state }: Extract<AdvisoryWord, { kind: 'submit' }>,
  speaker: Speaker,
  { current, official, nextId, role }: Standing,
): SaidWord {
  const wanted = state ?? current?.state ?? 'reported';
  const byRole = official || wanted === 'reviewing' || wanted === 'published';
  const { id = nextId, content, embargoUntil } = draft;
  if (byRole && role === undefined) {
    throw new RegistryError('USAGE', `${wanted}: this registry has no policy, and so no advisories role`, {
      hint: 'In a registry without a policy advisories are reports. mlld registry policy init makes one.',
    });
  }
  // Without a draft's own id, what is there belongs to another one.
  const before = draft.id === undefined ? undefined : current;
  const said = { ...content, embargoUntil, state: wanted };
  const saying =
    before === undefined
      ? revision(speaker, undefined, { ...said, id, reportedAt: byRole ? draft.reportedAt : undefined })
      : revision(speaker, before, said);
  return { id, saying, ...(byRole ? { role } : {}) };
}

function notThere(id: string): RegistryError {
  return new RegistryError('FILE_NOT_FOUND', `there is no advisory ${printable(id)} in this registry`, {
    hint: 'mlld advisory list --all shows those that there are.',
  });
}

type Change = { readonly [K in keyof Advisory]?: Advisory[K] | undefined };

/** The next revision: what was said before with a change, and with the times that follow from its own. */
function revision({ by, registry }: Speaker, before: Advisory | undefined, change: Change): Saying {
  const id = before?.id ?? change.id!;
  const made = (n: number, at: string): Advisory => {
    const { response: _response, ...kept } = before ?? ({} as Partial<Advisory>);
    const isAnswer = change.response !== undefined;
    const said = {
      ...kept,
      ...change,
      ...(isAnswer || before?.response === undefined ? {} : { response: before.response }),
    };
    const { state } = said;
    return ordered({
      ...(said as Advisory),
      registry,
      id,
      n,
      by,
      at,
      reportedAt: before?.reportedAt ?? change.reportedAt ?? at,
      publishedAt: before?.publishedAt ?? (state === 'published' ? at : undefined),
      withdrawnAt: before?.withdrawnAt ?? (state === 'withdrawn' ? at : undefined),
    });
  };
  const example = made(1, '2000-01-01T00:00:00.000Z');
  return {
    type: 'advisory',
    file: (n) => layout.advisory(id, n),
    encode: ({ n, at }) => encodeChecked(made(n, at)),
    title: `${id} (${example.state}): ${example.title}`,
    body: `${example.summary}\n\nMade by \`mlld advisory\`.\n`,
    describe: describe(example, by),
  };
}

/** Members in one order, whatever they were put together from: the same words give the same bytes. */
function ordered(said: { readonly [K in keyof Advisory]?: Advisory[K] | undefined }): Advisory {
  const all = { ...said, type: 'advisory', v: 1 } as const;
  const members = advisoryMembers.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]]));
  return Object.fromEntries(members) as Advisory;
}

function describe(advisory: Advisory, by: Author): string[] {
  const { id, state, severity, malware, title, affected, patches } = advisory;
  return [
    `${id}, ${state}, said by ${by}: ${printable(title)}`,
    malware ? 'It is called malware.' : `Severity: ${severity}`,
    ...affected.map(({ name, ranges, digests, exports }) => {
      const only = exports.length === 0 ? '' : `, only its exports ${exports.join(', ')}`;
      return `Affected: ${name} ${[...ranges, ...digests.map((one) => one.slice(0, 12))].join(' || ')}${only}`;
    }),
    ...patches.map(({ name, version }) => `Patched: ${name}@${version}`),
  ];
}

function voteSaying(
  { id, vote, text }: Extract<AdvisoryWord, { kind: 'vote' }>,
  { by, registry }: Speaker,
  { current }: Standing,
): Saying {
  if (current === undefined) throw notThere(id);
  return {
    type: 'advisory-vote',
    file: (n) => layout.advisoryVote(id, by, n),
    encode: ({ n, at }) => {
      const said = encodeAdvisory({ type: 'advisory-vote', v: 1, registry, id, n, by, at, vote, text });
      parseAdvisoryVote(said);
      return said;
    },
    title: `${by} ${vote}s ${id}`,
    body: `${text}\n\nMade by \`mlld advisory ${vote}\`.\n`,
    describe: [`${by} ${vote}s ${id}: ${printable(current.title)}`, printable(text, 500)],
  };
}

export function keysOfRole(role: Role | undefined): readonly PublicKey[] {
  return (role?.keys ?? []).map((key) => parsePublicKey(key));
}
