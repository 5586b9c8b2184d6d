/** From the words on the command line to a command and its exit status. */
import { nearest, printable, RegistryError } from '@mlld/format';
import { giveEngine, wasEngineUsed } from '@mlld/lang';
import { callCommand, reported } from './call.ts';
import type { Command } from './command.ts';
import { aliases, commandAt, commands } from './commands/index.ts';
import { writeDirectly } from './output.ts';
import type { Report } from './report.ts';

export { giveEngine, wasEngineUsed, writeDirectly };

/** Whether it is the first word of a command. */
export function isCommand(word: string): boolean {
  return aliases.has(word) || [...commands.keys()].some((name) => `${name} `.startsWith(`${word} `));
}

/** Runs the command that the words name. Never throws: every failure becomes an exit status. */
export function main(words: readonly string[]): Promise<number> {
  return reported(words, (report) => dispatch(words, report));
}

async function dispatch(words: readonly string[], report: Report): Promise<number> {
  const first = words[0];
  if (first === undefined || first === '--help' || first === '-h') return call('help', [], report);
  const { name, length } = commandAt(words) ?? fail(words);
  return call(name, words.slice(length), report);
}

async function call(name: string, words: readonly string[], report: Report): Promise<number> {
  const { command } = await commands.get(name)!.load();
  if (wantsHelp(command, words)) {
    const { commandHelp } = await import('./help-text.ts');
    report.write(commandHelp(name, command));
    return 0;
  }
  return callCommand(name, { command, words, report });
}

function wantsHelp(command: Command, words: readonly string[]): boolean {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  if (command.stopAtFirstArg) return own[0] === '--help' || own[0] === '-h';
  return own.includes('--help') || own.includes('-h');
}

/** @throws RegistryError USAGE */
function fail(words: readonly string[]): never {
  const first = words[0] ?? '';
  const subcommands = [...commands.keys()].filter((name) => name.startsWith(`${first} `));
  if (subcommands.length > 0) {
    const typed = words[1] === undefined ? 'nothing' : `'${printable(words[1])}'`;
    throw new RegistryError('USAGE', `mlld ${first}: wanted a subcommand, found ${typed}`, {
      hint: `One of: ${subcommands.join(', ')}.`,
    });
  }
  const near = nearest(first, [...commands.keys(), ...aliases.keys()])[0];
  throw new RegistryError('USAGE', `there is no command '${printable(first)}'`, {
    hint: near ? `Did you mean mlld ${near}?` : 'mlld help lists the commands.',
  });
}
