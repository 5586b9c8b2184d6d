/** Questions on a terminal. The library is loaded when the first one is asked. */
import type { Context } from './command.ts';

/** As `confirmer`, for a client that works while a line of progress stands there: the line goes before the question comes. */
export function asking(
  context: Pick<Context, 'interactive'>,
  before: () => void,
): { readonly confirm: ((question: string) => Promise<boolean>) | undefined } {
  const confirm = confirmer(context);
  if (confirm === undefined) return { confirm };
  return {
    confirm: (question) => {
      before();
      return confirm(question);
    },
  };
}

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
