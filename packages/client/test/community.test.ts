/** What people say, read from a host that nobody has to believe (docs/spec/reputation.md §5–§7). */
import {
  type Author,
  type CommunityStatement,
  encodeCommunity,
  encodeCommunityFile,
  encodeIndex,
  encodeTrustsFile,
  layout,
  type ModuleName,
  parseIndex,
  type SignedText,
  signatureNamespace,
  type TrustLevel,
} from '@mlld/format';
import { describe, expect, it } from 'vitest';
import { project } from './fixture/project.ts';
import { type Distribution, distribution, keysetText, serve, sha256 } from './fixture/registry.ts';
import { type AuthorKey, armour, makeKey } from './fixture/sign.ts';

const name = '@alice/a' as ModuleName;
const keys = new Map<string, AuthorKey>();
const keyOf = (who: string) => keys.get(who) ?? keys.set(who, makeKey()).get(who)!;

function chainOf(registry: string, who: string): SignedText[] {
  const key = keyOf(who);
  return [keysetText({ registry, author: who, n: 1, keys: [key], signer: key })];
}

function signed(said: object, by: string): SignedText {
  const statement = encodeCommunity(said as CommunityStatement);
  const namespace = signatureNamespace((said as CommunityStatement).type);
  return { statement, signatures: [armour(statement, namespace, keyOf(by))] };
}

const base = { v: 1, registry: 'registry.test', n: 1, at: '2026-03-01T00:00:00Z' };

/** Whom somebody trusts: about → level, by number `n`. */
function addTrusts({ files }: Distribution, by: string, about: Readonly<Record<string, TrustLevel>>, n = 1) {
  const statements = Object.entries(about).map(([who, level]) =>
    signed({ ...base, type: 'trust', n, by, about: who, level }, by),
  );
  const file = encodeTrustsFile({
    v: 1,
    by: by as Author,
    statements,
    keysets: chainOf('registry.test', by),
  });
  files.set(layout.trusts(by as Author), Buffer.from(file));
}

function addReviews({ files, lines }: Distribution, by: Readonly<Record<string, string>>, signer?: string) {
  const { digest, version } = lines.get('@alice/a@1.0.0')!;
  const rest = { thoroughness: 'high', understanding: 'high', criteria: [], text: '' };
  const reviews = Object.entries(by).map(([who, rating]) =>
    signed({ ...base, type: 'review', by: who, name, version, digest, rating, ...rest }, signer ?? who),
  );
  const chains = Object.keys(by).map((who) => [who as Author, chainOf('registry.test', who)] as const);
  const stars = { count: 1, by: ['bob' as Author] };
  const text = encodeCommunityFile({
    v: 1,
    name,
    reviews,
    stars,
    own: [],
    reports: 0,
    keysets: new Map(chains),
  });
  files.set(layout.community(name), Buffer.from(text));
  const index = parseIndex(files.get(layout.index(name))!);
  const community = {
    sha256: sha256(text),
    reviews: reviews.length,
    stars: 1,
    liked: 0,
    judged: [],
    at: base.at,
  };
  files.set(
    layout.index(name),
    Buffer.from(encodeIndex({ ...index, header: { ...index.header, community } })),
  );
}

async function world(trusted: readonly string[] = ['root']) {
  const made = distribution([{ ref: '@alice/a@1.0.0' }]);
  addTrusts(made, 'root', { bob: 'high' });
  addReviews(made, { bob: 'positive', mallory: 'strong' });
  const served = await serve(made.files);
  const my = project({ registry: served.base });
  my.config({ policy: { reviewers: { trusted } } });
  return { made, served, my, opinion: () => my.client().opinion('@alice/a') };
}

describe('what people say of a module', () => {
  it('counts by the user’s own roots, and nobody else’s', async () => {
    const { opinion, my, served } = await world();
    expect(await opinion()).toMatchObject({
      evidence: 4,
      judged: { positive: 64, negative: 0, reviewers: 1 },
      roots: { from: 'you', people: ['root'] },
      reviews: [
        { by: 'bob', weight: 64 },
        { by: 'mallory', weight: 0 },
      ],
    });
    my.config({});
    expect(await opinion()).toMatchObject({
      evidence: 2,
      roots: { from: 'nobody' },
      judged: { positive: 0 },
    });
    expect(served.log.filter((file) => file.startsWith('community/people/'))).toEqual([
      'community/people/root',
      'community/people/bob',
    ]);
  });

  it('is not believed with another hash than the index names, and then there is no score', async () => {
    const { made, opinion } = await world();
    made.files.set(layout.community(name), Buffer.from(`${made.files.get(layout.community(name))} `));
    const found = await opinion();
    expect(found).toMatchObject({ evidence: 2, reviews: [] });
    expect(found.missing).toContain('wanted sha256');
    expect(found.score.insufficient).toContain('not all');
  });

  it('is left out where its speaker has not signed it', async () => {
    const { made, opinion, my } = await world();
    addReviews(made, { bob: 'positive' }, 'mallory');
    expect(await opinion()).toMatchObject({ evidence: 2, reviews: [] });
    expect(my.warnings.join()).toContain('bob did not sign');
  });

  it('is read offline from what was seen', async () => {
    const { opinion, my } = await world();
    const online = await opinion();
    await my.client().add(['@alice/a@1.0.0']);
    const offline = await my.client({ offline: true }).opinion('@alice/a');
    expect({ ...offline, at: '', score: 0 }).toEqual({ ...online, at: '', score: 0 });
  });

  it('opens a gate of evidence 4, and only then', async () => {
    const { my } = await world();
    my.config({ policy: { evidence: 4, reviewers: { trusted: ['carol'] } } });
    await expect(my.client().add(['@alice/a@1.0.0'])).rejects.toMatchObject({ code: 'EVIDENCE_TOO_LOW' });
    my.config({ policy: { evidence: 4, reviewers: { trusted: ['root'] } } });
    const { modules } = await my.client().add(['@alice/a@1.0.0']);
    expect(modules[0]?.entry.evidence).toBe(4);
  });
});

describe('whom people trust', () => {
  it('an older word shown later undoes nothing', async () => {
    const { made, opinion } = await world();
    addTrusts(made, 'root', { bob: 'distrust' }, 2);
    expect(await opinion()).toMatchObject({ evidence: 2, judged: { positive: 0 } });
    addTrusts(made, 'root', { bob: 'high' }, 1);
    expect(await opinion()).toMatchObject({ evidence: 2, judged: { positive: 0 } });
    addTrusts(made, 'root', { bob: 'medium' }, 3);
    expect(await opinion()).toMatchObject({ evidence: 4, judged: { positive: 32 } });
  });

  it('nobody’s file stands for another’s; without it there is no score', async () => {
    const { made, opinion } = await world();
    addTrusts(made, 'mallory', { mallory2: 'high', bob: 'high' });
    made.files.set(layout.trusts('root' as Author), made.files.get(layout.trusts('mallory' as Author))!);
    const found = await opinion();
    expect(found).toMatchObject({ evidence: 2, judged: { positive: 0 } });
    expect(found.missing).toContain('wanted whom root trusts');
  });

  it('who can’t be asked has not said nothing', async () => {
    const { served, opinion } = await world();
    served.handler = (request, response) => {
      if (!request.url?.startsWith('/community/people/')) return undefined;
      response.writeHead(500).end();
      return true;
    };
    const found = await opinion();
    expect(found.missing).toBeDefined();
    expect(found.score.insufficient).toBeDefined();
  });

  it('a flood behind one friend is not asked through', async () => {
    const { made, served, opinion } = await world();
    addTrusts(made, 'bob', Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`sybil${i}`, 'high'])));
    await opinion();
    const asked = served.log.filter((file) => file.startsWith('community/people/'));
    expect(asked).toHaveLength(2 + 128);
  });
});
