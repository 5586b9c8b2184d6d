/** Questions on a terminal. The library is loaded when the first one is asked. */
import type { Context } from './command.ts';

/** Asks yes or no; undefined where nobody can be asked, which callers take for no. */
export function confirmer({
  interactive,
}: Pick<Context, 'interactive'>): ((question: string) => Promise<boolean>) | undefined {
  if (!interactive) return undefined;
  return async (question) => {
    const { confirm, isCancel } = await import('@clack/prompts');
    const answer = await confirm({ message: question, initialValue: false, output: process.stderr });
    return !isCancel(answer) && answer;
  };
}
