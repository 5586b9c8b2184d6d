/** docs/spec/advisories.md §12: what people say about advisories, with real keys, into a real registry. */
import { readFile } from 'node:fs/promises';
import { check } from '@mlld/builder';
import {
  encodePolicy,
  isRegistryError,
  layout,
  type ModuleName,
  type Policy,
  parseAdvisory,
  signatureNamespace,
} from '@mlld/format';
import { gitRepo, throwawayKey } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import {
  type AdvisoryDraft,
  type AdvisoryOptions,
  type AdvisoryWord,
  encodeDraft,
  findKeys,
  parseDraft,
  sayAboutAdvisory,
  sign,
  signAdvisory,
  unattended,
} from '../src/index.ts';
import { type Desk, desk, REGISTRY, REGISTRY_JSON, under } from './support.ts';

const draft: AdvisoryDraft = {
  content: {
    malware: false,
    severity: 'high',
    title: 'Names run commands',
    summary: 'A name with a backtick runs what stands behind it.',
    details: '',
    cwe: [],
    aliases: [],
    affected: [{ name: '@bob/strings' as ModuleName, ranges: ['<1.2.0'], digests: [], exports: [] }],
    patches: [],
    references: [],
    credits: [],
  },
};
const id = 'MLLD-2026-0001';
const at = (hours: number) => new Date(Date.UTC(2026, 2, 1, hours));

/** A registry whose role has keys of its own, and people who speak in it. */
async function open(d: Desk, { threshold = 1 } = {}) {
  const home = { cwd: d.home.path, env: d.env, home: d.home.path };
  const keys = new Map<string, Awaited<ReturnType<typeof throwawayKey>>>();
  for (const name of ['root', 'guard', 'watch', 'bob', 'carol'])
    keys.set(name, await throwawayKey({ dir: d.home.path, name }));
  const keyOf = (name: string) => keys.get(name)!;
  const policy: Policy = {
    type: 'policy',
    v: 1,
    registry: REGISTRY,
    n: 1,
    roles: new Map([
      ['root', { keys: [keyOf('root').publicKey.trim()], threshold: 1 }],
      ['advisories', { keys: ['guard', 'watch'].map((one) => keyOf(one).publicKey.trim()), threshold }],
    ]),
    log: {
      origin: `${REGISTRY}/log`,
      keys: [`${REGISTRY}/log+00000000+${Buffer.alloc(33, 1).toString('base64')}`],
    },
    witnesses: [],
    quorum: 0,
    reserved: [],
    recoveryDelayHours: 168,
    createdAt: at(-1).toISOString(),
  };
  const text = encodePolicy(policy);
  const [root] = await findKeys({ wanted: keyOf('root').file, ...home });
  const namespace = signatureNamespace('policy');
  const repo = await gitRepo(d.home.join('registry'), {
    'registry.json': REGISTRY_JSON,
    'policy/1.json': text,
    'policy/1.json.sig': await sign(text, { namespace, key: root!, env: d.env }),
  });
  const options = (who: string, hours: number, more: Partial<AdvisoryOptions> = {}): AdvisoryOptions => ({
    ...home,
    ui: unattended((line) => d.notes.push(line)),
    registry: repo.dir,
    author: who,
    signWith: [keyOf(who).file],
    yes: true,
    now: at(hours),
    ...more,
  });
  const say = (who: string, hours: number, word: AdvisoryWord, more?: Partial<AdvisoryOptions>) =>
    sayAboutAdvisory(options(who, hours, more), word);
  const read = async (n: number) => parseAdvisory(await readFile(under(repo.dir, layout.advisory(id, n))));
  return { repo, say, read, options };
}

const codeOf = (error: unknown) => (isRegistryError(error) ? error.code : error);

describe('straight into a registry', () => {
  test('report, vote, review, answer, publication, withdrawal: each follows from what is there', {
    timeout: 120_000,
  }, async () => {
    const { say, read, repo } = await open(await desk({ signedIn: false }));
    expect(await say('bob', 0, { kind: 'submit', draft })).toMatchObject({
      status: 'committed',
      id,
      n: 1,
      by: 'bob',
      firstKeyset: true,
    });
    const own = { ...draft, id };
    expect(await say('bob', 1, { kind: 'submit', draft: own })).toMatchObject({ status: 'unchanged', n: 1 });
    await say('carol', 2, { kind: 'vote', id, vote: 'confirm', text: 'I have tried it.' });
    await say('guard', 3, { kind: 'submit', draft: own, state: 'reviewing' });
    await say('bob', 4, { kind: 'answer', id, text: 'Use 1.2.0.' });
    expect(await say('guard', 72, { kind: 'submit', draft: own, state: 'published' })).toMatchObject({
      status: 'committed',
      n: 4,
      signaturesWanted: 1,
    });
    expect(await read(4)).toMatchObject({
      state: 'published',
      reportedAt: at(0).toISOString(),
      publishedAt: at(72).toISOString(),
      response: 'Use 1.2.0.',
    });
    await say('guard', 80, { kind: 'withdraw', id, why: 'It needs a flag that nobody sets.' });
    expect(await read(5)).toMatchObject({
      state: 'withdrawn',
      publishedAt: at(72).toISOString(),
      withdrawnAt: at(80).toISOString(),
      details: 'Withdrawn: It needs a flag that nobody sets.',
    });
    const left = check(repo.dir).findings.filter(({ file }) => file.startsWith('advisories/'));
    expect(left.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  test('what is not theirs to say is not sent', { timeout: 120_000 }, async () => {
    const d = await desk({ signedIn: false });
    const { say, repo } = await open(d);
    await say('bob', 0, { kind: 'submit', draft });
    const before = await repo.git('rev-parse', 'HEAD');
    const own = { ...draft, id };
    const refused = async (who: string, hours: number, word: AdvisoryWord) =>
      codeOf(await say(who, hours, word).catch((error: unknown) => error));
    expect(await refused('bob', 1, { kind: 'submit', draft: own, state: 'published' })).toBe('UNKNOWN_KEY');
    expect(await refused('guard', 1, { kind: 'submit', draft: own, state: 'published' })).toBe(
      'CHECK_FAILED',
    );
    expect(await refused('carol', 1, { kind: 'withdraw', id, why: 'no' })).toBe('CHECK_FAILED');
    expect(await refused('carol', 1, { kind: 'answer', id, text: 'It is fine.' })).toBe('CHECK_FAILED');
    expect(
      await refused('carol', 1, { kind: 'vote', id: 'MLLD-2026-0009', vote: 'dispute', text: '-' }),
    ).toBe('FILE_NOT_FOUND');
    expect(await repo.git('rev-parse', 'HEAD')).toBe(before);
  });

  test('a role of two keys: the second holder signs, and it is sent', { timeout: 60_000 }, async () => {
    const d = await desk({ signedIn: false });
    const { say, read, options } = await open(d, { threshold: 2 });
    await say('bob', 0, { kind: 'submit', draft });
    const malware = { ...draft, id, content: { ...draft.content, malware: true } };
    const begun = await say('guard', 1, { kind: 'submit', draft: malware, state: 'published' });
    expect(begun).toMatchObject({ status: 'incomplete', n: 2, signaturesWanted: 2 });
    expect(begun.signedBy).toHaveLength(1);
    const file = begun.file!;
    const stranger = await signAdvisory({ ...options('carol', 2), file }).catch((error: unknown) => error);
    expect(codeOf(stranger)).toBe('UNKNOWN_KEY');
    const sent = await signAdvisory({ ...options('watch', 2), file });
    expect(sent).toMatchObject({ status: 'committed', n: 2, id });
    expect(sent.signedBy).toHaveLength(2);
    expect(await read(2)).toMatchObject({ state: 'published', malware: true });
  });

  test('a dry run shows the statement and changes nothing', async () => {
    const { say, repo } = await open(await desk({ signedIn: false }));
    const before = await repo.git('rev-parse', 'HEAD');
    const shown = await say('bob', 0, { kind: 'submit', draft }, { dryRun: true });
    expect(shown.status).toBe('dry-run');
    expect(parseAdvisory(shown.statement!)).toMatchObject({ id, state: 'reported', by: 'bob' });
    expect(await repo.git('rev-parse', 'HEAD')).toBe(before);
  });
});

describe('a draft', () => {
  test('is read back as it was written', () => {
    expect(parseDraft(encodeDraft(draft))).toEqual(draft);
    const placed = { ...draft, id, embargoUntil: '2026-03-09T00:00:00Z', reportedAt: '2026-03-01T00:00:00Z' };
    expect(parseDraft(encodeDraft(placed))).toEqual(placed);
  });

  const text = (change: object) => JSON.stringify({ ...JSON.parse(encodeDraft(draft)), ...change });
  test.each([
    ['no title', { title: ' ' }],
    ['no module', { affected: [] }],
    ['no version', { affected: [{ name: '@bob/strings', ranges: [], digests: [], exports: [] }] }],
    ['a prefix of a digest', { affected: [{ name: '@bob/strings', ranges: [], digests: ['abcd1234'] }] }],
    ['no range', { affected: [{ name: '@bob/strings', ranges: ['newest'] }] }],
    ['a severity that there is not', { severity: 'bad' }],
    ['a member with a typing error', { malwear: true }],
    ['a state', { state: 'published' }],
    ['somebody else as the author', { by: 'mallory' }],
    ['control characters', { title: 'a\u001b[2J' }],
  ])('with %s is refused', (_name, change) => {
    expect(() => parseDraft(text(change))).toThrow();
    try {
      parseDraft(text(change));
    } catch (error) {
      expect(['BAD_SHAPE', 'BAD_DIGEST']).toContain(codeOf(error));
    }
  });
});
