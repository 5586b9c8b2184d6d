/** Modules of a project: found, installed, looked at. */
import type { CommandRow } from './row.ts';

export const modules: readonly CommandRow[] = [
  {
    name: 'install',
    summary: 'Bring the modules of this project into the cache',
    aliases: ['i'],
    load: () => import('../install.ts'),
  },
  { name: 'add', summary: 'Add modules to this project', load: () => import('../add.ts') },
  {
    name: 'remove',
    summary: 'Take modules out of this project',
    aliases: ['rm', 'uninstall'],
    load: () => import('../remove.ts'),
  },
  {
    name: 'update',
    summary: 'Raise modules to the newest allowed',
    aliases: ['up', 'upgrade'],
    load: () => import('../update.ts'),
  },
  {
    name: 'outdated',
    summary: 'Show modules that have newer versions',
    load: () => import('../outdated.ts'),
  },
  {
    name: 'list',
    summary: 'Show the modules of this project',
    aliases: ['ls'],
    load: () => import('../list.ts'),
  },
  {
    name: 'info',
    summary: 'Show what a registry says about a module',
    aliases: ['view', 'show'],
    load: () => import('../info.ts'),
  },
  { name: 'docs', summary: 'Show how to use a module, export by export', load: () => import('../docs.ts') },
  {
    name: 'search',
    summary: 'Find modules by words, names, symbols and properties',
    aliases: ['find', 's'],
    load: () => import('../search.ts'),
  },
  { name: 'open', summary: "Open a module's page in the browser", load: () => import('../open.ts') },
  {
    name: 'browse',
    summary: 'Show the pages of a registry from your cache, offline',
    load: () => import('../browse.ts'),
  },
  { name: 'similar', summary: 'Show modules like another one', load: () => import('../similar.ts') },
  { name: 'why', summary: 'Show who brings a module in', load: () => import('../why.ts') },
  { name: 'verify', summary: 'Verify modules again, step by step', load: () => import('../verify.ts') },
  {
    name: 'cache ls',
    summary: 'List the modules in the cache',
    aliases: ['cache list'],
    load: async () => ({ command: (await import('../cache.ts')).ls }),
  },
  {
    name: 'cache verify',
    summary: 'Check every file of the cache',
    load: async () => ({ command: (await import('../cache.ts')).verify }),
  },
  {
    name: 'cache gc',
    summary: 'Remove what no project uses',
    aliases: ['cache clean'],
    load: async () => ({ command: (await import('../cache.ts')).gc }),
  },
  {
    name: 'scan',
    summary: 'Show what a module can do, and what looks dangerous in it',
    load: () => import('../scan.ts'),
  },
  {
    name: 'audit',
    summary: 'Hold what is locked against known vulnerabilities',
    load: () => import('../audit.ts'),
  },
  {
    name: 'audit fix',
    summary: 'Propose, or make, the smallest safe updates',
    load: async () => ({ command: (await import('../audit.ts')).fix }),
  },
  {
    name: 'advisory list',
    summary: 'Show the advisories of a registry',
    load: async () => ({ command: (await import('../advisory/show.ts')).list }),
  },
  {
    name: 'advisory show',
    summary: 'Show one advisory',
    load: async () => ({ command: (await import('../advisory/show.ts')).show }),
  },
  {
    name: 'advisory new',
    summary: 'Write a draft of an advisory about a module',
    load: async () => ({ command: (await import('../advisory/draft.ts')).create }),
  },
  {
    name: 'advisory validate',
    summary: 'Check a draft of an advisory',
    load: async () => ({ command: (await import('../advisory/draft.ts')).validate }),
  },
  {
    name: 'advisory submit',
    summary: 'Sign an advisory and send it',
    load: async () => ({ command: (await import('../advisory/say.ts')).submit }),
  },
  {
    name: 'advisory sign',
    summary: 'Add your signature to one that another holder began',
    load: async () => ({ command: (await import('../advisory/say.ts')).sign }),
  },
  {
    name: 'advisory withdraw',
    summary: 'Withdraw an advisory',
    load: async () => ({ command: (await import('../advisory/say.ts')).withdraw }),
  },
  {
    name: 'advisory answer',
    summary: 'Answer an advisory about a module of yours',
    load: async () => ({ command: (await import('../advisory/say.ts')).answer }),
  },
  {
    name: 'advisory confirm',
    summary: 'Vote that an advisory is right',
    load: async () => ({ command: (await import('../advisory/say.ts')).confirm }),
  },
  {
    name: 'advisory dispute',
    summary: 'Vote that an advisory is wrong',
    load: async () => ({ command: (await import('../advisory/say.ts')).dispute }),
  },
];
