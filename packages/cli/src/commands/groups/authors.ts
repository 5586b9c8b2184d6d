/** What authors do: make, check, publish, keys. */
import type { CommandRow } from './row.ts';

export const authors: readonly CommandRow[] = [
  {
    name: 'deprecate',
    summary: 'Say that a module of yours is no longer looked after',
    load: () => import('../deprecate.ts'),
  },
  {
    name: 'new',
    summary: 'Start a module, an MCP server, a theme or a template',
    load: () => import('../new.ts'),
  },
  { name: 'theme new', summary: 'Start a theme', load: () => import('../theme/new.ts') },
  {
    name: 'theme build',
    summary: 'Compile a theme for editors, pages and terminals',
    load: () => import('../theme/build.ts'),
  },
  {
    name: 'theme check',
    summary: 'Measure the contrast of a theme',
    load: () => import('../theme/check.ts'),
  },
  { name: 'theme preview', summary: 'Show a theme on mlld code', load: () => import('../theme/preview.ts') },
  { name: 'check', summary: 'Check a module by all rules', load: () => import('../check.ts') },
  { name: 'publish', summary: 'Publish a module', load: () => import('../publish.ts') },
  { name: 'login', summary: 'Log in to GitHub', load: () => import('../login.ts') },
  { name: 'logout', summary: 'Forget the login', load: () => import('../logout.ts') },
  { name: 'whoami', summary: 'Show who is logged in', load: () => import('../whoami.ts') },
  {
    name: 'keys init',
    summary: 'Register the keys that sign for you',
    load: async () => ({ command: (await import('../keys.ts')).init }),
  },
  {
    name: 'keys add',
    summary: 'Add keys to yours',
    load: async () => ({ command: (await import('../keys.ts')).add }),
  },
  {
    name: 'keys revoke',
    summary: 'Take keys away',
    load: async () => ({ command: (await import('../keys.ts')).revoke }),
  },
  {
    name: 'keys rotate',
    summary: 'Replace all of your keys',
    load: async () => ({ command: (await import('../keys.ts')).rotate }),
  },
  {
    name: 'keys threshold',
    summary: 'Set how many keys must sign a change of keys',
    load: async () => ({ command: (await import('../keys.ts')).threshold }),
  },
  {
    name: 'keys anchor',
    summary: 'Tie your keys to your GitHub account and a DNS name',
    load: async () => ({ command: (await import('../keys.ts')).anchor }),
  },
  {
    name: 'keys cancel',
    summary: 'Cancel a recovery of your keys that waits',
    load: async () => ({ command: (await import('../keys.ts')).cancel }),
  },
  {
    name: 'keys sign',
    summary: 'Add your signature to a keyset that another holder began',
    load: async () => ({ command: (await import('../keys.ts')).sign }),
  },
  {
    name: 'keys list',
    summary: 'Show the keys that speak for an author',
    aliases: ['keys ls'],
    load: async () => ({ command: (await import('../keys.ts')).list }),
  },
];
