/** Bytes in the author's GitHub repository, at a commit that is pushed. */
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { askGit, git } from '../git.ts';
import type { GitHub } from '../github/client.ts';
import type { Module } from '../module/read.ts';
import type { Environment } from '../process.ts';
import { type Placed, sourceAt, verifyPlaced } from './place.ts';

/** A module that lies in a clone of a GitHub repository. */
export interface Checkout {
  readonly owner: string;
  readonly repo: string;
  readonly remote: string;
  /** Folder of the work tree. */
  readonly top: string;
  /** Path of the module's root inside of it, '' for the top. */
  readonly prefix: string;
  readonly commit: string;
  /** The module's files that differ from the commit, or are not in it. */
  readonly dirty: readonly string[];
}

export interface CheckoutSearch {
  readonly env: Environment;
  /** The host whose repositories count. */
  readonly host: string;
}

/** The checkout that a module lies in, or undefined if it is in none of this GitHub. */
export async function findCheckout(
  module: Module,
  { env, host }: CheckoutSearch,
): Promise<Checkout | undefined> {
  const here = { cwd: module.root, env };
  const top = await askGit(['rev-parse', '--show-toplevel'], here).catch(() => undefined);
  const commit =
    top === undefined ? undefined : await askGit(['rev-parse', '--verify', '--quiet', 'HEAD'], here);
  if (top === undefined || commit === undefined) return undefined;
  const found = await githubRemote(here, host);
  if (found === undefined) return undefined;
  const prefix = (await git(['rev-parse', '--show-prefix'], here)).replace(/\/$/, '');
  const paths = module.files.map((file) => file.path);
  const status = await git(
    ['status', '--porcelain', '-z', '--ignored', '--untracked-files=all', '--no-renames', '--', ...paths],
    here,
  );
  const dirty = status
    .split('\0')
    .filter(Boolean)
    .map((line) => path.posix.relative(prefix, line.slice(3)));
  return { ...found, top, prefix, commit, dirty };
}

/** The remote of the branch, else `origin`, else any, whose URL is on this GitHub. */
async function githubRemote(
  here: { cwd: string; env: Environment },
  host: string,
): Promise<{ owner: string; repo: string; remote: string } | undefined> {
  const branch = await askGit(['symbolic-ref', '--quiet', '--short', 'HEAD'], here);
  const upstream =
    branch === undefined ? undefined : await askGit(['config', `branch.${branch}.remote`], here);
  const all = ((await askGit(['remote'], here)) ?? '').split('\n').filter(Boolean);
  for (const remote of new Set([upstream, 'origin', ...all])) {
    if (remote === undefined || !all.includes(remote)) continue;
    const url = await askGit(['remote', 'get-url', remote], here);
    const found = url === undefined ? undefined : parseRemote(url, host);
    if (found !== undefined) return { ...found, remote };
  }
  return undefined;
}

/** `https://host/owner/repo(.git)`, `ssh://git@host/…`, `git@host:owner/repo`. */
export function parseRemote(url: string, host: string): { owner: string; repo: string } | undefined {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const [found, rest] =
    URL.canParse(url) && url.includes('://')
      ? [new URL(url).host, new URL(url).pathname]
      : [scp?.[1], scp?.[2]];
  const match = /^\/?([A-Za-z0-9-]+)\/([A-Za-z0-9._-]+?)(?:\.git)?\/?$/.exec(rest ?? '');
  // SSH and HTTP may listen on different ports of one host.
  const bare = (name: string | undefined) => name?.replace(/:\d+$/, '').replace(/^ssh\./, '');
  if (match?.[1] === undefined || match[2] === undefined || bare(found) !== bare(host)) return undefined;
  return { owner: match[1], repo: match[2] };
}

/** @throws RegistryError DIRTY_TREE */
export function assertClean({ dirty }: Checkout): void {
  if (dirty.length === 0) return;
  const files = dirty
    .slice(0, 5)
    .map((file) => printable(file))
    .join(', ');
  throw new RegistryError('DIRTY_TREE', `not committed: ${files}`, {
    hint: "Commit and push them, or publish the bytes as a gist with '--gist'.",
    data: { files: dirty },
  });
}

/** @throws RegistryError COMMIT_NOT_PUSHED, GITHUB_* */
export async function assertPushed(checkout: Checkout, github: GitHub): Promise<void> {
  if (await isPushed(checkout, github)) return;
  const { commit, owner, repo, remote } = checkout;
  throw new RegistryError(
    'COMMIT_NOT_PUSHED',
    `commit ${commit.slice(0, 10)} is on no branch of ${owner}/${repo}`,
    {
      hint: `Push it: git push ${remote} HEAD`,
    },
  );
}

/**
 * Uses the commit that is checked out. The files must be as in the commit, and the commit must be on a branch of the
 * public repository.
 * @throws RegistryError DIRTY_TREE, COMMIT_NOT_PUSHED, GITHUB_*, HASH_MISMATCH, UNREACHABLE
 */
export async function placeInRepository(module: Module, checkout: Checkout, github: GitHub): Promise<Placed> {
  const { owner, repo, commit, prefix } = checkout;
  assertClean(checkout);
  await assertPushed(checkout, github);
  const base = await rawBase(checkout, module, github);
  await verifyPlaced(module, base);
  const url = `${github.endpoints.web}/${owner}/${repo}`;
  const at = module.layout === 'file' ? [prefix, module.entry].filter(Boolean).join('/') : prefix;
  const repository = { type: 'git' as const, url, commit, ...(at === '' ? {} : { path: at }) };
  const where = `${url.replace(/^https?:\/\//, '')} at ${commit.slice(0, 10)}`;
  return { sources: [base], source: sourceAt(module, base, { repository }), where };
}

/** Branches that are looked at to find one that has the commit. */
const BRANCHES = 20;

/** Whether a branch on GitHub has the commit: of others (a fork's, a deleted branch's) the bytes may vanish. */
async function isPushed({ owner, repo, commit }: Checkout, github: GitHub): Promise<boolean> {
  const at = { owner, repo };
  const has = async (branch: string): Promise<boolean> => {
    try {
      const basehead = `${encodeURIComponent(branch)}...${commit}`;
      const { data } = await github.request('GET /repos/{owner}/{repo}/compare/{basehead}', {
        ...at,
        basehead,
      });
      return data.status === 'behind' || data.status === 'identical';
    } catch (cause) {
      if (isMissing(cause)) return false;
      throw cause;
    }
  };
  const { data } = await github.request('GET /repos/{owner}/{repo}', at);
  if (await has(data.default_branch)) return true;
  const branches = await github.request('GET /repos/{owner}/{repo}/branches', { ...at, per_page: BRANCHES });
  for (const branch of branches.data) {
    if (branch.commit.sha === commit || (branch.name !== data.default_branch && (await has(branch.name))))
      return true;
  }
  return false;
}

const isMissing = (cause: unknown): boolean =>
  cause instanceof RegistryError && (cause.code === 'GITHUB_NOT_FOUND' || cause.code === 'GITHUB_INVALID');

/** The raw URL of the module's folder at the commit, taken from where GitHub says that the entry can be downloaded. */
async function rawBase(
  { owner, repo, commit, prefix }: Checkout,
  module: Module,
  github: GitHub,
): Promise<string> {
  const file = [prefix, module.entry].filter(Boolean).join('/');
  const { data } = await github.request('GET /repos/{owner}/{repo}/contents/{path}', {
    owner,
    repo,
    path: file,
    ref: commit,
  });
  const url = Array.isArray(data) ? null : data.download_url;
  const clean = url === null ? undefined : url.split('?')[0];
  if (clean === undefined || !clean.endsWith(`/${module.entry}`) || !clean.includes(commit)) {
    throw new RegistryError(
      'GITHUB_INVALID',
      `GitHub names no raw URL for ${printable(file)} at ${commit.slice(0, 10)}`,
    );
  }
  return clean.slice(0, -module.entry.length);
}
