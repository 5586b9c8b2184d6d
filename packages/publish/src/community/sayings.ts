/** What people say of modules and of each other, ready to be signed (docs/spec/statements.md §11). */
import {
  type Author,
  type Collection,
  type CommunityStatement,
  encodeCommunity,
  layout,
  type ModuleName,
  parseCommunity,
  RegistryError,
  type Report,
  type Review,
  type Trust,
  type TrustLevel,
} from '@mlld/format';
import { cell } from '../registry/pull-request.ts';
import type { Saying, Speaker } from '../statement/types.ts';

type Base = 'type' | 'v' | 'registry' | 'n' | 'by' | 'at';

export type ReviewBody = Omit<Review, Base>;
export type TrustBody = Omit<Trust, Base>;
export type ReportBody = Omit<Report, Base>;

/** A review of one version; of what changed, if it has `from`. */
export function reviewSaying({ by, registry }: Speaker, body: ReviewBody): Saying {
  const { name, version, from, rating, thoroughness, understanding, criteria, text } = body;
  return saying(
    {
      file: (n) => layout.review(name, version, { by, n }),
      make: (said) => ({ type: 'review', v: 1, registry, by, ...said, ...body }),
    },
    {
      title: `Review ${name} ${version}`,
      rows: [
        ['Module', `${name} ${version}`],
        ['Digest', `sha256:${body.digest}`],
        ['What was read', from === undefined ? 'all of it' : `what changed since ${from.version}`],
        ['Rating', rating],
        ['Thoroughness', thoroughness],
        ['Understanding', understanding],
        ['Criteria', criteria.join(', ') || 'none'],
        ['Text', text],
      ],
    },
  );
}

/** @throws RegistryError USAGE for trust in oneself */
export function trustSaying({ by, registry }: Speaker, body: TrustBody): Saying {
  const { about, level, text } = body;
  if (about === by)
    throw new RegistryError('USAGE', `${by} can't say how far to trust ${by}`, {
      hint: 'Whom you name in "policy.reviewers.trusted" of your configuration is where trust begins: name yourself there.',
    });
  const verb: Readonly<Record<TrustLevel, string>> = {
    distrust: `Distrust ${about}`,
    none: `Say nothing of ${about}`,
    low: `Trust ${about} a little`,
    medium: `Trust ${about}`,
    high: `Trust ${about} fully`,
  };
  return saying(
    {
      file: (n) => layout.trust(by, about, n),
      make: (said) => ({ type: 'trust', v: 1, registry, by, ...said, ...body }),
    },
    {
      title: verb[level],
      rows: [['Reviewer', about], ['Level', level], ...(text === undefined ? [] : [['Why', text] as Row])],
      isDefault: level === 'none',
    },
  );
}

export function starSaying(
  { by, registry }: Speaker,
  { name, starred }: { readonly name: ModuleName; readonly starred: boolean },
): Saying {
  return saying(
    {
      file: (n) => layout.star(by, name, n),
      make: (said) => ({ type: 'star', v: 1, registry, by, ...said, name, starred }),
    },
    {
      title: `${starred ? 'Star' : 'Unstar'} ${name}`,
      rows: [['Module', name]],
      isDefault: !starred,
    },
  );
}

export function reportSaying({ by, registry }: Speaker, body: ReportBody): Saying {
  const { about, reason, text } = body;
  return saying(
    {
      file: (n) => layout.report(about, by, n),
      make: (said) => ({ type: 'report', v: 1, registry, by, ...said, ...body }),
    },
    {
      title: `Report ${about}: ${reason}`,
      rows: [
        ['About', about],
        ['Reason', reason],
        ['Text', text],
      ],
    },
  );
}

export type CollectionBody = Omit<Collection, Base>;

export function collectionSaying({ by, registry }: Speaker, body: CollectionBody): Saying {
  const { slug, title, about, modules } = body;
  return saying(
    {
      file: (n) => layout.collection(by, slug, n),
      make: (said) => ({ type: 'collection', v: 1, registry, by, ...said, ...body }),
    },
    {
      title: `${modules.length === 0 ? 'Take back the collection' : 'Collection'} ${by}/${slug}: ${title}`,
      rows: [['Title', title], ['About', about], ...modules.map(({ name, reason }): Row => [name, reason])],
      isDefault: modules.length === 0,
    },
  );
}

type Row = [title: string, text: string];

interface Making {
  readonly file: Saying['file'];
  readonly make: (said: {
    readonly n: number;
    readonly at: string;
  }) => CommunityStatement & { readonly by: Author };
}

interface Shown {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly isDefault?: boolean;
}

function saying({ file, make }: Making, { title, rows, isDefault = false }: Shown): Saying {
  return {
    type: make({ n: 1, at: new Date(0).toISOString() }).type,
    file,
    encode(said) {
      const text = encodeCommunity(make(said));
      parseCommunity(text, { where: file(said.n) });
      return text;
    },
    title,
    body: [
      '| | |',
      '|---|---|',
      ...rows.map(([head, text]) => `| ${head} | ${cell(text)} |`),
      '',
      'Made by `mlld`; signed by who says it.',
      '',
    ].join('\n'),
    describe: rows.map(([head, text]) => `${head.padEnd(16)}${text}`),
    isDefault,
  };
}
