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
  ['run', { group: 'Programs', summary: 'Run an mlld program', load: () => import('./run.ts') }],
  ['init', { group: 'Programs', summary: 'Start a project in this folder', load: () => import('./init.ts') }],
  [
    'install',
    {
      group: 'Modules',
      summary: 'Bring the modules of this project into the cache',
      aliases: ['i'],
      load: () => import('./install.ts'),
    },
  ],
  ['add', { group: 'Modules', summary: 'Add modules to this project', load: () => import('./add.ts') }],
  [
    'remove',
    {
      group: 'Modules',
      summary: 'Take modules out of this project',
      aliases: ['rm', 'uninstall'],
      load: () => import('./remove.ts'),
    },
  ],
  [
    'update',
    {
      group: 'Modules',
      summary: 'Raise modules to the newest allowed',
      aliases: ['up', 'upgrade'],
      load: () => import('./update.ts'),
    },
  ],
  [
    'outdated',
    {
      group: 'Modules',
      summary: 'Show modules that have newer versions',
      load: () => import('./outdated.ts'),
    },
  ],
  [
    'list',
    {
      group: 'Modules',
      summary: 'Show the modules of this project',
      aliases: ['ls'],
      load: () => import('./list.ts'),
    },
  ],
  [
    'info',
    {
      group: 'Modules',
      summary: 'Show what a registry says about a module',
      aliases: ['view', 'show'],
      load: () => import('./info.ts'),
    },
  ],
  ['why', { group: 'Modules', summary: 'Show who brings a module in', load: () => import('./why.ts') }],
  [
    'verify',
    { group: 'Modules', summary: 'Verify modules again, step by step', load: () => import('./verify.ts') },
  ],
  [
    'cache ls',
    {
      group: 'Modules',
      summary: 'List the modules in the cache',
      aliases: ['cache list'],
      load: async () => ({ command: (await import('./cache.ts')).ls }),
    },
  ],
  [
    'cache verify',
    {
      group: 'Modules',
      summary: 'Check every file of the cache',
      load: async () => ({ command: (await import('./cache.ts')).verify }),
    },
  ],
  [
    'cache gc',
    {
      group: 'Modules',
      summary: 'Remove what no project uses',
      aliases: ['cache clean'],
      load: async () => ({ command: (await import('./cache.ts')).gc }),
    },
  ],
  [
    'new',
    {
      group: 'Authors',
      summary: 'Start a module, an MCP server, a theme or a template',
      load: () => import('./new.ts'),
    },
  ],
  ['check', { group: 'Authors', summary: 'Check a module by all rules', load: () => import('./check.ts') }],
  ['publish', { group: 'Authors', summary: 'Publish a module', load: () => import('./publish.ts') }],
  ['login', { group: 'Authors', summary: 'Log in to GitHub', load: () => import('./login.ts') }],
  ['logout', { group: 'Authors', summary: 'Forget the login', load: () => import('./logout.ts') }],
  ['whoami', { group: 'Authors', summary: 'Show who is logged in', load: () => import('./whoami.ts') }],
  [
    'registry init',
    {
      group: 'Registries',
      summary: 'Make a registry repository',
      load: () => import('./registry/init.ts'),
    },
  ],
  [
    'registry check',
    {
      group: 'Registries',
      summary: 'Check a registry repository or a pull request',
      load: () => import('./registry/check.ts'),
    },
  ],
  [
    'registry build',
    {
      group: 'Registries',
      summary: 'Build the distribution of a registry repository',
      load: () => import('./registry/build.ts'),
    },
  ],
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
