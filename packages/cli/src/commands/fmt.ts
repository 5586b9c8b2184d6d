import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { format, MlldError } from '@mlld/lang';
import { defineCommand } from '../command.ts';
import type { Report } from '../report.ts';
import { sourceDiff } from '../source-diff.ts';
import { readSources, type SourceFile } from '../sources.ts';

export const command = defineCommand({
  args: [{ name: 'file|folder|-', optional: true, rest: true }],
  flags: {
    check: { type: 'boolean', about: 'Write nothing; fail if a file would change' },
    diff: { type: 'boolean', about: 'Write nothing; show what would change' },
    'stdin-name': {
      type: 'string',
      value: 'file',
      about: 'The name of what comes on standard input: tells its dialect',
    },
  },
  details: `
Lays out .mld files and the mlld-run fences of .mld.md files: indentation, spaces, empty lines. Texts, templates, embedded code, comments
and prose stay as they are, and so does what the program means. Without a name: this folder.

  mlld fmt
  mlld fmt --check src
  cat a.mld | mlld fmt -`,
  async run({ args, flags, cwd, report }) {
    const results: Result[] = [];
    for (const source of readSources(cwd, args.length === 0 ? ['.'] : args)) {
      results.push(formatOne(source, flags['stdin-name']));
    }
    const writes = !flags.check && !flags.diff;
    for (const result of results) if (writes) write(result, report, flags.json);
    if (flags.json)
      report.json({ files: results.map(({ name, status, error }) => ({ name, status, error })) });
    else await show(results, { report, diff: flags.diff, writes });
    const failed = results.some(({ status }) => status === 'failed');
    return failed || (!writes && results.some(({ status }) => status === 'changed')) ? 1 : 0;
  },
});

interface Result {
  readonly name: string;
  readonly source: SourceFile;
  readonly status: 'same' | 'changed' | 'failed';
  readonly text: string;
  readonly error:
    | { code: string; message: string; line: number | undefined; frame: string | undefined }
    | undefined;
}

function formatOne(source: SourceFile, stdinName: string | undefined): Result {
  const { name } = source;
  try {
    const text = format(source.text, { file: name === '-' ? (stdinName ?? 'stdin.mld') : name });
    return { name, source, status: text === source.text ? 'same' : 'changed', text, error: undefined };
  } catch (error) {
    if (!(error instanceof MlldError)) throw error;
    const { code, message, position, frame } = error;
    return {
      name,
      source,
      status: 'failed',
      text: source.text,
      error: { code, message, line: position?.line, frame },
    };
  }
}

function write({ source, status, text }: Result, report: Report, json: boolean): void {
  if (source.path !== undefined) {
    if (status === 'changed') writeFileSync(source.path, text);
  } else if (json && status !== 'failed') {
    throw new RegistryError(
      'USAGE',
      'standard input is printed as it is laid out: --json goes with files, --check or --diff',
    );
  } else if (status !== 'failed') report.write(text);
}

interface Shown {
  readonly report: Report;
  readonly diff: boolean;
  readonly writes: boolean;
}

async function show(results: readonly Result[], { report, diff, writes }: Shown): Promise<void> {
  for (const result of results) {
    const { name, status, error } = result;
    if (error !== undefined) {
      report.note(`${printable(name)}:${error.line ?? 1}: ${error.code}: ${error.message}`);
      if (error.frame !== undefined) report.note(error.frame);
    } else if (status === 'changed' && diff) await showDiff(report, result);
    else if (status === 'changed' && name !== '-') report.print(printable(name, 1000));
  }
  if (results.length !== 1 || results[0]!.name !== '-') report.note(summary(results, writes));
}

function summary(results: readonly Result[], writes: boolean): string {
  const count = (status: Result['status']): number => results.filter((one) => one.status === status).length;
  const changed = `${count('changed')} file${count('changed') === 1 ? '' : 's'} ${writes ? 'laid out' : 'would change'}`;
  const failed = count('failed') > 0 ? `, ${count('failed')} with mistakes` : '';
  return `${changed}, ${count('same')} as they should be${failed}`;
}

async function showDiff(report: Report, { name, source, text }: Result): Promise<void> {
  const bytes = (content: string) => new Map([[path.basename(name), new TextEncoder().encode(content)]]);
  const lines = (await sourceDiff(bytes(source.text), bytes(text))).split('\n');
  report.print(report.style('bold', printable(name, 1000)));
  for (const line of lines.slice(lines.findIndex((one) => one.startsWith('@@')))) {
    const style = line.startsWith('+')
      ? 'green'
      : line.startsWith('-')
        ? 'red'
        : line.startsWith('@@')
          ? 'cyan'
          : undefined;
    if (line !== '') report.print(style === undefined ? line : report.style(style, line));
  }
}
