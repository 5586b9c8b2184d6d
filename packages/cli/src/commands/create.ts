import path from 'node:path';
import { parseModuleName, printable, RegistryError } from '@mlld/format';
import {
  collectAnswers,
  encodeRecord,
  lookAt,
  type ProjectFiles,
  parseManifest,
  recordFile,
  renderTemplate,
  treeOf,
  writeProject,
} from '@mlld/template';
import { type Context, clientFlags, defineCommand } from '../command.ts';
import { confirmer } from '../prompt.ts';
import { isReference, type TakenModule, take } from '../take.ts';
import { askOnTerminal, chooseFolder, chooseTemplate } from '../template-questions.ts';

export const createFlags = {
  ...clientFlags,
  template: {
    type: 'string',
    short: 't',
    value: 'ref|folder',
    about: 'The template, such as @templates/api-docs',
  },
  set: { type: 'string', multiple: true, value: 'name=value', about: 'Answer a question of the template' },
  yes: { type: 'boolean', short: 'y', about: 'Ask nothing: defaults count' },
  force: { type: 'boolean', about: 'Write over files that are there' },
  update: { type: 'boolean', about: 'Bring what a newer version of the template changed into this project' },
  'dry-run': { type: 'boolean', about: 'Show what would be written, and stop' },
} as const;

export type CreateContext = Context<typeof createFlags>;

export const command = defineCommand({
  args: [{ name: 'folder', optional: true }],
  flags: createFlags,
  details: `
Makes a project from a template: a module of the registry, verified like any other, or a folder at hand. On a terminal it asks for what
is missing. All files are written, or none; never over files that are there, unless asked. Nothing of a template is run.

  mlld create my-project --template @templates/api-docs
  mlld create my-project -t @templates/mlld-project --set licence=MIT --yes
  mlld create --update                  in a project that was made so`,
  async run(context) {
    if (context.flags.update) {
      const { updateProject } = await import('../update-project.ts');
      return updateProject(context);
    }
    return createProject(context);
  },
});

async function createProject(context: CreateContext): Promise<number> {
  const { flags, cwd, args, report } = context;
  const asks = context.interactive && !flags.yes && !flags.json;
  const what = flags.template ?? (asks ? await chooseTemplate(context) : undefined);
  if (what === undefined)
    throw new RegistryError('USAGE', 'mlld create: wanted --template', {
      hint: 'mlld search --kind template lists templates; on a terminal, mlld create asks.',
    });
  const named = args[0] ?? (asks ? await chooseFolder() : undefined);
  if (named === undefined) throw new RegistryError('USAGE', 'mlld create: wanted the folder of the project');
  const folder = path.resolve(cwd, named);
  const taken = await take(context, what, 'template');
  const { files, next } = await render(taken, context, { folder, asks, isRemembered: isReference(what) });
  const target = await lookAt(folder, files);
  if (!flags['dry-run']) {
    await mayWrite(target, context);
    await writeProject(target, files);
  }
  const made = { template: taken.name, version: taken.version, folder, written: !flags['dry-run'] };
  if (flags.json) report.json({ ...made, files: [...files.keys()], existing: target.existing, next });
  else show(context, { made, files, next, existing: target.existing });
  return 0;
}

interface RenderOptions {
  readonly folder: string;
  readonly asks: boolean;
  /** A folder at hand has no versions: there is nothing to be remembered. */
  readonly isRemembered: boolean;
}

async function render(
  taken: TakenModule,
  { flags }: CreateContext,
  { folder, asks, isRemembered }: RenderOptions,
) {
  const manifest = parseManifest(taken.files.get(taken.entry) ?? '', taken.entry);
  const answers = await collectAnswers(manifest, {
    project: path.basename(folder),
    year: new Date().getUTCFullYear(),
    set: settingsOf(flags.set),
    ask: asks ? askOnTerminal : undefined,
  });
  const { files, next } = renderTemplate(manifest, taken.files, answers);
  if (!isRemembered) return { files, next };
  const { name, version, digest } = taken;
  const record = encodeRecord({ v: 1, template: parseModuleName(name), version, digest, answers });
  return { files: new Map([...files, [recordFile, record]]), next };
}

/** @throws RegistryError USAGE */
export function settingsOf(set: readonly string[]): Map<string, string> {
  return new Map(
    set.map((one) => {
      const at = one.indexOf('=');
      if (at < 1) throw new RegistryError('USAGE', `--set: wanted name=value, found '${printable(one)}'`);
      return [one.slice(0, at), one.slice(at + 1)];
    }),
  );
}

async function mayWrite(
  { inUse, existing, folder }: Awaited<ReturnType<typeof lookAt>>,
  context: CreateContext,
): Promise<void> {
  if (!inUse || context.flags.force) return;
  const confirm = context.flags.yes || context.flags.json ? undefined : confirmer(context);
  const there = existing
    .slice(0, 5)
    .map((one) => printable(one))
    .join(', ');
  const what =
    existing.length === 0
      ? `'${printable(path.basename(folder))}' is not empty`
      : `${existing.length} of its files are there already: ${there}${existing.length > 5 ? ', …' : ''}`;
  if (
    (await confirm?.(
      `${what}. ${existing.length === 0 ? 'Put the project into it' : 'Write over them'}?`,
    )) === true
  )
    return;
  throw new RegistryError('IO', `nothing was written: ${what}`, {
    hint: 'Name another folder, or say --force.',
  });
}

interface Shown {
  readonly made: {
    readonly template: string;
    readonly version: string;
    readonly folder: string;
    readonly written: boolean;
  };
  readonly files: ProjectFiles;
  readonly next: readonly string[];
  readonly existing: readonly string[];
}

function show({ report, cwd }: CreateContext, { made, files, next, existing }: Shown): void {
  const there = new Set(existing);
  report.print(`${path.relative(cwd, made.folder) || '.'}/`);
  for (const line of treeOf(files.keys(), (file) => (there.has(file) ? '  (is there already)' : '')))
    report.print(line);
  report.note(
    made.written
      ? `${files.size} files from ${made.template} ${made.version}`
      : `Nothing was written: ${files.size} files would come from ${made.template} ${made.version}`,
  );
  if (!made.written || next.length === 0) return;
  report.print('\nNext:');
  for (const line of next) report.print(`  ${printable(line, 500)}`);
}
