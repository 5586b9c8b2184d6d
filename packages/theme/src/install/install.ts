/** Puts a theme where the programs of this machine read it, and takes it away again. */
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { printable, RegistryError, userLayout } from '@mlld/format';
import type { ThemeSource } from '../source/read.ts';
import { variantsOf } from '../source/resolve.ts';
import type { CompiledTheme, ThemeInfo } from '../targets/target.ts';
import {
  type PlannedFile,
  readJournal,
  replaceFile,
  type Undone,
  undoJournal,
  writeFiles,
} from './journal.ts';
import { choosePlaces, extensionFolder, type Machine, type Place } from './places.ts';
import { withExtension, withoutExtension } from './vscode-list.ts';

export interface InstallPlan {
  /** `@alice/harbour@1.0.0` */
  readonly name: string;
  readonly places: readonly {
    readonly id: string;
    readonly title: string;
    readonly folder: string;
    readonly next: string;
  }[];
  readonly files: readonly PlannedFile[];
  readonly journal: string;
}

/** What would be written where. Nothing is. @throws RegistryError USAGE, FILE_NOT_FOUND (no program is here) */
export function planInstall(
  theme: ThemeSource,
  info: ThemeInfo,
  { machine, names }: { readonly machine: Machine; readonly names?: readonly string[] },
): InstallPlan {
  const compiled: CompiledTheme = { theme, info, variants: variantsOf(theme) };
  const chosen = choosePlaces(machine, names);
  if (chosen.length === 0)
    throw new RegistryError('FILE_NOT_FOUND', 'none of the programs that themes are installed for is here', {
      hint: "Name one with --for, or write the files with 'mlld theme build'.",
    });
  const files = chosen.flatMap((place) => filesFor(place, compiled, machine));
  return {
    name: `@${info.author}/${info.name}@${info.version}`,
    places: chosen.map((place) => ({
      id: place.id,
      title: place.title,
      folder: place.home(machine) ?? '',
      next: place.next(compiled),
    })),
    files,
    journal: path.join(journals(machine), `${info.author}+${info.name}.json`),
  };
}

function filesFor(place: Place, compiled: CompiledTheme, machine: Machine): PlannedFile[] {
  const home = place.home(machine) ?? '';
  const files = place
    .files(compiled)
    .map(({ path: file, content }) => ({ path: path.join(home, file), content }));
  const list = path.join(home, 'extensions.json');
  if (place.id !== 'vscode' || !existsSync(list)) return files;
  const { author, name, version } = compiled.info;
  const text = withExtension(readFileSync(list, 'utf8'), {
    id: `${author}.${name}`,
    version: version.replace(/-.*$/, ''),
    folder: extensionFolder(compiled),
    home,
  });
  return [...files, { path: list, content: text }];
}

const journals = ({ home }: Machine): string => path.join(home, userLayout.home, 'themes');

/** All or nothing; an install of the same theme from before is undone first. @throws RegistryError IO */
export async function install(plan: InstallPlan): Promise<void> {
  await writeFiles(plan.files, { journal: plan.journal, name: plan.name });
}

/** Themes that were installed here. */
export async function installed(
  machine: Machine,
): Promise<{ name: string; files: readonly string[]; done: boolean }[]> {
  const folder = journals(machine);
  const names = existsSync(folder)
    ? (await readdir(folder)).filter((one) => one.endsWith('.json')).sort()
    : [];
  const found = await Promise.all(names.map((one) => readJournal(path.join(folder, one))));
  return found.flatMap((one) =>
    one === undefined
      ? []
      : [{ name: one.name, files: one.files.map(({ path: file }) => file), done: one.done }],
  );
}

/** @param name `@alice/harbour` @throws RegistryError FILE_NOT_FOUND */
export async function uninstall(name: string, machine: Machine): Promise<Undone> {
  const [author = '', short = ''] = name.replace(/^@/, '').split('/');
  const file = path.join(journals(machine), `${path.basename(author)}+${path.basename(short)}.json`);
  const journal = await readJournal(file);
  if (journal === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `no theme '${printable(name)}' was installed here`, {
      hint: "'mlld theme list' shows those that were.",
    });
  const undone = await undoJournal(journal, file);
  return { ...undone, kept: await unlisted(undone.kept, `${author}.${short}`) };
}

/** The editor writes its list again and again: from one that is no longer ours, our entry alone is taken. */
async function unlisted(kept: readonly string[], id: string): Promise<string[]> {
  const others: string[] = [];
  for (const file of kept) {
    if (path.basename(file) !== 'extensions.json') others.push(file);
    else await replaceFile(file, JSON.stringify(withoutExtension(readFileSync(file, 'utf8'), id)));
  }
  return others;
}
