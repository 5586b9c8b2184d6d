/** Programs: run, made, laid out. */
import type { CommandRow } from './row.ts';

export const programs: readonly CommandRow[] = [
  { name: 'run', summary: 'Run an mlld program', load: () => import('../run.ts') },
  {
    name: 'call',
    summary: 'Call a function of a module, once or as a service',
    load: () => import('../call.ts'),
  },
  {
    name: 'export',
    summary: 'Make a package of a module for another language',
    load: () => import('../export.ts'),
  },
  {
    name: 'lsp',
    summary: 'Serve an editor: completion, mistakes, definitions, renaming',
    load: () => import('../lsp.ts'),
  },
  { name: 'repl', summary: 'Run mlld line by line', load: () => import('../repl.ts') },
  {
    name: 'fmt',
    summary: 'Lay out sources: indentation, spaces, empty lines',
    aliases: ['format'],
    load: () => import('../fmt.ts'),
  },
  {
    name: 'highlight',
    summary: 'Print a source in colours, for terminals and pages',
    load: () => import('../highlight.ts'),
  },
  { name: 'init', summary: 'Start a project in this folder', load: () => import('../init.ts') },
  {
    name: 'create',
    summary: 'Make a project from a template, or bring it up to date',
    load: () => import('../create.ts'),
  },
  {
    name: 'theme install',
    summary: 'Put a theme where editors read it',
    load: async () => ({ command: (await import('../theme/install.ts')).installTheme }),
  },
  {
    name: 'theme uninstall',
    summary: 'Take an installed theme away',
    load: async () => ({ command: (await import('../theme/install.ts')).uninstallTheme }),
  },
  {
    name: 'theme list',
    summary: 'Show the themes that are installed',
    load: async () => ({ command: (await import('../theme/install.ts')).listThemes }),
  },
];
