import type { Context } from './router.ts';
import { fullName, type Gist, mayPush, type PublicKey, type Repo, type User, userById } from './state.ts';

export function userJson(context: Context, user: User): Record<string, unknown> {
  const url = `${context.urls.api}/users/${user.login}`;
  return {
    login: user.login,
    id: user.id,
    node_id: Buffer.from(`04:User${user.id}`).toString('base64'),
    avatar_url: `${context.urls.web}/avatars/u/${user.id}`,
    url,
    html_url: `${context.urls.web}/${user.login}`,
    gists_url: `${url}/gists{/gist_id}`,
    repos_url: `${url}/repos`,
    type: user.type,
    site_admin: false,
  };
}

export function fullUserJson(context: Context, user: User): Record<string, unknown> {
  return {
    ...userJson(context, user),
    name: user.name,
    public_repos: [...context.state.repos.values()].filter((r) => r.ownerId === user.id && !r.private).length,
    public_gists: [...context.state.gists.values()].filter((g) => g.ownerId === user.id && g.public).length,
    created_at: user.createdAt,
    updated_at: user.createdAt,
  };
}

export function keyJson(context: Context, key: PublicKey): Record<string, unknown> {
  return {
    id: key.id,
    key: key.key,
    title: key.title,
    url: `${context.urls.api}/user/keys/${key.id}`,
    created_at: key.createdAt,
    verified: true,
    read_only: false,
  };
}

export function repoJson(context: Context, repo: Repo): Record<string, unknown> {
  const { state, urls } = context;
  const name = fullName(state, repo);
  const push = mayPush(state, repo, context.user);
  const parent = repo.parentId === null ? undefined : state.repos.get(repo.parentId);
  return {
    id: repo.id,
    node_id: Buffer.from(`010:Repository${repo.id}`).toString('base64'),
    name: repo.name,
    full_name: name,
    private: repo.private,
    visibility: repo.private ? 'private' : 'public',
    owner: userJson(context, userById(state, repo.ownerId)),
    html_url: `${urls.web}/${name}`,
    description: repo.description,
    fork: parent !== undefined,
    url: `${urls.api}/repos/${name}`,
    clone_url: `${urls.web}/${name}.git`,
    git_url: `${urls.web}/${name}.git`,
    default_branch: repo.defaultBranch,
    created_at: repo.createdAt,
    updated_at: repo.createdAt,
    allow_forking: true,
    allow_merge_commit: true,
    allow_squash_merge: true,
    allow_rebase_merge: false,
    ...(context.user === undefined
      ? {}
      : { permissions: { admin: push, maintain: push, push, triage: push, pull: true } }),
    ...(parent === undefined
      ? {}
      : { parent: repoJson(context, parent), source: repoJson(context, rootOf(context, parent)) }),
  };
}

function rootOf(context: Context, repo: Repo): Repo {
  const parent = repo.parentId === null ? undefined : context.state.repos.get(repo.parentId);
  return parent === undefined ? repo : rootOf(context, parent);
}

/** A gist without its files and history. */
export function gistJson(context: Context, gist: Gist): Record<string, unknown> {
  const url = `${context.urls.api}/gists/${gist.id}`;
  const owner = userById(context.state, gist.ownerId);
  return {
    id: gist.id,
    url,
    forks_url: `${url}/forks`,
    commits_url: `${url}/commits`,
    git_pull_url: `${context.urls.web}/gist/${gist.id}.git`,
    git_push_url: `${context.urls.web}/gist/${gist.id}.git`,
    html_url: `${context.urls.web}/gist/${owner.login}/${gist.id}`,
    public: gist.public,
    description: gist.description,
    created_at: gist.createdAt,
    updated_at: gist.updatedAt,
    comments: 0,
    user: null,
    owner: userJson(context, owner),
    truncated: false,
  };
}

export const noReply = (user: User): string => `${user.id}+${user.login}@users.noreply.github.com`;
