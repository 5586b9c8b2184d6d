import { randomBytes } from 'node:crypto';
import path from 'node:path';

export interface PublicKey {
  readonly id: number;
  readonly key: string;
  readonly title: string;
  readonly createdAt: string;
}

export interface User {
  readonly id: number;
  /** Current login as the user writes it; compared without regard to case. */
  login: string;
  readonly type: 'User' | 'Organization';
  readonly name: string | null;
  readonly createdAt: string;
  readonly keys: PublicKey[];
  readonly signingKeys: PublicKey[];
  /** Of an organisation: ids of the members, who may push to all its repositories. */
  readonly members: Set<number>;
}

export interface Token {
  readonly userId: number;
  readonly scopes: readonly string[];
  /** Requests used of the primary limit in the current window. */
  used: number;
}

export interface Pull {
  readonly id: number;
  readonly number: number;
  readonly userId: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  draft: boolean;
  readonly base: { readonly repoId: number; ref: string; sha: string };
  readonly head: { readonly repoId: number; readonly ref: string; sha: string };
  mergedAt: string | null;
  mergeSha: string | null;
  closedAt: string | null;
  readonly createdAt: string;
  updatedAt: string;
}

export interface Repo {
  readonly id: number;
  ownerId: number;
  name: string;
  readonly private: boolean;
  readonly description: string | null;
  readonly defaultBranch: string;
  readonly parentId: number | null;
  readonly collaborators: Set<number>;
  readonly pulls: Pull[];
  /** The bare repository on disk. */
  readonly dir: string;
  readonly createdAt: string;
  /** Until this moment (milliseconds) the git data of a fresh fork is not there yet. */
  readonly readyAt: number;
}

export interface Gist {
  readonly id: string;
  readonly ownerId: number;
  readonly public: boolean;
  description: string | null;
  readonly dir: string;
  readonly createdAt: string;
  updatedAt: string;
}

export interface DeviceGrant {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly expiresAt: number;
  interval: number;
  lastPoll: number;
  outcome: 'pending' | 'approved' | 'denied' | 'used';
  /** Who approved. */
  userId: number | undefined;
}

export interface Limits {
  /** Requests an hour of a token, and of all requests without one. */
  readonly perToken: number;
  readonly anonymous: number;
}

/** Everything the server knows besides what lies in the git repositories. */
export interface State {
  readonly root: string;
  readonly users: Map<number, User>;
  readonly tokens: Map<string, Token>;
  readonly anonymous: Token;
  readonly repos: Map<number, Repo>;
  /** Former full names (`owner/name`, lower case) of repositories that were renamed or whose owner was. */
  readonly moved: Map<string, number>;
  readonly gists: Map<string, Gist>;
  /** Repositories that are known to have a commit. */
  readonly filled: Set<number>;
  readonly grants: Map<string, DeviceGrant>;
  readonly limits: Limits;
  /** Milliseconds that a fork takes to become readable. */
  readonly forkDelay: number;
  /** Seconds between two polls of a device login. */
  readonly deviceInterval: number;
  /** Epoch second at which the current rate-limit window ends. */
  resetAt: number;
  nextId: number;
  /** Milliseconds since the epoch. */
  now(): number;
}

export const timestamp = (state: State): string => `${new Date(state.now()).toISOString().slice(0, 19)}Z`;
export const newId = (state: State): number => state.nextId++;
export const newGistId = (): string => randomBytes(16).toString('hex');
export const repoDir = (state: State, id: number): string => path.join(state.root, 'repos', `${id}.git`);
export const gistDir = (state: State, id: string): string => path.join(state.root, 'gists', `${id}.git`);

export function userByLogin(state: State, login: string): User | undefined {
  const wanted = login.toLowerCase();
  for (const user of state.users.values()) if (user.login.toLowerCase() === wanted) return user;
  return undefined;
}

/** A user that is known to exist because something belongs to it. */
export function userById(state: State, id: number): User {
  const user = state.users.get(id);
  if (user === undefined) throw new Error(`no user ${id}`);
  return user;
}

export const fullName = (state: State, repo: Repo): string =>
  `${userById(state, repo.ownerId).login}/${repo.name}`;

/** The repository of exactly this name now; `moved` holds the names of before. */
export function repoByName(state: State, owner: string, name: string): Repo | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  for (const repo of state.repos.values()) if (fullName(state, repo).toLowerCase() === wanted) return repo;
  return undefined;
}

/** Whether the user may push to the repository. */
export function mayPush(state: State, repo: Repo, user: User | undefined): boolean {
  if (user === undefined) return false;
  if (repo.ownerId === user.id || repo.collaborators.has(user.id)) return true;
  return userById(state, repo.ownerId).members.has(user.id);
}

/** Whether the user may see the repository at all. */
export function mayRead(state: State, repo: Repo, user: User | undefined): boolean {
  return !repo.private || mayPush(state, repo, user);
}
