/** The author's git. */
import { RegistryError } from '@mlld/format';
import { type Environment, lastWords, run } from './process.ts';

export interface GitOptions {
  readonly cwd: string;
  readonly env: Environment;
}

/** Runs git and returns its output without the final newline. @throws RegistryError PROGRAM_FAILED, PROGRAM_MISSING */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const ran = await tryGit(args, options);
  if (ran.code !== 0) {
    throw new RegistryError(
      'PROGRAM_FAILED',
      `git ${args[0]} in ${options.cwd} failed: ${lastWords(ran.stderr)}`,
    );
  }
  return ran.stdout.replace(/\n$/, '');
}

/** As `git`, and undefined when git says no. */
export async function askGit(args: readonly string[], options: GitOptions): Promise<string | undefined> {
  const ran = await tryGit(args, options);
  return ran.code === 0 ? ran.stdout.replace(/\n$/, '') : undefined;
}

export function tryGit(args: readonly string[], { cwd, env }: GitOptions) {
  // No question by git itself: it would appear in the middle of ours, or wait for ever where nobody is.
  return run('git', args, { cwd, env: { ...env, GIT_TERMINAL_PROMPT: '0' } });
}

/** Settings for a commit where git knows no identity, as in a fresh container. */
export async function identityFor(author: string, options: GitOptions): Promise<string[]> {
  const known = options.env.GIT_AUTHOR_EMAIL ?? (await askGit(['config', 'user.email'], options));
  if (known !== undefined && known !== '') return [];
  return ['-c', `user.name=${author}`, '-c', `user.email=${author}@users.noreply.github.com`];
}
