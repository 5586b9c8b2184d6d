/** What may stand at the cursor of a command line that is being typed, for the completion of shells (commands/completion.ts). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isModuleName, parseLock, userLayout } from '@mlld/format';
import { findRoot } from '@mlld/lang';
import { type ArgSpec, type Command, commonFlags, type FlagSpec, type Flags } from './command.ts';
import { commandAt, commands } from './commands/index.ts';

export interface Candidate {
  readonly word: string;
  /** One line, or nothing. */
  readonly about: string;
}

/** @param words those after `mlld`; the last one is being typed, and may be empty. None: a file may be meant, or nothing is known. */
export async function candidates(words: readonly string[], cwd: string): Promise<Candidate[]> {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const all = [...nextWords(before), ...(await ofCommand(before, { typed, cwd }))];
  return all.filter(({ word }) => word.startsWith(typed));
}

/** The next words of commands that begin with these. */
function nextWords(before: readonly string[]): Candidate[] {
  const found = new Map<string, string>();
  for (const [name, { summary }] of commands) {
    const words = name.split(' ');
    const next = words[before.length];
    if (next === undefined || before.some((word, i) => word !== words[i])) continue;
    const isWhole = words.length === before.length + 1;
    if (isWhole || !found.has(next))
      found.set(next, isWhole ? summary : `mlld ${[...before, next].join(' ')} …`);
  }
  return asCandidates(found);
}

interface Typing {
  readonly typed: string;
  readonly cwd: string;
}

/** Flags, their values and arguments of the command that the words begin with. */
async function ofCommand(before: readonly string[], { typed, cwd }: Typing): Promise<Candidate[]> {
  const called = commandAt(before);
  if (called === undefined) return [];
  const { command } = await called.load();
  const given = before.slice(called.length);
  const specs: Flags = { ...command.flags, ...commonFlags };
  const { args, flags, waiting, isEnded } = readGiven(command, given, specs);
  if (waiting !== undefined) return (waiting.choices ?? []).map(plain);
  const written = isEnded ? undefined : /^--([\w-]+)=/.exec(typed);
  if (written) return (specs[written[1]!]?.choices ?? []).map((choice) => plain(`${written[0]}${choice}`));
  if (typed.startsWith('-') && !isEnded) return flagsLeft(specs, flags);
  const arg = command.args[args] ?? command.args.findLast(({ rest }) => rest === true);
  return arg === undefined ? [] : ofArgument(arg, { cwd, given });
}

interface Given {
  /** How many arguments. */
  readonly args: number;
  readonly flags: ReadonlySet<string>;
  /** The flag whose value comes next. */
  readonly waiting: FlagSpec | undefined;
  /** No flag of the command can follow. */
  readonly isEnded: boolean;
}

function readGiven({ stopAtFirstArg }: Command, given: readonly string[], specs: Flags): Given {
  let args = 0;
  let waiting: FlagSpec | undefined;
  let isEnded = false;
  const flags = new Set<string>();
  for (const word of given) {
    if (waiting !== undefined) waiting = undefined;
    else if (isEnded || !word.startsWith('-')) {
      args++;
      isEnded ||= stopAtFirstArg === true;
    } else if (word === '--') isEnded = true;
    else {
      const [name = '', value] = word.replace(/^--?/, '').split('=', 2);
      const spec = specs[name] ?? Object.values(specs).find(({ short }) => short === name);
      flags.add(name);
      if (spec?.type === 'string' && value === undefined) waiting = spec;
    }
  }
  return { args, flags, waiting, isEnded };
}

function flagsLeft(specs: Flags, given: ReadonlySet<string>): Candidate[] {
  return Object.entries(specs)
    .filter(([name, { multiple }]) => multiple === true || !given.has(name))
    .map(([name, { about }]) => ({ word: `--${name}`, about }));
}

function ofArgument({ name, choices }: ArgSpec, { cwd, given }: { cwd: string; given: readonly string[] }) {
  if (choices !== undefined) return choices.map(plain);
  if (name === 'command') return nextWords(given);
  return /\bmodule\b/.test(name) ? lockedModules(cwd).map(plain) : [];
}

/** Modules of the project's lock file; none if it cannot be read, for nobody reads an error while they type. */
function lockedModules(cwd: string): string[] {
  const file = path.join(findRoot(cwd), userLayout.lock);
  try {
    return [...parseLock(readFileSync(file, 'utf8'), file).modules.keys()].filter(isModuleName);
  } catch {
    return [];
  }
}

const plain = (word: string): Candidate => ({ word, about: '' });
const asCandidates = (found: ReadonlyMap<string, string>) =>
  [...found].map(([word, about]) => ({ word, about }));
