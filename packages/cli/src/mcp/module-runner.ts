/** A module or a file as `mlld mcp serve` offers it: what it exports, and how one export is run. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@mlld/client';
import {
  besideKey,
  formatRef,
  limits,
  type ModuleName,
  parseRef,
  printable,
  RegistryError,
} from '@mlld/format';
import { type Analysis, analyse, run } from '@mlld/lang';
import { type CallOptions, type ModuleToServe, type RunOutcome, visible } from '@mlld/mcp';
import type { Context, Flags } from '../command.ts';
import { milliseconds, sandboxFlags } from '../commands/run.ts';
import { programHost } from '../program-host.ts';
import { confirmer } from '../prompt.ts';

export const runnerFlags = {
  ...sandboxFlags,
  timeout: { type: 'string', value: 'seconds', about: 'End a call after this time (default: 60)' },
} as const satisfies Flags;

type RunnerContext = Context<typeof runnerFlags>;

/** @throws RegistryError FILE_NOT_FOUND, BAD_REF, and what resolving throws */
export async function moduleToServe(client: Client, context: RunnerContext): Promise<ModuleToServe> {
  const target = context.args[0] ?? '';
  const module = target.startsWith('@') ? await published(client, target) : await atHand(context, target);
  const { analysis } = module;
  const mistake = analysis.diagnostics.find(({ severity }) => severity === 'error');
  if (mistake !== undefined)
    throw new RegistryError('MLLD', `${printable(module.of)}: ${printable(mistake.message)}`, {
      hint: mistake.hint,
    });
  return {
    of: module.of,
    version: module.version,
    about: analysis.frontmatter?.about ?? analysis.docs.tldr,
    exports: analysis.exports,
    pure: isPure(analysis),
    documentation: module.documentation,
    run: (name, args, options) => runExport(client, context, { module, name, args, options }),
  };
}

interface Runnable {
  readonly of: string;
  readonly version: string;
  readonly analysis: Analysis;
  readonly documentation: string | undefined;
  /** What a program beside it writes behind `from`. */
  readonly from: string;
  /** Where that program is. */
  readonly program: string;
}

async function published(client: Client, ref: string): Promise<Runnable> {
  const { origin, source, file } = await client.resolveImport(formatRef(parseRef(ref)));
  const of = `${origin.name}@${origin.version}`;
  const { files } = await client.read(of);
  const bytes = files.get('README.md');
  const readme = bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  const analysis = await analyse(source, { file, ...(readme === undefined ? {} : { readme }) });
  const documentation = readme ?? (file.endsWith('.md') ? source : undefined);
  const program = path.join(client.root, 'mcp-serve.mld');
  return { of, version: origin.version, analysis, documentation, from: of, program };
}

const endings = ['', '.mld', '.mld.md', '.md', '/index.mld', '/index.mld.md'];

async function atHand({ cwd }: RunnerContext, wanted: string): Promise<Runnable> {
  const asked = path.resolve(cwd, wanted);
  const file = endings
    .map((ending) => asked + ending)
    .find((one) => existsSync(one) && /\.(?:mld|md)$/.test(one));
  if (file === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `there is no module '${printable(wanted)}'`, {
      hint: 'A module of a registry begins with @: mlld mcp serve @alice/strings.',
    });
  const name = path.basename(file);
  if (/["\\@\n\r]/.test(name))
    throw new RegistryError('BAD_PATH', `'${printable(name)}' can't stand in an import`, {
      hint: 'Rename the file.',
    });
  const source = readFileSync(file, 'utf8');
  const beside = path.join(path.dirname(file), 'README.md');
  const readme = !file.endsWith('.md') && existsSync(beside) ? readFileSync(beside, 'utf8') : undefined;
  const analysis = await analyse(source, { file, ...(readme === undefined ? {} : { readme }) });
  return {
    of: name,
    version: analysis.frontmatter?.version ?? '0.0.0',
    analysis,
    documentation: readme ?? (file.endsWith('.md') ? source : undefined),
    from: `"./${name}"`,
    program: path.join(path.dirname(file), 'mcp-serve.mld'),
  };
}

/** Computes and nothing else, as far as it says itself: an import may do more. */
function isPure({ needs, uses, imports }: Analysis): boolean {
  return (
    needs.every(({ name }) => name === 'js') &&
    uses.every((name) => name === 'js') &&
    imports.every(({ kind }) => kind === 'builtin')
  );
}

interface OneRun {
  readonly module: Runnable;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly options: CallOptions;
}

async function runExport(
  client: Client,
  { flags, report }: RunnerContext,
  { module, name, args, options }: OneRun,
): Promise<RunOutcome> {
  if (options.signal.aborted) throw new RegistryError('CANCELLED', 'the call was cancelled');
  const isCall = module.analysis.exports.find((one) => one.name === name)?.kind === 'exe';
  const given = args.map((_, i) => `@payload.a${i}`).join(', ');
  // A program prints what it returns: behind the mark stands the result once more.
  const mark = randomBytes(12).toString('hex');
  const source = [
    `import { @${name} as @served } from ${module.from}`,
    `var @result = @served${isCall ? `(${given})` : ''}`,
    `show "${mark}"`,
    '=> @result',
    '',
  ].join('\n');
  let printed = '';
  const keep = (text: string) => {
    if (printed.length < limits.mcpServedTextChars)
      printed += text.slice(0, limits.mcpServedTextChars - printed.length);
  };
  const host = programHost(client, {
    report,
    unsandboxed: flags['allow-unsandboxed'],
    envNames: flags.env,
    programTime: milliseconds(flags.timeout) ?? 60_000,
    overrides: {
      writeOut: keep,
      writeErr: (text) => report.detail(visible(text)),
      // The protocol's: nothing of it belongs to a module.
      stdin: async () => '',
    },
  });
  const { value } = await run(source, {
    file: module.program,
    host,
    args: Object.fromEntries(args.map((one, i) => [`a${i}`, one])),
  });
  const end = printed.lastIndexOf(mark);
  return { value, printed: end < 0 ? printed : printed.slice(0, end) };
}

/** Asks for all that a module and what it imports need and have not been granted; on a terminal only. */
export async function askForNeeds(
  client: Client,
  context: Pick<Context, 'interactive' | 'report'>,
  ref: string,
): Promise<void> {
  const { name } = parseRef(ref);
  const rows = await client.list();
  const byKey = new Map(rows.map((row) => [besideKey(row.name, row.version), row]));
  const queue = rows.filter((row) => row.name === name);
  const seen = new Set(queue);
  for (const row of queue) {
    for (const need of row.needs) {
      if (need === 'js' || row.granted.includes(need)) continue;
      if (confirmer(context) === undefined) {
        context.report.warn(
          `${row.name} needs ${printable(need)}, which nobody granted: its calls will fail`,
        );
        continue;
      }
      await client
        .requireNeed({ name: row.name as ModuleName, version: row.version, path: '' }, need)
        .catch((error: unknown) =>
          context.report.warn(error instanceof Error ? error.message : String(error)),
        );
    }
    for (const key of row.imports) {
      const next = byKey.get(key as ReturnType<typeof besideKey>);
      if (next !== undefined && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
}
