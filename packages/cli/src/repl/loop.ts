import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { nearest, printable, RegistryError, userLayout } from '@mlld/format';
import type { Interactive } from '@mlld/lang';
import { showError } from '../errors.ts';
import type { Report } from '../report.ts';
import { dotCommands, type ReplState } from './commands.ts';
import { complete } from './complete.ts';

export interface ReplOptions {
  readonly program: Interactive;
  readonly modules: () => Promise<readonly string[]>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  readonly input?: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly output?: NodeJS.WritableStream;
}

const prompts = { fresh: 'mlld> ', open: '  ... ' };
const maxHistory = 1000;

/** Reads and runs entries until the input ends. On a pipe the exit status is 1 if an entry failed. */
export async function readEntries(options: ReplOptions): Promise<number> {
  const { program, report, input = process.stdin } = options;
  const isTerminal = input.isTTY === true;
  const state: ReplState = { program, cwd: options.cwd, report, entered: [] };
  const lines = openLines(options, isTerminal);
  let pending = '';
  let failed = false;
  const prompt = (): void => {
    if (!isTerminal) return;
    lines.setPrompt(pending === '' ? prompts.fresh : prompts.open);
    lines.prompt();
  };
  lines.on('SIGINT', () => {
    // Ctrl-C drops what is being typed; on an empty prompt it ends.
    if (pending === '' && lines.line === '') lines.close();
    else {
      pending = '';
      lines.write(null, { ctrl: true, name: 'u' });
      process.stderr.write('\n');
      prompt();
    }
  });
  if (isTerminal) report.note('mlld, line by line. .help lists commands, .exit ends.');
  prompt();
  try {
    for await (const line of lines) {
      const entry = pending === '' ? line : `${pending}\n${line}`;
      const isDone = line.trim() === '' || entry.startsWith('.') || !program.isOpen(entry);
      pending = isDone ? '' : entry;
      if (isDone && entry.trim() !== '') {
        const outcome = await runEntry(state, entry.trimEnd());
        if (outcome === 'end') break;
        failed ||= outcome === 'failed';
      }
      prompt();
    }
    if (pending.trim() !== '') failed = (await runEntry(state, pending)) === 'failed' || failed;
  } finally {
    lines.close();
  }
  return failed && !isTerminal ? 1 : 0;
}

async function runEntry(state: ReplState, entry: string): Promise<'done' | 'failed' | 'end'> {
  try {
    if (entry.startsWith('.')) return (await runDot(state, entry)) ? 'end' : 'done';
    const { shown } = await state.program.enter(entry);
    if (shown !== undefined) state.report.print(shown);
    state.entered.push(entry);
    return 'done';
  } catch (error) {
    showError(error, {
      report: state.report,
      json: false,
      verbose: false,
      color: process.stderr.isTTY === true,
    });
    return 'failed';
  }
}

async function runDot(state: ReplState, entry: string): Promise<boolean> {
  const [, name = '', rest = ''] = /^(\.\S*)\s*([\s\S]*)$/.exec(entry) ?? [];
  const command = dotCommands.get(name);
  if (command !== undefined) return command.run(state, rest.trim());
  const near = nearest(name, [...dotCommands.keys()])[0];
  throw new RegistryError('USAGE', `there is no '${printable(name)}' here`, {
    hint: near === undefined ? '.help lists what there is.' : `Did you mean ${near}?`,
  });
}

function openLines(options: ReplOptions, isTerminal: boolean): Interface {
  const { env, input = process.stdin, output = process.stderr } = options;
  const file = path.join(env.HOME ?? homedir(), userLayout.replHistory);
  const lines = createInterface({
    input,
    ...(isTerminal ? { output, history: readHistory(file) } : {}),
    terminal: isTerminal,
    historySize: maxHistory,
    removeHistoryDuplicates: true,
    completer: (line: string, done: (error: null, found: [string[], string]) => void) => {
      complete(line, options).then(
        (found) => done(null, found),
        () => done(null, [[], '']),
      );
    },
  });
  if (isTerminal) lines.on('history', (history: string[]) => keepHistory(file, history));
  return lines;
}

function readHistory(file: string): string[] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .slice(0, maxHistory);
  } catch {
    return [];
  }
}

/** Newest first, as readline has it. It may hold what is secret: nobody else reads it. */
function keepHistory(file: string, history: readonly string[]): void {
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, `${history.join('\n')}\n`, { mode: 0o600 });
  } catch {
    // Without a home folder there is no history; the prompt works all the same.
  }
}
