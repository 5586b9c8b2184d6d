import path from 'node:path';
import type { ReadModule } from '@mlld/client';
import { nearest, printable, RegistryError } from '@mlld/format';
import { type Analysis, analyse, type Example, type ExportInfo, highlightAnsi } from '@mlld/lang';
import { type Module, readModule } from '@mlld/publish';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { output } from '../output.ts';
import type { Report } from '../report.ts';
import { signatureOf } from '../signature.ts';

export const command = defineCommand({
  args: [{ name: 'module|path' }, { name: 'export', optional: true }],
  flags: clientFlags,
  details: `
Shows how to use a module: what it is for, and each export with its signature, description and examples. A module of the registry,
or a file or folder at hand. Nothing is run, nothing is installed.

  mlld docs @alice/strings
  mlld docs @alice/strings padStart
  mlld docs ./strings.mld.md`,
  async run(context) {
    const { args, flags, cwd, report } = context;
    const [target = '', wanted] = args;
    const source = target.startsWith('@')
      ? published(await withClient(context, (client) => client.read(target)))
      : await atHand(path.resolve(cwd, target));
    const { text, readme, file, of } = source;
    const analysis = await analyse(text, { file, ...(readme === undefined ? {} : { readme }) });
    const exports = wanted === undefined ? analysis.exports : [exportOf(analysis, wanted, of)];
    if (flags.json) report.json({ of, summary: summaryOf(analysis), exports: exports.map(jsonOf) });
    else show(report, { of, summary: wanted === undefined ? summaryOf(analysis) : undefined, exports });
  },
});

/** The entry of a module, and the README that documents it. */
interface Documented {
  /** How it is called for people. */
  readonly of: string;
  readonly file: string;
  readonly text: string;
  readonly readme: string | undefined;
}

function published({ name, version, entry, files }: ReadModule): Documented {
  const textAt = (file: string) => {
    const bytes = files.get(file);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  return { of: `${name}@${version}`, file: entry, text: textAt(entry) ?? '', readme: textAt('README.md') };
}

/** @throws RegistryError FILE_NOT_FOUND */
async function atHand(location: string): Promise<Documented> {
  const module = await readModule(location);
  const { author, name } = module.manifest;
  return {
    of: author !== undefined && name !== undefined ? `@${author}/${name}` : module.entry,
    file: module.entry,
    text: textIn(module, module.entry) ?? '',
    readme: module.layout === 'directory' ? textIn(module, 'README.md') : undefined,
  };
}

function textIn({ files }: Module, file: string): string | undefined {
  const found = files.find((one) => one.path === file);
  return found === undefined ? undefined : new TextDecoder().decode(found.bytes);
}

function exportOf({ exports }: Analysis, wanted: string, of: string): ExportInfo {
  const name = wanted.replace(/^@/, '');
  const found = exports.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = exports.map((one) => one.name);
  const near = nearest(name, names)[0];
  throw new RegistryError('EXPORT_NOT_FOUND', `${of} exports no '${printable(name)}'`, {
    hint:
      near === undefined
        ? `It exports: ${names.map((one) => printable(one)).join(', ')}`
        : `Did you mean '${printable(near)}'?`,
  });
}

/** What the module says of itself: frontmatter, else the section «tldr». */
function summaryOf({ frontmatter, docs }: Analysis): string | undefined {
  return frontmatter?.about ?? docs.tldr;
}

function jsonOf({ name, kind, parameters, returns, doc, examples }: ExportInfo) {
  return {
    name,
    kind,
    parameters,
    returns,
    doc,
    examples: examples.map(({ code, expected }) => ({ code, expected })),
  };
}

interface Shown {
  readonly of: string;
  readonly summary: string | undefined;
  readonly exports: readonly ExportInfo[];
}

function show(report: Report, { of, summary, exports }: Shown): void {
  report.print(report.style('bold', printable(of)));
  for (const line of lines(summary ?? '')) for (const part of wrapped(line, '')) report.print(part);
  if (exports.length === 0) report.print('It exports nothing.');
  for (const one of exports) {
    report.print();
    report.print(report.style('cyan', printable(signatureOf(one), 300)));
    for (const line of lines(one.doc ?? '')) for (const part of wrapped(line, '  ')) report.print(part);
    for (const example of one.examples) showExample(report, example);
  }
}

function showExample(report: Report, { code, expected }: Example): void {
  report.print();
  const plain = lines(code).join('\n');
  // With colours only where the terminal has them.
  const shown = report.style('bold', '') === '' ? plain : highlightAnsi(plain, { dialect: 'strict' });
  for (const line of shown.split('\n')) report.print(line === '' ? '' : `    ${line}`);
  for (const line of lines(expected ?? '')) report.print(`    ${report.style('green', '→')} ${line}`);
}

/** A line of prose as lines that fit a terminal; tables, lists and code keep theirs. Whole where nobody reads it on one. */
function wrapped(line: string, indent: string): string[] {
  const width =
    output.stdout.isTTY === true
      ? Math.min(output.stdout.columns ?? 80, 100) - indent.length
      : Number.POSITIVE_INFINITY;
  if (line.length <= width || /^\s*(?:\||[-*+] |\d+\. |\s{4}|```)/.test(line))
    return [line === '' ? '' : indent + line];
  const result: string[] = [];
  let current = '';
  for (const word of line.split(' ')) {
    if (current !== '' && current.length + 1 + word.length > width) {
      result.push(indent + current);
      current = word;
    } else current = current === '' ? word : `${current} ${word}`;
  }
  return [...result, indent + current];
}

/** The lines of a text from outside, none of which moves the cursor. */
function lines(text: string): string[] {
  const trimmed = text.replace(/^\n+|\s+$/g, '');
  return trimmed === '' ? [] : trimmed.split('\n').map((line) => printable(line, 1000));
}
