/**
 * Every command: its summary for `mlld help`, its other names, and its code, which is loaded when it is called.
 * Names of two words are subcommands.
 */
import type { Command } from '../command.ts';

export interface CommandEntry {
  readonly summary: string;
  readonly aliases?: readonly string[];
  readonly group: 'Programs' | 'Modules' | 'MCP' | 'Community' | 'Authors' | 'Registries' | 'Help';
  readonly load: () => Promise<{ readonly command: Command }>;
}

export const commands: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['run', { group: 'Programs', summary: 'Run an mlld program', load: () => import('./run.ts') }],
  [
    'call',
    {
      group: 'Programs',
      summary: 'Call a function of a module, once or as a service',
      load: () => import('./call.ts'),
    },
  ],
  [
    'export',
    {
      group: 'Programs',
      summary: 'Make a package of a module for another language',
      load: () => import('./export.ts'),
    },
  ],
  [
    'lsp',
    {
      group: 'Programs',
      summary: 'Serve an editor: completion, mistakes, definitions, renaming',
      load: () => import('./lsp.ts'),
    },
  ],
  [
    'repl',
    {
      group: 'Programs',
      summary: 'Run mlld line by line',
      load: () => import('./repl.ts'),
    },
  ],
  [
    'fmt',
    {
      group: 'Programs',
      summary: 'Lay out sources: indentation, spaces, empty lines',
      aliases: ['format'],
      load: () => import('./fmt.ts'),
    },
  ],
  [
    'highlight',
    {
      group: 'Programs',
      summary: 'Print a source in colours, for terminals and pages',
      load: () => import('./highlight.ts'),
    },
  ],
  ['init', { group: 'Programs', summary: 'Start a project in this folder', load: () => import('./init.ts') }],
  [
    'create',
    {
      group: 'Programs',
      summary: 'Make a project from a template, or bring it up to date',
      load: () => import('./create.ts'),
    },
  ],
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
  [
    'docs',
    {
      group: 'Modules',
      summary: 'Show how to use a module, export by export',
      load: () => import('./docs.ts'),
    },
  ],
  [
    'search',
    {
      group: 'Modules',
      summary: 'Find modules by words, names, symbols and properties',
      aliases: ['find', 's'],
      load: () => import('./search.ts'),
    },
  ],
  [
    'open',
    {
      group: 'Modules',
      summary: "Open a module's page in the browser",
      load: () => import('./open.ts'),
    },
  ],
  [
    'browse',
    {
      group: 'Modules',
      summary: 'Show the pages of a registry from your cache, offline',
      load: () => import('./browse.ts'),
    },
  ],
  [
    'similar',
    { group: 'Modules', summary: 'Show modules like another one', load: () => import('./similar.ts') },
  ],
  ['why', { group: 'Modules', summary: 'Show who brings a module in', load: () => import('./why.ts') }],
  [
    'verify',
    { group: 'Modules', summary: 'Verify modules again, step by step', load: () => import('./verify.ts') },
  ],
  [
    'review',
    {
      group: 'Community',
      summary: 'Review a module: read it, judge it, sign that',
      load: () => import('./review.ts'),
    },
  ],
  [
    'trust',
    {
      group: 'Community',
      summary: "Say how far you believe somebody's reviews",
      load: async () => ({ command: (await import('./trust.ts')).trust }),
    },
  ],
  [
    'distrust',
    {
      group: 'Community',
      summary: "Say that somebody's reviews are not to be believed",
      load: async () => ({ command: (await import('./trust.ts')).distrust }),
    },
  ],
  [
    'star',
    {
      group: 'Community',
      summary: 'Say that you like a module',
      load: async () => ({ command: (await import('./star.ts')).star }),
    },
  ],
  [
    'unstar',
    {
      group: 'Community',
      summary: 'Take your star back',
      load: async () => ({ command: (await import('./star.ts')).unstar }),
    },
  ],
  [
    'deprecate',
    {
      group: 'Authors',
      summary: 'Say that a module of yours is no longer looked after',
      load: () => import('./deprecate.ts'),
    },
  ],
  [
    'collection new',
    {
      group: 'Community',
      summary: 'Start a list of modules that you recommend',
      load: async () => ({ command: (await import('./collection/make.ts')).newCollection }),
    },
  ],
  [
    'collection add',
    {
      group: 'Community',
      summary: 'Put a module into your list, with the reason',
      load: async () => ({ command: (await import('./collection/make.ts')).addToCollection }),
    },
  ],
  [
    'collection sign',
    {
      group: 'Community',
      summary: 'Sign your list and send it to the registry',
      load: async () => ({ command: (await import('./collection/make.ts')).signCollection }),
    },
  ],
  [
    'collection list',
    {
      group: 'Community',
      summary: 'Show lists of modules that people recommend',
      load: async () => ({ command: (await import('./collection/show.ts')).listCollections }),
    },
  ],
  [
    'collection show',
    {
      group: 'Community',
      summary: 'Show one of those lists, with the reasons',
      load: async () => ({ command: (await import('./collection/show.ts')).showCollection }),
    },
  ],
  [
    'report',
    {
      group: 'Community',
      summary: 'Report a module or an author to the people of a registry',
      load: () => import('./report.ts'),
    },
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
  [
    'scan',
    {
      group: 'Modules',
      summary: 'Show what a module can do, and what looks dangerous in it',
      load: () => import('./scan.ts'),
    },
  ],
  ['theme new', { group: 'Authors', summary: 'Start a theme', load: () => import('./theme/new.ts') }],
  [
    'theme build',
    {
      group: 'Authors',
      summary: 'Compile a theme for editors, pages and terminals',
      load: () => import('./theme/build.ts'),
    },
  ],
  [
    'theme check',
    { group: 'Authors', summary: 'Measure the contrast of a theme', load: () => import('./theme/check.ts') },
  ],
  [
    'theme preview',
    { group: 'Authors', summary: 'Show a theme on mlld code', load: () => import('./theme/preview.ts') },
  ],
  [
    'theme install',
    {
      group: 'Programs',
      summary: 'Put a theme where editors read it',
      load: async () => ({ command: (await import('./theme/install.ts')).installTheme }),
    },
  ],
  [
    'theme uninstall',
    {
      group: 'Programs',
      summary: 'Take an installed theme away',
      load: async () => ({ command: (await import('./theme/install.ts')).uninstallTheme }),
    },
  ],
  [
    'theme list',
    {
      group: 'Programs',
      summary: 'Show the themes that are installed',
      load: async () => ({ command: (await import('./theme/install.ts')).listThemes }),
    },
  ],
  ['check', { group: 'Authors', summary: 'Check a module by all rules', load: () => import('./check.ts') }],
  ['publish', { group: 'Authors', summary: 'Publish a module', load: () => import('./publish.ts') }],
  ['login', { group: 'Authors', summary: 'Log in to GitHub', load: () => import('./login.ts') }],
  ['logout', { group: 'Authors', summary: 'Forget the login', load: () => import('./logout.ts') }],
  ['whoami', { group: 'Authors', summary: 'Show who is logged in', load: () => import('./whoami.ts') }],
  [
    'audit',
    {
      group: 'Modules',
      summary: 'Hold what is locked against known vulnerabilities',
      load: () => import('./audit.ts'),
    },
  ],
  [
    'audit fix',
    {
      group: 'Modules',
      summary: 'Propose, or make, the smallest safe updates',
      load: async () => ({ command: (await import('./audit.ts')).fix }),
    },
  ],
  [
    'advisory list',
    {
      group: 'Modules',
      summary: 'Show the advisories of a registry',
      load: async () => ({ command: (await import('./advisory/show.ts')).list }),
    },
  ],
  [
    'advisory show',
    {
      group: 'Modules',
      summary: 'Show one advisory',
      load: async () => ({ command: (await import('./advisory/show.ts')).show }),
    },
  ],
  [
    'advisory new',
    {
      group: 'Modules',
      summary: 'Write a draft of an advisory about a module',
      load: async () => ({ command: (await import('./advisory/draft.ts')).create }),
    },
  ],
  [
    'advisory validate',
    {
      group: 'Modules',
      summary: 'Check a draft of an advisory',
      load: async () => ({ command: (await import('./advisory/draft.ts')).validate }),
    },
  ],
  [
    'advisory submit',
    {
      group: 'Modules',
      summary: 'Sign an advisory and send it',
      load: async () => ({ command: (await import('./advisory/say.ts')).submit }),
    },
  ],
  [
    'advisory sign',
    {
      group: 'Modules',
      summary: 'Add your signature to one that another holder began',
      load: async () => ({ command: (await import('./advisory/say.ts')).sign }),
    },
  ],
  [
    'advisory withdraw',
    {
      group: 'Modules',
      summary: 'Withdraw an advisory',
      load: async () => ({ command: (await import('./advisory/say.ts')).withdraw }),
    },
  ],
  [
    'advisory answer',
    {
      group: 'Modules',
      summary: 'Answer an advisory about a module of yours',
      load: async () => ({ command: (await import('./advisory/say.ts')).answer }),
    },
  ],
  [
    'advisory confirm',
    {
      group: 'Modules',
      summary: 'Vote that an advisory is right',
      load: async () => ({ command: (await import('./advisory/say.ts')).confirm }),
    },
  ],
  [
    'advisory dispute',
    {
      group: 'Modules',
      summary: 'Vote that an advisory is wrong',
      load: async () => ({ command: (await import('./advisory/say.ts')).dispute }),
    },
  ],
  [
    'keys init',
    {
      group: 'Authors',
      summary: 'Register the keys that sign for you',
      load: async () => ({ command: (await import('./keys.ts')).init }),
    },
  ],
  [
    'keys add',
    {
      group: 'Authors',
      summary: 'Add keys to yours',
      load: async () => ({ command: (await import('./keys.ts')).add }),
    },
  ],
  [
    'keys revoke',
    {
      group: 'Authors',
      summary: 'Take keys away',
      load: async () => ({ command: (await import('./keys.ts')).revoke }),
    },
  ],
  [
    'keys rotate',
    {
      group: 'Authors',
      summary: 'Replace all of your keys',
      load: async () => ({ command: (await import('./keys.ts')).rotate }),
    },
  ],
  [
    'keys threshold',
    {
      group: 'Authors',
      summary: 'Set how many keys must sign a change of keys',
      load: async () => ({ command: (await import('./keys.ts')).threshold }),
    },
  ],
  [
    'keys anchor',
    {
      group: 'Authors',
      summary: 'Tie your keys to your GitHub account and a DNS name',
      load: async () => ({ command: (await import('./keys.ts')).anchor }),
    },
  ],
  [
    'keys recover',
    {
      group: 'Registries',
      summary: "Give an author who lost their keys new ones, by the registry's quorum",
      load: async () => ({ command: (await import('./keys.ts')).recover }),
    },
  ],
  [
    'keys cancel',
    {
      group: 'Authors',
      summary: 'Cancel a recovery of your keys that waits',
      load: async () => ({ command: (await import('./keys.ts')).cancel }),
    },
  ],
  [
    'keys sign',
    {
      group: 'Authors',
      summary: 'Add your signature to a keyset that another holder began',
      load: async () => ({ command: (await import('./keys.ts')).sign }),
    },
  ],
  [
    'keys list',
    {
      group: 'Authors',
      summary: 'Show the keys that speak for an author',
      aliases: ['keys ls'],
      load: async () => ({ command: (await import('./keys.ts')).list }),
    },
  ],
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
    'registry policy init',
    {
      group: 'Registries',
      summary: "Write a registry's first policy",
      load: () => import('./registry/policy-init.ts'),
    },
  ],
  [
    'registry policy propose',
    {
      group: 'Registries',
      summary: 'Write the next policy, with changes',
      load: () => import('./registry/policy-propose.ts'),
    },
  ],
  [
    'registry policy rotate',
    {
      group: 'Registries',
      summary: 'Write the next policy, with another key of the log or of the root',
      load: () => import('./registry/policy-rotate.ts'),
    },
  ],
  [
    'registry policy sign',
    {
      group: 'Registries',
      summary: 'Sign the newest policy with an SSH key',
      load: () => import('./registry/policy-sign.ts'),
    },
  ],
  [
    'registry policy show',
    {
      group: 'Registries',
      summary: 'Show the policies and who has signed them',
      load: () => import('./registry/policy-show.ts'),
    },
  ],
  [
    'registry log-key',
    {
      group: 'Registries',
      summary: 'Make a key for a log or a witness, and print its verifier key',
      load: () => import('./registry/log-key.ts'),
    },
  ],
  [
    'registry stats ingest',
    {
      group: 'Registries',
      summary: 'Count installs in the access logs of a host',
      load: () => import('./registry/stats-ingest.ts'),
    },
  ],
  [
    'registry stats close',
    {
      group: 'Registries',
      summary: 'Sign what was counted of days that are over, and forget the rest',
      load: () => import('./registry/stats-close.ts'),
    },
  ],
  [
    'registry allowed-signers',
    {
      group: 'Registries',
      summary: 'Print the keys of authors for ssh-keygen',
      load: () => import('./registry/allowed-signers.ts'),
    },
  ],
  [
    'monitor',
    {
      group: 'Registries',
      summary: "Follow a registry's log, and tell what must not be",
      load: () => import('./monitor.ts'),
    },
  ],
  [
    'witness cosign',
    {
      group: 'Registries',
      summary: "Cosign a registry's log, if it has only grown",
      load: () => import('./witness-cosign.ts'),
    },
  ],
  [
    'witness serve',
    {
      group: 'Registries',
      summary: 'Serve a witness that logs ask for cosignatures',
      load: () => import('./witness-serve.ts'),
    },
  ],
  [
    'mcp info',
    {
      group: 'MCP',
      summary: 'Show what an MCP server offers, may do and runs from',
      load: () => import('./mcp/info.ts'),
    },
  ],
  [
    'mcp install',
    {
      group: 'MCP',
      summary: 'Agree to an MCP server: its tools and permissions',
      load: () => import('./mcp/install.ts'),
    },
  ],
  [
    'mcp list',
    { group: 'MCP', summary: 'Show the MCP servers of this project', load: () => import('./mcp/list.ts') },
  ],
  [
    'mcp call',
    { group: 'MCP', summary: 'Call a tool of an MCP server', load: () => import('./mcp/call.ts') },
  ],
  [
    'mcp test',
    {
      group: 'MCP',
      summary: 'Run the MCP server of a folder, and describe it',
      load: () => import('./mcp/test.ts'),
    },
  ],
  [
    'mcp permissions',
    { group: 'MCP', summary: 'Show what an MCP server may do', load: () => import('./mcp/permissions.ts') },
  ],
  [
    'mcp diff',
    {
      group: 'MCP',
      summary: 'Show what one MCP server offers beyond another',
      load: () => import('./mcp/diff.ts'),
    },
  ],
  [
    'mcp approve',
    { group: 'MCP', summary: 'Approve what an MCP server lists now', load: () => import('./mcp/approve.ts') },
  ],
  ['mcp search', { group: 'MCP', summary: 'Find MCP servers', load: () => import('./mcp/search.ts') }],
  [
    'mcp export',
    {
      group: 'MCP',
      summary: 'Write the configuration of a client: Claude, VS Code, Cursor, …',
      load: () => import('./mcp/export.ts'),
    },
  ],
  [
    'mcp import',
    {
      group: 'MCP',
      summary: 'Make a module of the server.json of an MCP server',
      load: () => import('./mcp/import.ts'),
    },
  ],
  [
    'mcp serve-registry',
    {
      group: 'MCP',
      summary: 'Serve the registry to assistants: find, check and plan modules',
      load: () => import('./mcp/serve-registry.ts'),
    },
  ],
  [
    'mcp serve',
    {
      group: 'MCP',
      summary: 'Serve the exports of a module as tools',
      load: () => import('./mcp/serve.ts'),
    },
  ],
  [
    'registry import-mcp',
    {
      group: 'Registries',
      summary: 'Take over MCP servers from another registry, with their origin',
      load: () => import('./registry/import-mcp.ts'),
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
