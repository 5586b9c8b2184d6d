/** Calls one command: what stands around the code of each. */
import { isRegistryError, RegistryError } from '@mlld/format';
import { type Command, type Context, parseWords } from './command.ts';
import { isTerminal } from './output.ts';
import { createReport, type Report } from './report.ts';

export interface Call {
  readonly command: Command;
  /** What follows the command's name. */
  readonly words: readonly string[];
  readonly report: Report;
}

/** Runs `work` with a report as the words want it. Never throws: every failure is shown and becomes an exit status. */
export async function reported(
  words: readonly string[],
  work: (report: Report) => Promise<number>,
): Promise<number> {
  const verbose = words.includes('--verbose');
  const color = !words.includes('--no-color') && !process.env.NO_COLOR;
  const report = createReport({ verbose, color });
  try {
    return await work(report);
  } catch (error) {
    const { showError } = await import('./errors.ts');
    return showError(error, { report, json: words.includes('--json'), verbose, color });
  }
}

/** Reads the words and runs the command. @throws RegistryError USAGE, or what the command throws */
export async function callCommand(name: string, { command, words, report }: Call): Promise<number> {
  const { args, flags } = withUsage(name, () => parseWords(command, words));
  const context: Context = {
    args,
    flags: flags as Context['flags'],
    cwd: process.cwd(),
    env: process.env,
    report,
    // Found when it is asked for: few commands ask, and Node takes time to load its terminals.
    get interactive() {
      const isThere = isTerminal(0, () => process.stdin) && isTerminal(2, () => process.stderr);
      return !process.env.CI && isThere;
    },
  };
  return (await command.run(context)) ?? 0;
}

function withUsage<T>(name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!isRegistryError(error, 'USAGE')) throw error;
    throw new RegistryError('USAGE', `mlld ${name}: ${error.message}`, {
      cause: error,
      hint: error.hint ?? `mlld ${name} --help shows how it is used.`,
    });
  }
}
