/** `mlld create --update`: what a newer version of the template changed, merged into the project (docs/spec/templates.md §7). */
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { compareVersions, exitStatus, limits, RegistryError } from '@mlld/format';
import {
  applyChanges,
  collectAnswers,
  encodeRecord,
  hasMarks,
  type Merge,
  mergeProjects,
  type ProjectFiles,
  parseManifest,
  parseRecord,
  recordFile,
  recover,
  renderTemplate,
  standingAt,
  type TemplateRecord,
} from '@mlld/template';
import { type CreateContext, settingsOf } from './commands/create.ts';
import { confirmer } from './prompt.ts';
import { type TakenModule, take } from './take.ts';
import { askOnTerminal } from './template-questions.ts';

export async function updateProject(context: CreateContext): Promise<number> {
  const { cwd, args, flags, report } = context;
  const root = path.resolve(cwd, args[0] ?? '.');
  if (await recover(root)) report.note('An update that was interrupted was brought to its end.');
  const record = readRecord(root);
  const newer = await take(context, flags.template ?? record.template, 'template');
  assertSame(newer, record);
  if (newer.version === record.version) {
    if (flags.json) report.json({ template: newer.name, from: record.version, to: newer.version, files: [] });
    else report.print(`The project is of ${newer.name} ${newer.version}, the newest.`);
    return 0;
  }
  const older = await take(context, `${record.template}@${record.version}`, 'template');
  if (older.digest !== record.digest)
    throw new RegistryError(
      'HASH_MISMATCH',
      `${older.name} ${older.version} is not what this project was made from`,
      {
        hint: 'Its author or the registry gave out two things under one version. Look before you take more from them.',
        data: { wanted: record.digest, found: older.digest },
      },
    );
  const merge = await mergeInto(root, context, { record, older, newer });
  const { changes, files } = merge.plan;
  const touched = files.filter(({ outcome }) => outcome !== 'unchanged');
  if (!flags['dry-run'] && (await mayChange(touched.length, context)))
    await applyChanges(root, new Map([...changes, [recordFile, merge.record]]));
  const conflicts = touched.filter(({ outcome }) => ['conflict', 'beside', 'kept'].includes(outcome));
  if (flags.json)
    report.json({
      template: newer.name,
      from: record.version,
      to: newer.version,
      written: !flags['dry-run'],
      files: touched,
    });
  else show(context, { from: record.version, newer, touched });
  return conflicts.length === 0 ? 0 : exitStatus.conflict;
}

function readRecord(root: string): TemplateRecord {
  const file = path.join(root, recordFile);
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isFile() !== true)
    throw new RegistryError('FILE_NOT_FOUND', `there is no ${recordFile} here`, {
      hint: 'Run it in a project that mlld create made from a template of a registry.',
    });
  return parseRecord(readFileSync(file), recordFile);
}

function assertSame({ name, version }: TakenModule, record: TemplateRecord): void {
  if (name !== record.template)
    throw new RegistryError('USAGE', `the project was made from ${record.template}, not from ${name}`);
  if (compareVersions(version, record.version) < 0)
    throw new RegistryError(
      'VERSION_CONFLICT',
      `the project is of version ${record.version}, newer than ${version}`,
      {
        hint: 'There is nothing to update to.',
      },
    );
}

interface Versions {
  readonly record: TemplateRecord;
  readonly older: TakenModule;
  readonly newer: TakenModule;
}

async function mergeInto(
  root: string,
  { flags, interactive }: CreateContext,
  { record, older, newer }: Versions,
) {
  const before = record.answers;
  const manifest = parseManifest(newer.files.get(newer.entry) ?? '', newer.entry);
  const asks = interactive && !flags.yes && !flags.json;
  const answers = await collectAnswers(manifest, {
    project: String(before.get('project') ?? path.basename(root)),
    year: Number(before.get('year') ?? new Date().getUTCFullYear()),
    set: settingsOf(flags.set),
    ask: asks ? askOnTerminal : undefined,
    before,
  });
  const old = parseManifest(older.files.get(older.entry) ?? '', older.entry);
  const base = renderTemplate(old, older.files, before).files;
  const theirs = renderTemplate(manifest, newer.files, answers).files;
  const ours = await readOurs(root, new Set([...base.keys(), ...theirs.keys()]));
  const plan: Merge = mergeProjects({ base, theirs, ours, label: `${newer.name} ${newer.version}` });
  const { version, digest } = newer;
  return { plan, record: encodeRecord({ ...record, version, digest, answers }) };
}

async function readOurs(root: string, paths: ReadonlySet<string>): Promise<ProjectFiles> {
  const ours = new Map<string, Uint8Array>();
  for (const file of paths) {
    if ((await standingAt(root, file)) === 'nothing') continue;
    const absolute = path.join(root, file);
    if (lstatSync(absolute).size > limits.moduleBytes)
      throw new RegistryError('TOO_LARGE', `${file}: wanted at most ${limits.moduleBytes} bytes`);
    const bytes = readFileSync(absolute);
    if (hasMarks(bytes))
      throw new RegistryError('VERSION_CONFLICT', `${file} has conflicts of an earlier update in it`, {
        hint: 'Resolve them first: keep what is right, and take the marks out.',
      });
    ours.set(file, bytes);
  }
  return ours;
}

async function mayChange(files: number, context: CreateContext): Promise<boolean> {
  if (context.flags.yes || context.flags.json || !context.interactive) return true;
  if ((await confirmer(context)?.(`Change ${files} files?`)) === true) return true;
  throw new RegistryError('CANCELLED', 'nothing was changed');
}

function show(
  { report, flags }: CreateContext,
  { from, newer, touched }: { from: string; newer: TakenModule; touched: Merge['files'] },
): void {
  for (const { path: file, outcome, why } of touched)
    report.print(`${outcome.padEnd(9)} ${file}${why === undefined ? '' : `  (${why})`}`);
  const verb = flags['dry-run'] ? 'Nothing was written: ' : '';
  report.note(`${verb}${newer.name} ${from} → ${newer.version}, ${touched.length} files`);
}
