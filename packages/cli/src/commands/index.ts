/** Every command, in the order of `mlld help`. */
import { authors } from './groups/authors.ts';
import { community } from './groups/community.ts';
import { help } from './groups/help.ts';
import { mcp } from './groups/mcp.ts';
import { modules } from './groups/modules.ts';
import { programs } from './groups/programs.ts';
import { registries } from './groups/registries.ts';
import type { CommandRow } from './groups/row.ts';

const groups = {
  Programs: programs,
  Modules: modules,
  MCP: mcp,
  Community: community,
  Authors: authors,
  Registries: registries,
  Help: help,
} as const satisfies Readonly<Record<string, readonly CommandRow[]>>;

export interface CommandEntry extends Omit<CommandRow, 'name'> {
  readonly group: keyof typeof groups;
}

export const commands: ReadonlyMap<string, CommandEntry> = new Map(
  Object.entries(groups).flatMap(([group, rows]) =>
    rows.map(({ name, ...row }) => [name, { ...row, group: group as keyof typeof groups }] as const),
  ),
);

/** Other names, as users of npm expect them. */
export const aliases: ReadonlyMap<string, string> = new Map(
  [...commands].flatMap(([name, entry]) => (entry.aliases ?? []).map((alias) => [alias, name] as const)),
);

export interface CalledCommand extends CommandEntry {
  readonly name: string;
  /** How many of the words name it. */
  readonly length: number;
}

/** The command with the longest name at the start of the words. */
export function commandAt(words: readonly string[]): CalledCommand | undefined {
  for (const length of [3, 2, 1]) {
    const typed = words.slice(0, length).join(' ');
    const name = aliases.get(typed) ?? typed;
    const entry = commands.get(name);
    if (entry !== undefined) return { ...entry, name, length: Math.min(length, words.length) };
  }
  return undefined;
}
