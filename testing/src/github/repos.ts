import { git } from '../git.ts';
import { ApiError, forbidden, notFound, unprocessable, validationFailed } from './errors.ts';
import { noReply, repoJson } from './json.ts';
import { commitFiles, forkBare, initBare, isAncestor, resolve, updateRef } from './plumbing.ts';
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
import {
  mayPush,
  mayRead,
  newId,
  type Repo,
  repoByName,
  repoDir,
  type State,
  timestamp,
  type User,
  userByLogin,
} from './state.ts';

/** Repositories: show, create, fork, bring a fork up to date, list branches. */
export function addRepoRoutes(router: Router): void {
  router.add('GET', '/repos/:owner/:repo', (context) => ({
    status: 200,
    json: repoJson(context, readable(context)),
  }));
  router.add('GET', '/repositories/:id', (context) => {
    const repo = context.state.repos.get(Number(parameter(context, 'id')));
    if (repo === undefined || !mayRead(context.state, repo, context.user)) throw notFound();
    return { status: 200, json: repoJson(context, repo) };
  });
  router.add('POST', '/user/repos', (context) => create(context, viewer(context)));
  router.add('POST', '/orgs/:org/repos', (context) => {
    const user = viewer(context);
    const org = userByLogin(context.state, parameter(context, 'org'));
    if (org === undefined || org.type !== 'Organization') throw notFound();
    if (!org.members.has(user.id))
      throw forbidden('You need admin access to the organization before adding a repository to it.');
    return create(context, org);
  });
  router.add('GET', '/users/:login/repos', (context) => {
    const owner = userByLogin(context.state, parameter(context, 'login'));
    if (owner === undefined) throw notFound();
    const repos = [...context.state.repos.values()].filter(
      (repo) => repo.ownerId === owner.id && mayRead(context.state, repo, context.user),
    );
    return page(
      context,
      repos.map((repo) => repoJson(context, repo)),
    );
  });
  router.add('POST', '/repos/:owner/:repo/forks', fork);
  router.add('GET', '/repos/:owner/:repo/forks', (context) => {
    const parent = readable(context);
    const forks = [...context.state.repos.values()].filter((repo) => repo.parentId === parent.id);
    return page(
      context,
      forks.map((repo) => repoJson(context, repo)),
    );
  });
  router.add('POST', '/repos/:owner/:repo/merge-upstream', mergeUpstream);
  router.add('GET', '/repos/:owner/:repo/branches', listBranches);
  router.add('GET', '/repos/:owner/:repo/branches/:branch*', showBranch);
}

/**
 * The repository that the path names, if the user may see it. A former name is answered by 301 to the address by
 * number, as long as no other repository took it.
 */
export function readable(context: Context): Repo {
  const owner = parameter(context, 'owner');
  const name = parameter(context, 'repo');
  const repo = repoByName(context.state, owner, name);
  if (repo === undefined) {
    const moved = context.state.moved.get(`${owner}/${name}`.toLowerCase());
    if (moved === undefined) throw notFound();
    const rest = context.path
      .split('/')
      .slice(4)
      .map((part) => `/${part}`)
      .join('');
    const location = `${context.urls.api}/repositories/${moved}${rest}`;
    throw new ApiError(context.method === 'GET' ? 301 : 307, 'Moved Permanently', { headers: { location } });
  }
  if (!mayRead(context.state, repo, context.user)) throw notFound();
  return repo;
}

/** As `readable`, for a change of its content. */
export function writable(context: Context): Repo {
  viewer(context);
  const repo = readable(context);
  if (!mayPush(context.state, repo, context.user)) throw forbidden('Must have push access to repository');
  const scopes = context.token?.scopes ?? [];
  if (!scopes.some((scope) => scope === 'repo' || scope === 'public_repo' || scope === 'fine-grained'))
    throw notFound();
  return repo;
}

/** Registers a repository and makes it on disk. */
export async function addRepo(
  state: State,
  repo: Pick<Repo, 'ownerId' | 'name'> &
    Partial<Pick<Repo, 'private' | 'description' | 'defaultBranch' | 'parentId' | 'readyAt'>>,
): Promise<Repo> {
  const id = newId(state);
  const made: Repo = {
    private: false,
    description: null,
    defaultBranch: 'main',
    parentId: null,
    readyAt: 0,
    ...repo,
    id,
    collaborators: new Set(),
    pulls: [],
    dir: repoDir(state, id),
    createdAt: timestamp(state),
  };
  const parent = made.parentId === null ? undefined : state.repos.get(made.parentId);
  if (parent === undefined) await initBare(made.dir, made.defaultBranch);
  else await forkBare(parent.dir, made.dir);
  state.repos.set(id, made);
  return made;
}

async function create(context: Context, owner: User): Promise<Answer> {
  const name = requiredText(context, 'Repository', 'name');
  if (repoByName(context.state, owner.login, name) !== undefined) {
    throw validationFailed({
      resource: 'Repository',
      code: 'custom',
      field: 'name',
      message: 'name already exists on this account',
    });
  }
  const repo = await addRepo(context.state, {
    ownerId: owner.id,
    name,
    private: context.body.private === true,
    description: optionalText(context, 'description') ?? null,
  });
  if (context.body.auto_init === true) {
    const user = viewer(context);
    await commitFiles(repo.dir, {
      ref: `refs/heads/${repo.defaultBranch}`,
      files: new Map([['README.md', Buffer.from(`# ${name}\n`)]]),
      message: 'Initial commit',
      author: { name: user.login, email: noReply(user), date: timestamp(context.state) },
    });
  }
  return { status: 201, json: repoJson(context, repo) };
}

/** A second fork by the same user is the first one; a name that is taken gets a number. */
async function fork(context: Context): Promise<Answer> {
  const user = viewer(context);
  const parent = readable(context);
  if (parent.ownerId === user.id) throw forbidden('You cannot fork your own repository');
  const existing = [...context.state.repos.values()].find(
    (r) => r.parentId === parent.id && r.ownerId === user.id,
  );
  if (existing !== undefined) return { status: 202, json: repoJson(context, existing) };
  const wanted = optionalText(context, 'name') ?? parent.name;
  let name = wanted;
  for (let number = 1; repoByName(context.state, user.login, name) !== undefined; number++)
    name = `${wanted}-${number}`;
  const made = await addRepo(context.state, {
    ownerId: user.id,
    name,
    parentId: parent.id,
    defaultBranch: parent.defaultBranch,
    readyAt: context.state.now() + context.state.forkDelay,
  });
  return { status: 202, json: repoJson(context, made) };
}

async function mergeUpstream(context: Context): Promise<Answer> {
  const repo = writable(context);
  const parent = repo.parentId === null ? undefined : context.state.repos.get(repo.parentId);
  if (parent === undefined) throw unprocessable('This repository is not a fork');
  const branch = requiredText(context, 'Repository', 'branch');
  const theirs = await resolve(parent.dir, `refs/heads/${branch}`, 'commit');
  const ours = await resolve(repo.dir, `refs/heads/${branch}`, 'commit');
  if (theirs === undefined || ours === undefined) throw notFound();
  if (theirs === ours) {
    return {
      status: 200,
      json: { message: 'This branch is not behind the upstream.', merge_type: 'none', base_branch: branch },
    };
  }
  if (!(await isAncestor(repo.dir, ours, theirs))) throw new ApiError(409, 'There are merge conflicts');
  await updateRef(repo.dir, `refs/heads/${branch}`, theirs, ours);
  return {
    status: 200,
    json: {
      message: 'Successfully fetched and fast-forwarded from upstream.',
      merge_type: 'fast-forward',
      base_branch: branch,
    },
  };
}

async function listBranches(context: Context): Promise<Answer> {
  const repo = readable(context);
  const text = await git(['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads'], {
    cwd: repo.dir,
  });
  const lines = text === '' ? [] : text.split('\n');
  return page(
    context,
    lines.map((line) => {
      const sha = line.slice(0, 40);
      return { name: line.slice(41), commit: { sha, url: `${commitUrl(context)}/${sha}` }, protected: false };
    }),
  );
}

async function showBranch(context: Context): Promise<Answer> {
  const repo = readable(context);
  const name = parameter(context, 'branch');
  const sha = await resolve(repo.dir, `refs/heads/${name}`, 'commit');
  if (sha === undefined) throw new ApiError(404, 'Branch not found');
  return {
    status: 200,
    json: { name, commit: { sha, url: `${commitUrl(context)}/${sha}` }, protected: false },
  };
}

const commitUrl = (context: Context): string =>
  `${context.urls.api}/repos/${parameter(context, 'owner')}/${parameter(context, 'repo')}/commits`;
