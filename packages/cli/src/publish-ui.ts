/** How the author's commands talk with a person: prompts on a terminal, notes on stderr. */
import { RegistryError } from '@mlld/format';
import type { Choice, PublishPlan, PublishUi } from '@mlld/publish';
import type { Report } from './report.ts';

type Clack = typeof import('@clack/prompts');

export interface UiOptions {
  readonly report: Report;
  readonly interactive: boolean;
  /** Called with what will become public. */
  readonly showPlan?: (plan: PublishPlan) => void;
}

/** The `Ui` of the author's package over this terminal; close it to remove the progress line. */
export function terminalUi({ report, interactive, showPlan }: UiOptions): PublishUi & { close(): void } {
  let progress: ReturnType<Report['progress']> | undefined;
  const close = () => {
    progress?.done();
    progress = undefined;
  };
  const ask = async <T>(question: string, prompt: (clack: Clack) => Promise<T | symbol>): Promise<T> => {
    close();
    if (!interactive) {
      throw new RegistryError(
        'NEEDS_TERMINAL',
        `'${question}' needs an answer, and nobody is there to give it`,
        {
          hint: 'Answer with flags: --yes, --bump patch|minor|major, --version <version>.',
        },
      );
    }
    const clack = await import('@clack/prompts');
    const answer = await prompt(clack);
    if (clack.isCancel(answer)) throw new RegistryError('CANCELLED', 'stopped; nothing more was done');
    return answer as T;
  };
  return {
    confirm: (message) => ask<boolean>(message, (clack) => clack.confirm({ message, initialValue: false })),
    choose: <T extends string>(message: string, choices: readonly Choice<T>[]) => {
      const options = choices.map(({ value, label }) => ({ value: value as string, label }));
      return ask<string>(message, (clack) => clack.select({ message, options })) as Promise<T>;
    },
    note: (text) => {
      close();
      report.note(text);
    },
    progress: (text) => {
      if (progress === undefined) progress = report.progress(text);
      else progress.update(text);
    },
    plan: (plan) => {
      close();
      showPlan?.(plan);
    },
    close,
  };
}
