import { Octokit } from '@octokit/core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type GitHub, git, gitRepo, startGitHub, tempDir } from '../src/index.ts';

let github: GitHub;
let alice: Octokit;
let bob: Octokit;

beforeAll(async () => {
  github = await startGitHub({
    users: [
      { login: 'alice', id: 101, token: 'alice-token' },
      { login: 'bob', id: 102, token: 'bob-token' },
      { login: 'registry', id: 103, type: 'Organization', members: ['bob'] },
    ],
    repos: [
      {
        owner: 'registry',
        name: 'modules',
        files: { 'README.md': '# Registry\n', 'a/b.txt': 'one\ntwo\nthree\n' },
      },
      { owner: 'alice', name: 'secret', private: true, files: { 'x.txt': 'x' } },
    ],
  });
  alice = new Octokit({ baseUrl: github.url, auth: 'alice-token' });
  bob = new Octokit({ baseUrl: github.url, auth: 'bob-token' });
});
afterAll(() => github.close());

const withPassword = (path: string, token: string) =>
  github.gitUrl.replace('//', `//x-access-token:${token}@`) + path;
const status = (promise: Promise<unknown>) =>
  promise.then(
    () => 200,
    (cause: { status: number }) => cause.status,
  );
const registry = { owner: 'registry', repo: 'modules' };

test('git clones, and pushes what the owner may push', async () => {
  const dir = await tempDir();
  await github.createRepo({ owner: 'alice', name: 'lib' });
  const repo = await gitRepo(dir.join('lib'), { 'x.txt': 'hello\n' });
  const head = await repo.git('rev-parse', 'HEAD');
  await expect(repo.git('push', '--quiet', `${github.gitUrl}/alice/lib.git`, 'main')).rejects.toThrow(
    /could not read Username|Authentication/,
  );
  await expect(
    repo.git('push', '--quiet', withPassword('/alice/lib.git', 'bob-token'), 'main'),
  ).rejects.toThrow(/403/);
  await repo.git('push', '--quiet', withPassword('/alice/lib.git', 'alice-token'), 'main');
  expect(await (await fetch(`${github.rawUrl}/alice/lib/${head}/x.txt`)).text()).toBe('hello\n');
  await git(['clone', '--quiet', `${github.gitUrl}/alice/lib.git`, 'copy'], { cwd: dir.path });
  expect(await git(['rev-parse', 'HEAD'], { cwd: dir.join('copy') })).toBe(head);
});

test('a private repository is there for its owner only', async () => {
  const dir = await tempDir();
  await expect(
    git(['clone', '--quiet', `${github.gitUrl}/alice/secret.git`], { cwd: dir.path }),
  ).rejects.toThrow();
  await expect(
    git(['clone', '--quiet', withPassword('/alice/secret.git', 'bob-token')], { cwd: dir.path }),
  ).rejects.toThrow(/not found/);
  await git(['clone', '--quiet', withPassword('/alice/secret.git', 'alice-token')], { cwd: dir.path });
  expect((await fetch(`${github.rawUrl}/alice/secret/main/x.txt`)).status).toBe(404);
  expect(await status(bob.request('GET /repos/alice/secret'))).toBe(404);
});

test('a gist is a repository that git clones', async () => {
  const dir = await tempDir();
  const { data } = await alice.request('POST /gists', {
    files: { 'm.mld': { content: 'hi\n' } },
    public: true,
  });
  await git(['clone', '--quiet', data.git_pull_url ?? '', 'gist'], { cwd: dir.path });
  expect(await git(['rev-parse', 'HEAD'], { cwd: dir.join('gist') })).toBe(data.history?.[0]?.version);
});

/** What a publisher does: fork, blob, tree, commit, branch. Returns the fork's name and the commit. */
async function propose(branch: string, file: { path: string; content: string }) {
  const fork = await alice.request('POST /repos/{owner}/{repo}/forks', registry);
  expect(fork.status).toBe(202);
  const own = { owner: 'alice', repo: fork.data.name };
  const base = (
    await alice.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...registry, ref: 'heads/main' })
  ).data.object.sha;
  const blob = await alice.request('POST /repos/{owner}/{repo}/git/blobs', { ...own, content: file.content });
  const tree = await alice.request('POST /repos/{owner}/{repo}/git/trees', {
    ...own,
    base_tree: base,
    tree: [{ path: file.path, mode: '100644', type: 'blob', sha: blob.data.sha }],
  });
  const commit = await alice.request('POST /repos/{owner}/{repo}/git/commits', {
    ...own,
    message: 'Add',
    tree: tree.data.sha,
    parents: [base],
  });
  await alice.request('POST /repos/{owner}/{repo}/git/refs', {
    ...own,
    ref: `refs/heads/${branch}`,
    sha: commit.data.sha,
  });
  return { own, base, commit: commit.data.sha };
}

test('a pull request from a fork, its files, its merge', async () => {
  const { own, base, commit } = await propose('add-x', { path: 'modules/x.json', content: '{}\n' });
  const again = await status(
    alice.request('POST /repos/{owner}/{repo}/git/refs', { ...own, ref: 'refs/heads/add-x', sha: commit }),
  );
  expect(again).toBe(422);
  const open = () =>
    alice.request('POST /repos/{owner}/{repo}/pulls', {
      ...registry,
      title: 'Add x',
      head: 'alice:add-x',
      base: 'main',
      body: 'b',
    });
  const { data: pull } = await open();
  expect(pull).toMatchObject({
    number: 1,
    mergeable: true,
    changed_files: 1,
    head: { label: 'alice:add-x', sha: commit },
    base: { sha: base },
  });
  const duplicate = await open().catch((cause) => cause);
  expect([duplicate.status, duplicate.response.data.errors[0].message]).toEqual([
    422,
    'A pull request already exists for alice:add-x.',
  ]);
  const files = await bob.request('GET /repos/{owner}/{repo}/pulls/{pull_number}/files', {
    ...registry,
    pull_number: 1,
  });
  expect(files.data).toMatchObject([
    { filename: 'modules/x.json', status: 'added', additions: 1, patch: expect.stringContaining('+{}') },
  ]);
  const listed = await bob.request('GET /repos/{owner}/{repo}/pulls', { ...registry, head: 'alice:add-x' });
  expect(listed.data.map((one) => one.number)).toEqual([1]);
  const merge = (octokit: Octokit) =>
    octokit.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', { ...registry, pull_number: 1 });
  expect(await status(merge(alice))).toBe(403);
  expect((await merge(bob)).data.merged).toBe(true);
  expect(await github.readFile('registry/modules', 'modules/x.json')).toBe('{}');
  expect(await status(merge(bob))).toBe(405);
  expect(
    (await bob.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { ...registry, pull_number: 1 }))
      .data,
  ).toMatchObject({ state: 'closed', merged: true });
});

test('a branch of a fork may start at a commit that only the parent has', async () => {
  const { data: fork } = await alice.request('POST /repos/{owner}/{repo}/forks', registry);
  await bob.request('PUT /repos/{owner}/{repo}/contents/{path}', {
    ...registry,
    path: 'later.txt',
    message: 'm',
    content: 'eA==',
  });
  const tip = (
    await alice.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...registry, ref: 'heads/main' })
  ).data.object.sha;
  const own = { owner: 'alice', repo: fork.name };
  await alice.request('POST /repos/{owner}/{repo}/git/refs', {
    ...own,
    ref: 'refs/heads/from-parent',
    sha: tip,
  });
  const synced = await alice.request('POST /repos/{owner}/{repo}/merge-upstream', { ...own, branch: 'main' });
  expect(synced.data.merge_type).toBe('fast-forward');
});

test('changes that exclude each other conflict; an update must be a fast forward', async () => {
  const first = await propose('left', { path: 'a/b.txt', content: 'left\n' });
  await propose('right', { path: 'a/b.txt', content: 'right\n' });
  const open = (branch: string) =>
    alice.request('POST /repos/{owner}/{repo}/pulls', {
      ...registry,
      title: branch,
      head: `alice:${branch}`,
      base: 'main',
    });
  const left = (await open('left')).data.number;
  const right = (await open('right')).data.number;
  const merge = (pull_number: number) =>
    bob.request('PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge', {
      ...registry,
      pull_number,
      merge_method: 'squash',
    });
  await merge(left);
  expect(await status(merge(right))).toBe(405);
  const back = alice.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
    ...first.own,
    ref: 'heads/left',
    sha: first.base,
  });
  expect(await status(back)).toBe(422);
  const compared = await alice.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
    ...registry,
    basehead: 'main...alice:right',
  });
  expect(compared.data).toMatchObject({
    status: 'diverged',
    ahead_by: 1,
    files: [{ filename: 'a/b.txt', status: 'modified' }],
  });
});

test('an open pull request follows a push to its branch', async () => {
  const dir = await tempDir();
  const { own } = await propose('follow', { path: 'f.txt', content: 'f\n' });
  const { data: pull } = await alice.request('POST /repos/{owner}/{repo}/pulls', {
    ...registry,
    title: 'f',
    head: 'alice:follow',
    base: 'main',
  });
  await git(
    ['clone', '--quiet', '--branch', 'follow', withPassword(`/alice/${own.repo}.git`, 'alice-token'), 'fork'],
    { cwd: dir.path },
  );
  await git(['commit', '--quiet', '--allow-empty', '--message', 'more'], { cwd: dir.join('fork') });
  await git(['push', '--quiet'], { cwd: dir.join('fork') });
  const now = await bob.request('GET /repos/{owner}/{repo}/pulls/{pull_number}', {
    ...registry,
    pull_number: pull.number,
  });
  expect(now.data.head.sha).toBe(await git(['rev-parse', 'HEAD'], { cwd: dir.join('fork') }));
});

test('an empty repository, a bad tree and a missing base are told apart', async () => {
  const { data } = await alice.request('POST /user/repos', { name: 'empty' });
  const own = { owner: 'alice', repo: data.name };
  expect(
    await status(alice.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...own, ref: 'heads/main' })),
  ).toBe(409);
  expect(await status(alice.request('POST /user/repos', { name: 'empty' }))).toBe(422);
  const fork = (await alice.request('POST /repos/{owner}/{repo}/forks', registry)).data.name;
  const tree = (path: string, sha: string) =>
    alice.request('POST /repos/{owner}/{repo}/git/trees', {
      owner: 'alice',
      repo: fork,
      tree: [{ path, mode: '100644', type: 'blob', sha }],
    });
  expect(await status(tree('x', '1'.repeat(40)))).toBe(422);
  expect(await status(tree('../x', '1'.repeat(40)))).toBe(422);
  const pull = { ...registry, title: 't', head: 'alice:main' };
  expect(await status(alice.request('POST /repos/{owner}/{repo}/pulls', { ...pull, base: 'none' }))).toBe(
    422,
  );
  expect(await status(alice.request('POST /repos/{owner}/{repo}/pulls', { ...pull, base: 'main' }))).toBe(
    422,
  );
});

test('a fresh fork says that it is empty until its data is there', async () => {
  const slow = await startGitHub({
    users: [{ login: 'alice', token: 't' }, { login: 'bob' }],
    repos: [{ owner: 'bob', name: 'lib', files: { a: 'a' } }],
    forkDelay: 100_000,
  });
  const octokit = new Octokit({ baseUrl: slow.url, auth: 't' });
  await octokit.request('POST /repos/bob/lib/forks');
  expect(await status(octokit.request('GET /repos/alice/lib/git/ref/heads/main'))).toBe(409);
  await slow.close();
});
