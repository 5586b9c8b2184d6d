import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bareEnvironment, runProcess } from './process.ts';

/** The moment and the person of every commit that a helper makes, so that commit ids are the same in each run. */
export const FIXED_DATE = '2026-01-02T03:04:05Z';

export interface GitOptions {
  readonly cwd: string;
  readonly input?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
}

/** An environment in which git reads no configuration but the repository's own, asks nothing and dates by `FIXED_DATE`. */
export function gitEnvironment(extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  return bareEnvironment({
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_ASKPASS: '',
    GIT_AUTHOR_NAME: 'Alice Example',
    GIT_AUTHOR_EMAIL: 'alice@example.org',
    GIT_AUTHOR_DATE: FIXED_DATE,
    GIT_COMMITTER_NAME: 'Alice Example',
    GIT_COMMITTER_EMAIL: 'alice@example.org',
    GIT_COMMITTER_DATE: FIXED_DATE,
    ...extra,
  });
}

/** Runs git and returns its output as bytes. Throws with git's own words when it fails. */
export async function gitBytes(args: readonly string[], options: GitOptions): Promise<Buffer> {
  const result = await runProcess('git', args, {
    cwd: options.cwd,
    env: gitEnvironment(options.env),
    ...(options.input === undefined ? {} : { input: options.input }),
  });
  if (result.code !== 0) {
    throw new Error(
      `git ${args.join(' ')} in ${options.cwd} ended with ${result.code}: ${result.stderr.trim()}`,
    );
  }
  return result.stdout;
}

/** As `gitBytes`, as text without the last line feed. */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  return (await gitBytes(args, options)).toString('utf8').replace(/\n$/, '');
}

/** Files by their path inside of a repository. */
export type FileTree = Readonly<Record<string, string | Uint8Array>>;

/** Writes files below a folder, making the folders between. */
export async function writeTree(dir: string, files: FileTree): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

/** A real git work tree under test. */
export interface GitRepo {
  readonly dir: string;
  /** Runs git inside and returns its output. */
  git(...args: string[]): Promise<string>;
  /** Writes the files, adds everything and commits; returns the commit id. */
  commit(files: FileTree, message?: string): Promise<string>;
}

/** Makes a work tree with the branch `main`, isolated from the user's configuration; with `files`, one first commit. */
export async function gitRepo(dir: string, files?: FileTree): Promise<GitRepo> {
  await mkdir(dir, { recursive: true });
  const run = (...args: string[]) => git(args, { cwd: dir });
  await run('init', '--quiet', '--initial-branch=main', '--template=');
  await run('config', 'user.name', 'Alice Example');
  await run('config', 'user.email', 'alice@example.org');
  const repo: GitRepo = {
    dir,
    git: run,
    async commit(tree, message = 'Change') {
      await writeTree(dir, tree);
      await run('add', '--all');
      await run('commit', '--quiet', '--allow-empty', '--message', message);
      return run('rev-parse', 'HEAD');
    },
  };
  if (files !== undefined) await repo.commit(files, 'First');
  return repo;
}
