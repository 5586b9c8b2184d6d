import { git } from '../git.ts';
import { commitJson, fileJson, networkRepo } from './commits.ts';
import { ApiError, conflict, forbidden, notFound, validationFailed } from './errors.ts';
import { noReply, repoJson, userJson } from './json.ts';
import { changedFiles, mergeBase, mergedTree, resolve, revList, updateRef, writeCommit } from './plumbing.ts';
import { readable } from './repos.ts';
import {
  type Answer,
  type Context,
  optionalText,
  page,
  parameter,
  type Router,
  requiredText,
  viewer,
} from './router.ts';
import { fullName, mayPush, newId, type Pull, type Repo, timestamp, userById } from './state.ts';

/** Pull requests, also between a fork and the repository it came from. */
export function addPullRoutes(router: Router): void {
  router.add('POST', '/repos/:owner/:repo/pulls', createPull);
  router.add('GET', '/repos/:owner/:repo/pulls', listPulls);
  router.add('GET', '/repos/:owner/:repo/pulls/:number', async (context) => {
    const { repo, pull } = await findPull(context);
    return { status: 200, json: await fullPullJson(context, repo, pull) };
  });
  router.add('PATCH', '/repos/:owner/:repo/pulls/:number', updatePull);
  router.add('GET', '/repos/:owner/:repo/pulls/:number/files', async (context) => {
    const { repo, pull } = await findPull(context);
    const files = await changedFiles(repo.dir, await baseOf(repo, pull), pull.head.sha);
    return page(
      context,
      files.map((file) => fileJson(context, repo, { file, ref: pull.head.sha })),
    );
  });
  router.add('GET', '/repos/:owner/:repo/pulls/:number/commits', async (context) => {
    const { repo, pull } = await findPull(context);
    const shas = (await revList(repo.dir, { rev: pull.head.sha, not: pull.base.sha })).reverse();
    return page(context, await Promise.all(shas.map((sha) => commitJson(context, repo, sha))));
  });
  router.add('PUT', '/repos/:owner/:repo/pulls/:number/merge', merge);
  router.add('GET', '/repos/:owner/:repo/pulls/:number/merge', async (context) => {
    const { pull } = await findPull(context);
    if (pull.mergedAt === null) throw notFound();
    return { status: 204 };
  });
}

async function createPull(context: Context): Promise<Answer> {
  const user = viewer(context);
  const repo = readable(context);
  const title = requiredText(context, 'PullRequest', 'title');
  const baseRef = requiredText(context, 'PullRequest', 'base');
  const [owner, headRef] = splitHead(context, repo, requiredText(context, 'PullRequest', 'head'));
  const invalid = (field: string) => validationFailed({ resource: 'PullRequest', code: 'invalid', field });
  const head = networkRepo(context, repo, owner);
  const baseSha = await resolve(repo.dir, `refs/heads/${baseRef}`, 'commit');
  if (baseSha === undefined) throw invalid('base');
  const headSha = head === undefined ? undefined : await resolve(head.dir, `refs/heads/${headRef}`, 'commit');
  if (head === undefined || headSha === undefined) throw invalid('head');
  if (!mayPush(context.state, head, user))
    throw forbidden('Resource not accessible: no push access to the head repository');
  const custom = (message: string) => validationFailed({ resource: 'PullRequest', code: 'custom', message });
  const same = repo.pulls.find(
    (pull) =>
      pull.state === 'open' &&
      pull.head.repoId === head.id &&
      pull.head.ref === headRef &&
      pull.base.ref === baseRef,
  );
  if (same !== undefined) throw custom(`A pull request already exists for ${owner}:${headRef}.`);
  const number = 1 + repo.pulls.length;
  await fetchHead(repo, head, { ref: headRef, number });
  const ahead = await revList(repo.dir, { rev: headSha, not: baseSha, limit: 1 });
  if (ahead.length === 0) throw custom(`No commits between ${baseRef} and ${owner}:${headRef}`);
  const now = timestamp(context.state);
  const pull: Pull = {
    id: newId(context.state),
    number,
    userId: user.id,
    title,
    body: optionalText(context, 'body') ?? null,
    state: 'open',
    draft: context.body.draft === true,
    base: { repoId: repo.id, ref: baseRef, sha: baseSha },
    head: { repoId: head.id, ref: headRef, sha: headSha },
    mergedAt: null,
    mergeSha: null,
    closedAt: null,
    createdAt: now,
    updatedAt: now,
  };
  repo.pulls.push(pull);
  return { status: 201, json: await fullPullJson(context, repo, pull) };
}

function splitHead(context: Context, repo: Repo, head: string): [owner: string, branch: string] {
  const colon = head.indexOf(':');
  if (colon === -1) return [userById(context.state, repo.ownerId).login, head];
  return [head.slice(0, colon), head.slice(colon + 1)];
}

/** The base keeps the head's commits under `refs/pull/{number}/head`, as GitHub does. */
async function fetchHead(repo: Repo, head: Repo, of: { ref: string; number: number }): Promise<void> {
  await git(
    ['fetch', '--quiet', '--no-tags', head.dir, `+refs/heads/${of.ref}:refs/pull/${of.number}/head`],
    { cwd: repo.dir },
  );
}

/** Newest first; `head` filters by `owner:branch`, `base` by branch, `state` is `open` unless said otherwise. */
async function listPulls(context: Context): Promise<Answer> {
  const repo = readable(context);
  const state = context.query.get('state') ?? 'open';
  const head = context.query.get('head')?.toLowerCase();
  const base = context.query.get('base');
  const label = (pull: Pull) => `${headOwner(context, pull)}:${pull.head.ref}`.toLowerCase();
  const found = repo.pulls.filter(
    (pull) =>
      (state === 'all' || pull.state === state) &&
      // A filter without an owner is ignored, as GitHub ignores it.
      (head === undefined || !head.includes(':') || label(pull) === head) &&
      (base === null || base === undefined || pull.base.ref === base),
  );
  const answer = page(context, [...found].reverse());
  const json = await Promise.all((answer.json as Pull[]).map((pull) => refresh(context, repo, pull)));
  return { ...answer, json: json.map((pull) => pullJson(context, repo, pull)) };
}

async function updatePull(context: Context): Promise<Answer> {
  const user = viewer(context);
  const { repo, pull } = await findPull(context);
  if (pull.userId !== user.id && !mayPush(context.state, repo, user))
    throw forbidden('Must have push access to repository');
  pull.title = optionalText(context, 'title') ?? pull.title;
  pull.body = optionalText(context, 'body') ?? pull.body;
  const state = context.body.state;
  if ((state === 'open' || state === 'closed') && pull.mergedAt === null) {
    pull.state = state;
    pull.closedAt = state === 'closed' ? timestamp(context.state) : null;
  }
  pull.updatedAt = timestamp(context.state);
  return { status: 200, json: await fullPullJson(context, repo, pull) };
}

async function merge(context: Context): Promise<Answer> {
  const user = viewer(context);
  const { repo, pull } = await findPull(context);
  if (!mayPush(context.state, repo, user)) throw forbidden('Must have push access to repository');
  if (pull.state === 'closed') throw new ApiError(405, 'Pull Request is not mergeable');
  const sha = optionalText(context, 'sha');
  if (sha !== undefined && sha !== pull.head.sha)
    throw conflict('Head branch was modified. Review and try the merge again.');
  const method = optionalText(context, 'merge_method') ?? 'merge';
  if (method === 'rebase') throw new ApiError(405, 'Rebase merges are not allowed on this repository.');
  const branch = `refs/heads/${pull.base.ref}`;
  const base = await resolve(repo.dir, branch, 'commit');
  const tree = base === undefined ? undefined : await mergedTree(repo.dir, base, pull.head.sha);
  if (base === undefined || tree === undefined) throw new ApiError(405, 'Pull Request has merge conflicts');
  const who = { name: user.name ?? user.login, email: noReply(user), date: timestamp(context.state) };
  const subject = `Merge pull request #${pull.number} from ${headOwner(context, pull)}/${pull.head.ref}`;
  const message = method === 'squash' ? `${pull.title} (#${pull.number})` : `${subject}\n\n${pull.title}`;
  const parents = method === 'squash' ? [base] : [base, pull.head.sha];
  const merged = await writeCommit(repo.dir, { tree, parents, message, author: who, committer: who });
  if (!(await updateRef(repo.dir, branch, merged, base)))
    throw conflict('Base branch was modified. Review and try the merge again.');
  const now = timestamp(context.state);
  Object.assign(pull, { state: 'closed', mergedAt: now, closedAt: now, updatedAt: now, mergeSha: merged });
  return { status: 200, json: { sha: merged, merged: true, message: 'Pull Request successfully merged' } };
}

async function findPull(context: Context): Promise<{ repo: Repo; pull: Pull }> {
  const repo = readable(context);
  const pull = repo.pulls.find((one) => String(one.number) === parameter(context, 'number'));
  if (pull === undefined) throw notFound();
  return { repo, pull: await refresh(context, repo, pull) };
}

/** An open pull request follows its head branch, whoever pushed to it, and its base branch. */
async function refresh(context: Context, repo: Repo, pull: Pull): Promise<Pull> {
  const head = context.state.repos.get(pull.head.repoId);
  if (pull.state !== 'open' || head === undefined) return pull;
  const headSha = await resolve(head.dir, `refs/heads/${pull.head.ref}`, 'commit');
  if (headSha !== undefined && headSha !== pull.head.sha) {
    await fetchHead(repo, head, { ref: pull.head.ref, number: pull.number });
    pull.head.sha = headSha;
  }
  pull.base.sha = (await resolve(repo.dir, `refs/heads/${pull.base.ref}`, 'commit')) ?? pull.base.sha;
  return pull;
}

/** What the changed files are compared with: where head and base parted. */
async function baseOf(repo: Repo, pull: Pull): Promise<string | undefined> {
  if (pull.mergeSha !== null) return resolveParent(repo, pull.mergeSha, pull.head.sha);
  return mergeBase(repo.dir, pull.base.sha, pull.head.sha);
}

async function resolveParent(repo: Repo, merged: string, head: string): Promise<string | undefined> {
  const parent = await git(['rev-parse', `${merged}^1`], { cwd: repo.dir });
  return mergeBase(repo.dir, parent, head);
}

function headOwner(context: Context, pull: Pull): string {
  const head = context.state.repos.get(pull.head.repoId);
  return head === undefined ? 'unknown' : (fullName(context.state, head).split('/')[0] ?? '');
}

async function fullPullJson(context: Context, repo: Repo, pull: Pull): Promise<Record<string, unknown>> {
  const files = await changedFiles(repo.dir, await baseOf(repo, pull), pull.head.sha);
  const mergeable =
    pull.state === 'open' ? (await mergedTree(repo.dir, pull.base.sha, pull.head.sha)) !== undefined : null;
  return {
    ...pullJson(context, repo, pull),
    merged: pull.mergedAt !== null,
    mergeable,
    mergeable_state: mergeable === null ? 'unknown' : mergeable ? 'clean' : 'dirty',
    changed_files: files.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
  };
}

function pullJson(context: Context, repo: Repo, pull: Pull): Record<string, unknown> {
  const name = fullName(context.state, repo);
  const head = context.state.repos.get(pull.head.repoId) ?? repo;
  const side = (of: Repo, ref: string, sha: string) => ({
    label: `${fullName(context.state, of).split('/')[0]}:${ref}`,
    ref,
    sha,
    user: userJson(context, userById(context.state, of.ownerId)),
    repo: repoJson(context, of),
  });
  return {
    id: pull.id,
    number: pull.number,
    url: `${context.urls.api}/repos/${name}/pulls/${pull.number}`,
    html_url: `${context.urls.web}/${name}/pull/${pull.number}`,
    state: pull.state,
    locked: false,
    title: pull.title,
    body: pull.body,
    draft: pull.draft,
    user: userJson(context, userById(context.state, pull.userId)),
    head: side(head, pull.head.ref, pull.head.sha),
    base: side(repo, pull.base.ref, pull.base.sha),
    created_at: pull.createdAt,
    updated_at: pull.updatedAt,
    closed_at: pull.closedAt,
    merged_at: pull.mergedAt,
    merge_commit_sha: pull.mergeSha,
    author_association: mayPush(context.state, repo, userById(context.state, pull.userId))
      ? 'MEMBER'
      : 'CONTRIBUTOR',
  };
}
