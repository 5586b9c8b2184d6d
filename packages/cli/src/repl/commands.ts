import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import type { Interactive } from '@mlld/lang';
import type { Report } from '../report.ts';

export interface ReplState {
  readonly program: Interactive;
  readonly cwd: string;
  readonly report: Report;
  /** What was entered without a failure, for `.save`. */
  readonly entered: string[];
}

interface DotCommand {
  readonly about: string;
  /** True ends the loop. */
  readonly run: (state: ReplState, rest: string) => Promise<boolean>;
}

/** What begins with a dot is said to the prompt, not to mlld. */
export const dotCommands: ReadonlyMap<string, DotCommand> = new Map<string, DotCommand>([
  ['.help', { about: 'Show this list', run: help }],
  ['.load', { about: 'Run a file here: .load lib.mld', run: load }],
  ['.save', { about: 'Write what was entered to a file: .save tries.mld', run: save }],
  ['.type', { about: 'Say the type of a value, or the signature of a function: .type @f', run: type }],
  ['.exit', { about: 'End (also: Ctrl-D)', run: async () => true }],
]);

async function help({ report }: ReplState): Promise<boolean> {
  for (const [name, { about }] of dotCommands) report.print(`${name.padEnd(7)} ${about}`);
  report.print('An empty line ends what is open. Tab completes names, fields and modules.');
  return false;
}

async function load({ program, cwd, report, entered }: ReplState, rest: string): Promise<boolean> {
  const source = readFileSync(path.resolve(cwd, wanted(rest, '.load')), 'utf8');
  const { shown } = await program.enter(source);
  if (shown !== undefined) report.print(shown);
  entered.push(source.trimEnd());
  return false;
}

async function save({ cwd, report, entered }: ReplState, rest: string): Promise<boolean> {
  const name = wanted(rest, '.save');
  // Never over a file that is there: what was typed here is worth less.
  writeFileSync(path.resolve(cwd, name), entered.map((entry) => `${entry}\n`).join(''), { flag: 'wx' });
  report.note(`${entered.length} entries are in ${printable(name)}.`);
  return false;
}

async function type({ program, report }: ReplState, rest: string): Promise<boolean> {
  report.print(await program.typeOf(wanted(rest, '.type')));
  return false;
}

function wanted(rest: string, command: string): string {
  if (rest !== '') return rest;
  throw new RegistryError('USAGE', `${command}: wanted one more word, found nothing`, {
    hint: '.help shows how.',
  });
}
