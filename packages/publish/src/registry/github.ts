/** A registry repository on GitHub, changed by a pull request from the author's fork. */
import { todaysRegistry } from '@mlld/builder';
import { layout, limits, parseRegistryInfo, printable, RegistryError } from '@mlld/format';
import type { GitHub } from '../github/client.ts';
import type { Account } from '../github/login.ts';
import { remembered } from './added.ts';
import type { RegistryTarget, Submission, Submitted } from './target.ts';

interface Repository {
  readonly owner: string;
  readonly repo: string;
}

interface Open {
  readonly github: GitHub;
  readonly account: Account;
  readonly at: Repository;
  /** Branch that pull requests go to, and its commit when the repository was opened. */
  readonly base: string;
  readonly head: string;
  readonly mayPush: boolean;
}

/** How often and how long (milliseconds) a new fork is waited for. */
const FORK_PAUSES = [300, 700, 1500, 3000, 5000, 8000, 13_000];

/** Opens `owner/repo`. @throws RegistryError GITHUB_*, REGISTRY_NOT_FOUND, BAD_JSON, BAD_SHAPE */
export async function openGitHubRegistry(
  name: string,
  session: { github: GitHub; account: Account },
): Promise<RegistryTarget> {
  const { github } = session;
  const [owner = '', repo = ''] = name.split('/');
  const at = { owner, repo };
  const { data } = await github.request('GET /repos/{owner}/{repo}', at);
  const base = data.default_branch;
  const ref = await github.request('GET /repos/{owner}/{repo}/git/ref/{ref}', {
    ...at,
    ref: `heads/${base}`,
  });
  const open: Open = {
    ...session,
    at,
    base,
    head: ref.data.object.sha,
    mayPush: data.permissions?.push === true,
  };
  const info = await readAt(open, { ...at, ref: open.head }, layout.registry);
  // Today's public registry describes itself by its modules/ alone.
  if (info === undefined && (await listAt(open, 'modules')).length === 0) {
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `${printable(name)} on GitHub has no ${layout.registry} and no modules/`,
      {
        hint: 'It is no registry repository. Name another with --to <owner>/<repository>.',
      },
    );
  }
  return {
    where: `pull request to ${github.endpoints.web.replace(/^https?:\/\//, '')}/${owner}/${repo}`,
    info: info === undefined ? todaysRegistry : parseRegistryInfo(info, `${name}: ${layout.registry}`),
    // The commit that is read never changes.
    read: remembered((path) => readAt(open, { ...at, ref: open.head }, path)),
    list: (folder) => listAt(open, folder),
    paths: () => allPaths(open),
    async readProposed(branch, path) {
      const source = await workingCopy(open, { create: false });
      return source === undefined ? undefined : readAt(open, { ...source, ref: branch }, path);
    },
    submit: (submission) => submit(open, submission),
    close: async () => {},
  };
}

async function readAt(
  { github }: Open,
  at: Repository & { ref: string },
  path: string,
): Promise<string | undefined> {
  const found = await unlessMissing(() =>
    github.request('GET /repos/{owner}/{repo}/contents/{path}', {
      ...at,
      path,
      headers: { accept: 'application/vnd.github+json' },
    }),
  );
  if (found === undefined || Array.isArray(found.data) || found.data.type !== 'file') return undefined;
  if (found.data.size > limits.indexBytes)
    throw new RegistryError('TOO_LARGE', `${path}: ${found.data.size} bytes`);
  return Buffer.from(found.data.content, 'base64').toString('utf8');
}

async function listAt({ github, at, head }: Open, folder: string): Promise<string[]> {
  const found = await unlessMissing(() =>
    github.request('GET /repos/{owner}/{repo}/contents/{path}', { ...at, path: folder, ref: head }),
  );
  return found !== undefined && Array.isArray(found.data) ? found.data.map((entry) => entry.name) : [];
}

async function allPaths({ github, at, head }: Open): Promise<string[]> {
  const { data } = await github.request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', {
    ...at,
    tree_sha: head,
    recursive: '1',
  });
  return data.tree.flatMap((entry) =>
    entry.type === 'blob' && entry.path !== undefined ? [entry.path] : [],
  );
}

/** Undefined where GitHub says that there is nothing. */
async function unlessMissing<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (cause) {
    const code = cause instanceof RegistryError ? cause.code : undefined;
    if (code === 'GITHUB_NOT_FOUND' || code === 'GITHUB_CONFLICT') return undefined;
    throw cause;
  }
}

/** Each step looks first whether an earlier run did it. */
async function submit(open: Open, submission: Submission): Promise<Submitted> {
  const source = await workingCopy(open, { create: true });
  if (source === undefined)
    throw new RegistryError('GITHUB_NOT_FOUND', 'the fork of the registry is not there');
  const existing = await findPull(open, source, submission.branch);
  const changed = await ensureBranch(open, source, submission);
  if (existing !== undefined) return { how: 'pull-request', reference: existing, already: !changed };
  const { data } = await open.github.request('POST /repos/{owner}/{repo}/pulls', {
    ...open.at,
    title: submission.title,
    body: submission.body,
    head: `${source.owner}:${submission.branch}`,
    base: open.base,
    maintainer_can_modify: true,
  });
  return { how: 'pull-request', reference: data.html_url, already: false };
}

/** Where the branch is made: the registry itself for those who may push to it, else the author's fork. */
async function workingCopy(open: Open, options: { create: boolean }): Promise<Repository | undefined> {
  if (open.mayPush) return open.at;
  const existing = await findFork(open);
  if (existing !== undefined || !options.create) return existing;
  const { data } = await open.github.request('POST /repos/{owner}/{repo}/forks', {
    ...open.at,
    default_branch_only: true,
  });
  const fork = { owner: data.owner.login, repo: data.name };
  await waitForFork(open, fork);
  return fork;
}

/** The author's repository of the registry's name, if it is a fork of it; else by search among the registry's forks. */
async function findFork({ github, account, at }: Open): Promise<Repository | undefined> {
  const own = { owner: account.login, repo: at.repo };
  const full = `${at.owner}/${at.repo}`.toLowerCase();
  const found = await unlessMissing(() => github.request('GET /repos/{owner}/{repo}', own));
  const isFork = found?.data.fork === true && found.data.parent?.full_name.toLowerCase() === full;
  if (found !== undefined && isFork) return { owner: found.data.owner.login, repo: found.data.name };
  if (found === undefined) return undefined;
  const forks = await github.request('GET /repos/{owner}/{repo}/forks', {
    ...at,
    per_page: 100,
    sort: 'newest',
  });
  const mine = forks.data.find((fork) => fork.owner.id === account.id);
  return mine === undefined ? undefined : { owner: mine.owner.login, repo: mine.name };
}

/** GitHub answers before the fork is there. */
async function waitForFork({ github, base }: Open, fork: Repository): Promise<void> {
  for (const pause of [0, ...FORK_PAUSES]) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    const ref = await unlessMissing(() =>
      github.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...fork, ref: `heads/${base}` }),
    );
    if (ref !== undefined) return;
  }
  throw new RegistryError(
    'GITHUB_UNREACHABLE',
    `GitHub is still making the fork ${fork.owner}/${fork.repo}`,
    {
      hint: 'Run the same command again in a minute; it goes on where it stopped.',
    },
  );
}

/** The open pull request from the branch, by its page. */
async function findPull(
  { github, at, base }: Open,
  source: Repository,
  branch: string,
): Promise<string | undefined> {
  const { data } = await github.request('GET /repos/{owner}/{repo}/pulls', {
    ...at,
    head: `${source.owner}:${branch}`,
    base,
    state: 'open',
  });
  return data.find((pull) => pull.head.ref === branch)?.html_url;
}

/** Brings the branch to one commit with the files on top of the registry; false if it was there already. */
async function ensureBranch(open: Open, source: Repository, submission: Submission): Promise<boolean> {
  const { github, head } = open;
  const ref = `heads/${submission.branch}`;
  const existing = await unlessMissing(() =>
    github.request('GET /repos/{owner}/{repo}/git/ref/{ref}', { ...source, ref }),
  );
  if (existing !== undefined && (await holdsAll(open, { ...source, ref: submission.branch }, submission)))
    return false;
  const commit = await github.request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', {
    ...open.at,
    commit_sha: head,
  });
  const tree = await github.request('POST /repos/{owner}/{repo}/git/trees', {
    ...source,
    base_tree: commit.data.tree.sha,
    tree: [...submission.files].map(([path, content]) => ({
      path,
      mode: '100644' as const,
      type: 'blob' as const,
      content,
    })),
  });
  const made = await github.request('POST /repos/{owner}/{repo}/git/commits', {
    ...source,
    message: submission.title,
    tree: tree.data.sha,
    parents: [head],
  });
  if (existing === undefined) {
    await github.request('POST /repos/{owner}/{repo}/git/refs', {
      ...source,
      ref: `refs/${ref}`,
      sha: made.data.sha,
    });
  } else {
    await github.request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
      ...source,
      ref,
      sha: made.data.sha,
      force: true,
    });
  }
  return true;
}

async function holdsAll(
  open: Open,
  at: Repository & { ref: string },
  { files }: Submission,
): Promise<boolean> {
  for (const [path, text] of files) if ((await readAt(open, at, path)) !== text) return false;
  return true;
}
