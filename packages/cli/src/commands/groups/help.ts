/** Help. */
import type { CommandRow } from './row.ts';

export const help: readonly CommandRow[] = [
  { name: 'help', summary: 'Show the commands, or what one does', load: () => import('../help.ts') },
  {
    name: 'completion',
    summary: 'Print a completion script for bash, zsh or fish',
    load: () => import('../completion.ts'),
  },
];
