import { mkdir } from 'node:fs/promises';
import { type FileTree, git } from '../git.ts';
import { makeTempDir } from '../temp-dir.ts';
import { addLoginRoutes, type DeviceLogin, deviceLogin } from './auth.ts';
import { addCommitRoutes } from './commits.ts';
import { addContentRoutes, readRaw } from './contents.ts';
import { createFaults, type Faults, type LoggedRequest } from './faults.ts';
import { addGistRoutes, readRawGist } from './gists.ts';
import { addGitDataRoutes } from './git-data.ts';
import { limitJson } from './limits.ts';
import { closeReaders } from './object-reader.ts';
import { commitFiles, resolve } from './plumbing.ts';
import { addPullRoutes } from './pulls.ts';
import { addRepo, addRepoRoutes } from './repos.ts';
import { type Answer, createRouter, type Router } from './router.ts';
import { listen } from './server.ts';
import {
  fullName,
  newId,
  type Pull,
  type Repo,
  repoByName,
  type State,
  timestamp,
  type User,
  userByLogin,
} from './state.ts';
import { addUserRoutes } from './users.ts';

/** Scopes of a classic token that may do all a module's author needs. */
const AUTHOR_SCOPES = ['gist', 'public_repo', 'read:user'];

export interface NewUser {
  readonly login: string;
  /** Numeric id, which stays when the login changes. Made up when absent. */
  readonly id?: number;
  readonly name?: string;
  readonly type?: 'User' | 'Organization';
  /** Secret that the user signs in with. */
  readonly token?: string;
  /** Scopes of that token. Default: `gist`, `public_repo`, `read:user`. `fine-grained` makes it a fine-grained one. */
  readonly scopes?: readonly string[];
  /** Public SSH keys, for authentication. */
  readonly keys?: readonly string[];
  /** Public SSH keys, for signatures. */
  readonly signingKeys?: readonly string[];
  /** Logins that may push to everything the organisation owns. */
  readonly members?: readonly string[];
}

export interface NewRepo {
  readonly owner: string;
  readonly name: string;
  readonly private?: boolean;
  /** First commit on `main`. Without files the repository is empty. */
  readonly files?: FileTree;
  /** Logins of people other than the owner who may push. */
  readonly collaborators?: readonly string[];
}

export interface GitHubOptions {
  readonly users?: readonly NewUser[];
  readonly repos?: readonly NewRepo[];
  /** Requests an hour with a token. Default 5,000, as on GitHub; 60 without one. */
  readonly rateLimit?: number;
  readonly anonymousRateLimit?: number;
  /** Milliseconds until the data of a new fork is there. Default 0. */
  readonly forkDelay?: number;
  /** Seconds between two polls of a device login. Default 0.05. */
  readonly deviceInterval?: number;
}

/** A GitHub of one process: REST API, raw hosts and git over HTTP in front of real bare repositories. */
export interface GitHub {
  /** Base URL of the REST API; give it to Octokit as `baseUrl`. */
  readonly url: string;
  /** Files: `{rawUrl}/{owner}/{repo}/{commit or branch}/{path}`. */
  readonly rawUrl: string;
  /** Files of gists: `{gistRawUrl}/{login}/{id}/raw/{revision}/{file}`. */
  readonly gistRawUrl: string;
  /** Repositories for git: `{gitUrl}/{owner}/{repo}.git`; gists: `{gitUrl}/gist/{id}.git`. Also where logins start. */
  readonly gitUrl: string;
  /** All requests so far, in the order of arrival. */
  readonly requests: readonly LoggedRequest[];
  readonly faults: Faults;
  readonly device: DeviceLogin;
  addUser(user: NewUser): User;
  /** The old login is free for anyone afterwards; repositories are still found by their old name until it is taken. */
  renameUser(from: string, to: string): void;
  createRepo(repo: NewRepo): Promise<Repo>;
  /** The bare repository of `owner/name` on disk. */
  gitDir(fullName: string): string;
  /** A file of `owner/name` at a branch or commit (default `main`), or undefined. */
  readFile(fullName: string, file: string, ref?: string): Promise<string | undefined>;
  /** Pull requests to `owner/name`, oldest first. */
  pulls(fullName: string): readonly Pull[];
  /** Ids of a user's gists, oldest first. */
  gists(login: string): readonly string[];
  close(): Promise<void>;
}

/** Starts a mini-GitHub on a free port of the loopback; `close` removes everything it wrote. */
export async function startGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const home = await makeTempDir('mlld-github-');
  const state = createState(home.path, options);
  await mkdir(home.join('repos'));
  await mkdir(home.join('gists'));
  const log: LoggedRequest[] = [];
  const faults = createFaults();
  const { urls, close } = await listen({ state, faults, log, ...createRouters() });
  const github: GitHub = {
    url: urls.api,
    rawUrl: urls.raw,
    gistRawUrl: urls.gistRaw,
    gitUrl: urls.web,
    requests: log,
    faults,
    device: deviceLogin(state),
    addUser: (user) => addUser(state, user),
    renameUser: (from, to) => renameUser(state, from, to),
    createRepo: (repo) => createRepo(state, repo),
    gitDir: (name) => named(state, name).dir,
    readFile: (name, file, ref = 'main') =>
      git(['show', `${ref}:${file}`], { cwd: named(state, name).dir }).catch(() => undefined),
    pulls: (name) => named(state, name).pulls,
    gists: (login) => {
      const id = userByLogin(state, login)?.id;
      return [...state.gists.values()].filter((gist) => gist.ownerId === id).map((gist) => gist.id);
    },
    async close() {
      await close();
      closeReaders(home.path);
      await home.remove();
    },
  };
  for (const user of options.users ?? []) github.addUser(user);
  for (const repo of options.repos ?? []) await github.createRepo(repo);
  return github;
}

function createState(root: string, options: GitHubOptions): State {
  return {
    root,
    users: new Map(),
    tokens: new Map(),
    anonymous: { userId: 0, scopes: [], used: 0 },
    repos: new Map(),
    moved: new Map(),
    gists: new Map(),
    filled: new Set(),
    grants: new Map(),
    limits: { perToken: options.rateLimit ?? 5000, anonymous: options.anonymousRateLimit ?? 60 },
    forkDelay: options.forkDelay ?? 0,
    deviceInterval: options.deviceInterval ?? 0.05,
    resetAt: 0,
    nextId: 1001,
    now: Date.now,
  };
}

function createRouters() {
  const api = createRouter();
  addUserRoutes(api);
  addGistRoutes(api);
  addRepoRoutes(api);
  addContentRoutes(api);
  addCommitRoutes(api);
  addGitDataRoutes(api);
  addPullRoutes(api);
  api.add('GET', '/rate_limit', ({ state, token }) => ({ status: 200, json: limitJson(state, token) }));
  const login = createRouter();
  addLoginRoutes(login);
  const raw = createRouter();
  raw.add('GET', '/:owner/:repo/:rest*', readRaw);
  const gistRaw = createRouter();
  gistRaw.add('GET', '/:login/:id/raw', readRawGist);
  gistRaw.add('GET', '/:login/:id/raw/:rest*', readRawGist);
  return { routers: { api, login, raw, 'gist-raw': gistRaw, web: webRouter() }, gitRouter: gitRouter() };
}

/** Of the web site only the page of a user's public keys: `/{login}.keys`. */
function webRouter(): Router {
  const web = createRouter();
  web.add('GET', '/:page', ({ state, params }): Answer => {
    const login = /^(.+)\.keys$/.exec(params.page ?? '')?.[1];
    const user = login === undefined ? undefined : userByLogin(state, login);
    if (user === undefined) return { status: 404, bytes: Buffer.from('Not Found') };
    return { status: 200, bytes: Buffer.from(user.keys.map((key) => `${key.key}\n`).join('')) };
  });
  return web;
}

/** Only finds the repository; `serveGit` answers for all of them. */
function gitRouter(): Router {
  const router = createRouter();
  const unused = (): Answer => ({ status: 404 });
  const strip = (pattern: string) => {
    for (const method of ['GET', 'POST']) router.add(method, pattern, unused);
  };
  strip('/gist/:gist/:rest*');
  strip('/:owner/:repo/:rest*');
  return {
    add: router.add,
    find(method, path) {
      const found = router.find(method, path);
      if (found === undefined) return undefined;
      const { params } = found;
      for (const name of ['gist', 'repo'])
        if (params[name] !== undefined) params[name] = params[name].replace(/\.git$/, '');
      return found;
    },
  };
}

function addUser(state: State, user: NewUser): User {
  if (userByLogin(state, user.login) !== undefined) throw new Error(`the login ${user.login} is taken`);
  const key = (text: string) => ({
    id: newId(state),
    key: text.split(/\s+/).slice(0, 2).join(' '),
    title: '',
    createdAt: timestamp(state),
  });
  const added: User = {
    id: user.id ?? newId(state),
    login: user.login,
    type: user.type ?? 'User',
    name: user.name ?? null,
    createdAt: timestamp(state),
    keys: (user.keys ?? []).map(key),
    signingKeys: (user.signingKeys ?? []).map(key),
    members: new Set((user.members ?? []).map((login) => known(state, login).id)),
  };
  state.users.set(added.id, added);
  if (user.token !== undefined) {
    state.tokens.set(user.token, { userId: added.id, scopes: user.scopes ?? AUTHOR_SCOPES, used: 0 });
  }
  return added;
}

function renameUser(state: State, from: string, to: string): void {
  const user = known(state, from);
  if (userByLogin(state, to) !== undefined) throw new Error(`the login ${to} is taken`);
  for (const repo of state.repos.values()) {
    if (repo.ownerId === user.id) state.moved.set(fullName(state, repo).toLowerCase(), repo.id);
  }
  user.login = to;
}

async function createRepo(state: State, repo: NewRepo): Promise<Repo> {
  const owner = known(state, repo.owner);
  const made = await addRepo(state, { ownerId: owner.id, name: repo.name, private: repo.private ?? false });
  for (const login of repo.collaborators ?? []) made.collaborators.add(known(state, login).id);
  if (repo.files !== undefined) {
    const files = new Map(Object.entries(repo.files).map(([name, content]) => [name, Buffer.from(content)]));
    const author = { name: owner.login, email: `${owner.login}@example.org`, date: timestamp(state) };
    await commitFiles(made.dir, { ref: 'refs/heads/main', files, message: 'First', author });
    if ((await resolve(made.dir, 'main')) === undefined) throw new Error(`${repo.name} has no commit`);
  }
  return made;
}

function known(state: State, login: string): User {
  const user = userByLogin(state, login);
  if (user === undefined) throw new Error(`no user ${login}`);
  return user;
}

function named(state: State, name: string): Repo {
  const [owner = '', repoName = ''] = name.split('/');
  const repo = repoByName(state, owner, repoName);
  if (repo === undefined) throw new Error(`no repository ${name}`);
  return repo;
}
