/** `mlld run` alone, as one file that start.ts loads: what is waited for most often loads nothing of the other commands. */
import { areEngineFlagsSet } from '@mlld/lang';
import { callCommand, reported } from './call.ts';
import { command } from './commands/run.ts';

export { areEngineFlagsSet };

/** Runs `mlld run` with these words. Never throws: every failure becomes an exit status. */
export function runProgram(words: readonly string[]): Promise<number> {
  return reported(words, (report) => callCommand('run', { command, words, report }));
}
