/**
 * Every command: its summary for `mlld help`, its other names, and its code, which is loaded when it is called.
 * Names of two words are subcommands.
 */
import type { Command } from '../command.ts';

export interface CommandEntry {
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly group: 'Programs' | 'Modules' | 'Authors' | 'Registries' | 'Help';
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const commands: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['init', { group: 'Programs', summary: 'Start a project in this folder', load: () => import('./init.ts') }],
  [
    'registry serve',
    {
      group: 'Registries',
      summary: 'Serve a distribution over HTTP, and its zone over DNS',
      load: () => import('./registry/serve.ts'),
    },
  ],
  [
    'registry dns',
    {
      group: 'Registries',
      summary: 'Print the DNS zone, compare a name server with it, or serve it',
      load: () => import('./registry/dns.ts'),
    },
  ],
  [
    'help',
    { group: 'Help', summary: 'Show the commands, or what one does', load: () => import('./help.ts') },
  ],
  [
    'completion',
    {
      group: 'Help',
      summary: 'Print a completion script for bash, zsh or fish',
      load: () => import('./completion.ts'),
    },
  ],
]);

/** Other names, as users of npm expect them. */
export const aliases: ReadonlyMap<string, string> = new Map(
  [...commands].flatMap(([name, entry]) => (entry.aliases ?? []).map((alias) => [alias, name] as const)),
);
