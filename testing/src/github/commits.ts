import { git } from '../git.ts';
import { ApiError, conflict, notFound } from './errors.ts';
import { userJson } from './json.ts';
import {
  type ChangedFile,
  changedFiles,
  isSha,
  mergeBase,
  readCommit,
  resolve,
  revList,
} from './plumbing.ts';
import { readable } from './repos.ts';
import { type Answer, type Context, page, parameter, type Router } from './router.ts';
import { fullName, mayRead, type Repo, repoByName } from './state.ts';

/** Commits and comparisons. */
export function addCommitRoutes(router: Router): void {
  router.add('GET', '/repos/:owner/:repo/commits', listCommits);
  router.add('GET', '/repos/:owner/:repo/commits/:ref*', showCommit);
  router.add('GET', '/repos/:owner/:repo/compare/:basehead*', compare);
}

/** The commit that a branch, a tag, a full reference or an id names. */
export async function revision(repo: Repo, name: string): Promise<string | undefined> {
  if (isSha(name)) return resolve(repo.dir, name, 'commit');
  for (const candidate of [`refs/heads/${name}`, `refs/tags/${name}`, name]) {
    const sha = await resolve(repo.dir, candidate, 'commit');
    if (sha !== undefined) return sha;
  }
  return undefined;
}

/** The `commit` as the git data API gives it. */
export async function gitCommitJson(
  context: Context,
  repo: Repo,
  sha: string,
): Promise<Record<string, unknown>> {
  const { tree, parents, author, committer, message } = await readCommit(repo.dir, sha);
  const url = `${context.urls.api}/repos/${fullName(context.state, repo)}/git`;
  return {
    sha,
    url: `${url}/commits/${sha}`,
    html_url: `${context.urls.web}/${fullName(context.state, repo)}/commit/${sha}`,
    author,
    committer,
    message,
    tree: { sha: tree, url: `${url}/trees/${tree}` },
    parents: parents.map((parent) => ({ sha: parent, url: `${url}/commits/${parent}` })),
    verification: { verified: false, reason: 'unsigned', signature: null, payload: null },
  };
}

/** The commit as the repository API gives it: the git commit inside, its people as GitHub users if known. */
export async function commitJson(
  context: Context,
  repo: Repo,
  sha: string,
): Promise<Record<string, unknown>> {
  const { sha: _, html_url, parents, url: __, ...commit } = await gitCommitJson(context, repo, sha);
  const email = (commit.author as { email: string }).email;
  const user = [...context.state.users.values()].find((one) => email.startsWith(`${one.id}+`));
  const url = `${context.urls.api}/repos/${fullName(context.state, repo)}/commits/${sha}`;
  const person = user === undefined ? null : userJson(context, user);
  return { sha, url, html_url, commit, author: person, committer: person, parents };
}

export function fileJson(
  context: Context,
  repo: Repo,
  entry: { file: ChangedFile; ref: string },
): Record<string, unknown> {
  const { file, ref } = entry;
  const name = fullName(context.state, repo);
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${context.urls.web}/${name}/blob/${ref}/${file.path}`,
    raw_url: `${context.urls.raw}/${name}/${ref}/${file.path}`,
    contents_url: `${context.urls.api}/repos/${name}/contents/${file.path}?ref=${ref}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previousPath === undefined ? {} : { previous_filename: file.previousPath }),
  };
}

async function listCommits(context: Context): Promise<Answer> {
  const repo = readable(context);
  const tip = await revision(repo, context.query.get('sha') ?? repo.defaultBranch);
  if (tip === undefined) {
    if (context.query.has('sha')) throw notFound();
    throw conflict('Git Repository is empty.');
  }
  const path = context.query.get('path');
  const shas = await revList(repo.dir, { rev: tip, ...(path === null ? {} : { path }) });
  const answer = page(context, shas);
  const json = await Promise.all((answer.json as string[]).map((sha) => commitJson(context, repo, sha)));
  return { ...answer, json };
}

async function showCommit(context: Context): Promise<Answer> {
  const repo = readable(context);
  const ref = parameter(context, 'ref');
  const sha = await revision(repo, ref);
  if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${ref}`);
  const json = await commitJson(context, repo, sha);
  const [parent] = json.parents as { sha: string }[];
  const files = await changedFiles(repo.dir, parent?.sha, sha);
  return {
    status: 200,
    json: { ...json, files: files.map((file) => fileJson(context, repo, { file, ref: sha })) },
  };
}

/** `{base}...{head}`, each a revision or `owner:branch` of a repository of the same network. */
async function compare(context: Context): Promise<Answer> {
  const repo = readable(context);
  const [baseName, headName] = parameter(context, 'basehead').split('...');
  if (baseName === undefined || headName === undefined) throw notFound();
  const base = await side(context, repo, baseName);
  const head = await side(context, repo, headName);
  const common = await mergeBase(repo.dir, base, head);
  if (common === undefined) throw new ApiError(404, 'No common ancestor between the commits');
  const ahead = await revList(repo.dir, { rev: head, not: base });
  const behind = await revList(repo.dir, { rev: base, not: head });
  const files = await changedFiles(repo.dir, common, head);
  const status =
    ahead.length === 0
      ? behind.length === 0
        ? 'identical'
        : 'behind'
      : behind.length === 0
        ? 'ahead'
        : 'diverged';
  return {
    status: 200,
    json: {
      status,
      ahead_by: ahead.length,
      behind_by: behind.length,
      total_commits: ahead.length,
      base_commit: await commitJson(context, repo, base),
      merge_base_commit: await commitJson(context, repo, common),
      commits: await Promise.all(ahead.reverse().map((sha) => commitJson(context, repo, sha))),
      files: files.map((file) => fileJson(context, repo, { file, ref: head })),
    },
  };
}

async function side(context: Context, repo: Repo, name: string): Promise<string> {
  const [owner, branch] = name.includes(':') ? name.split(':') : [undefined, name];
  let other: Repo | undefined = repo;
  if (owner !== undefined) {
    other = networkRepo(context, repo, owner);
    if (other === undefined) throw notFound();
    await git(['fetch', '--quiet', other.dir, `refs/heads/${branch}`], { cwd: repo.dir }).catch(
      () => undefined,
    );
  }
  const sha = await revision(other, branch ?? '');
  if (sha === undefined) throw notFound();
  return sha;
}

/** The repository of a user in the fork network of another. */
export function networkRepo(context: Context, repo: Repo, owner: string): Repo | undefined {
  const { state } = context;
  const root = repo.parentId ?? repo.id;
  for (const other of state.repos.values()) {
    const inNetwork = other.id === root || other.parentId === root || other.id === repo.id;
    const ofOwner = fullName(state, other).split('/')[0]?.toLowerCase() === owner.toLowerCase();
    if (inNetwork && ofOwner && mayRead(state, other, context.user)) return other;
  }
  return repoByName(state, owner, repo.name)?.id === repo.id ? repo : undefined;
}
