import { RegistryError } from '@mlld/format';
import type { PublishPlan } from './publish/types.ts';

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
}

/** How this package talks with a person. The command draws it; tests answer from a list. */
export interface Ui {
  /** Asks yes or no. @throws RegistryError NEEDS_TERMINAL when nobody can be asked, CANCELLED when they left */
  confirm(question: string): Promise<boolean>;
  /** Lets one of the choices be taken. @throws RegistryError NEEDS_TERMINAL, CANCELLED */
  choose<T extends string>(question: string, choices: readonly Choice<T>[]): Promise<T>;
  /** Something to know, kept on the screen. */
  note(text: string): void;
  /** The step that runs now; the next one replaces it. */
  progress(text: string): void;
}

/** With the one thing that only a publish shows. */
export interface PublishUi extends Ui {
  /** Shows everything that will become public. */
  plan(plan: PublishPlan): void;
}

/** For runs without a person: every question is refused, notes go to `note` if it is given. */
export function unattended(note: (text: string) => void = () => {}): PublishUi {
  const refuse = (question: string): Promise<never> =>
    Promise.reject(
      new RegistryError('NEEDS_TERMINAL', `'${question}' needs an answer, and nobody is there to give it`, {
        hint: 'Run it in a terminal, or answer with flags: --yes, --version <version>.',
      }),
    );
  return { confirm: refuse, choose: refuse, note, progress: () => {}, plan: () => {} };
}
