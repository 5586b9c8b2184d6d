/** Which place a module's bytes go to: the one asked for, the GitHub repository it lies in, else a gist. */
import { RegistryError } from '@mlld/format';
import { git, identityFor } from '../git.ts';
import { createGitHub, type GitHub } from '../github/client.ts';
import { endpointsOf } from '../github/endpoints.ts';
import type { Session } from '../github/login.ts';
import type { Module } from '../module/read.ts';
import type { Environment } from '../process.ts';
import type { Ui } from '../ui.ts';
import { placeInGist, unfitForGist } from './gist.ts';
import { placeAsGiven, sourceBase } from './given.ts';
import type { Placed } from './place.ts';
import { assertClean, assertPushed, type Checkout, findCheckout, placeInRepository } from './repository.ts';

export interface ChooseOptions {
  readonly source?: string | undefined;
  readonly gist?: boolean | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly ui: Ui;
  session(): Promise<Session | undefined>;
  /** The manifest is going to be rewritten, so that the commit to use does not exist yet. */
  readonly willChange: boolean;
}

export interface PutOptions {
  /** `@alice/strings 1.2.0` */
  readonly title: string;
  readonly known: GistId | undefined;
  /** Called as soon as a gist is there, before anything can fail after it. */
  made(gist: GistId): Promise<void>;
}

type GistId = { readonly id: string; readonly revision: string };

export interface PlaceChoice {
  readonly how: 'repository' | 'gist' | 'given';
  /** For people. */
  readonly where: string;
  /** Makes the bytes public there, if they are not yet. */
  put(module: Module, options: PutOptions): Promise<Placed>;
  /** Commits and pushes a file of the module that was rewritten. */
  keepEdit(module: Module, edit: { readonly file: string; readonly title: string }): Promise<void>;
}

const nothingToKeep = async (): Promise<void> => {};

/** @throws RegistryError USAGE, DIRTY_TREE, COMMIT_NOT_PUSHED, NOT_LOGGED_IN, CHECK_FAILED, GITHUB_* */
export async function choosePlace(module: Module, options: ChooseOptions): Promise<PlaceChoice> {
  if (options.source !== undefined) {
    const base = sourceBase(options.source, options.cwd);
    return { how: 'given', where: base, put: (now) => placeAsGiven(now, base), keepEdit: nothingToKeep };
  }
  const session = await options.session();
  if (options.gist !== true) {
    const endpoints = endpointsOf(options.env);
    const checkout = await findCheckout(module, { env: options.env, host: endpoints.host });
    const github = session?.github ?? createGitHub({ endpoints, ui: options.ui });
    if (checkout !== undefined && (await isPublic(checkout, github, options.ui))) {
      return repositoryChoice(module, { checkout, github, options });
    }
  }
  return gistChoice(module, session);
}

async function isPublic(checkout: Checkout, github: GitHub, ui: Ui): Promise<boolean> {
  const { owner, repo } = checkout;
  try {
    const { data } = await github.request('GET /repos/{owner}/{repo}', { owner, repo });
    if (data.private) ui.note(`${owner}/${repo} is private: the bytes go to a public gist instead.`);
    return !data.private;
  } catch (cause) {
    if (!(cause instanceof RegistryError) || cause.code !== 'GITHUB_NOT_FOUND') throw cause;
    ui.note(`${owner}/${repo} is not on GitHub: the bytes go to a gist instead.`);
    return false;
  }
}

async function repositoryChoice(
  module: Module,
  of: { checkout: Checkout; github: GitHub; options: ChooseOptions },
): Promise<PlaceChoice> {
  const { checkout, github, options } = of;
  const { env } = options;
  assertClean(checkout);
  if (!options.willChange) await assertPushed(checkout, github);
  const at = options.willChange ? 'a new commit' : checkout.commit.slice(0, 10);
  return {
    how: 'repository',
    where: `${github.endpoints.host}/${checkout.owner}/${checkout.repo} at ${at}`,
    async put(now) {
      const current = await findCheckout(now, { env, host: github.endpoints.host });
      if (current === undefined)
        throw new RegistryError('FILE_NOT_FOUND', `${module.root} is no longer a git repository`);
      return placeInRepository(now, current, github);
    },
    async keepEdit(now, { file, title }) {
      const here = { cwd: now.root, env };
      const identity = await identityFor(checkout.owner, here);
      await git([...identity, 'commit', '--quiet', '--message', title, '--', file], here);
      await git(['push', '--quiet', checkout.remote, 'HEAD'], here);
    },
  };
}

function gistChoice(module: Module, session: Session | undefined): PlaceChoice {
  const unfit = unfitForGist(module);
  if (unfit !== undefined) {
    throw new RegistryError(
      'CHECK_FAILED',
      `the module lies in no public GitHub repository, and a gist can't hold it: ${unfit}`,
      {
        hint: 'Push it to a public GitHub repository, or say where the bytes are public: --source <URL>.',
      },
    );
  }
  if (session === undefined) {
    throw new RegistryError(
      'NOT_LOGGED_IN',
      'the bytes have no public place: wanted a GitHub account for a gist, found no token',
      {
        hint: "Run 'mlld login', publish from a public GitHub repository, or say where the bytes are: --source <URL or folder>.",
      },
    );
  }
  const { github, account } = session;
  return {
    how: 'gist',
    where: `a new public gist of ${account.login}`,
    async put(now, { title, known, made }) {
      const placed = await placeInGist(now, { github, account, title, known });
      await made(placed.gist);
      return placed;
    },
    keepEdit: nothingToKeep,
  };
}
