/** What those do who run a registry. */
import type { CommandRow } from './row.ts';

export const registries: readonly CommandRow[] = [
  {
    name: 'keys recover',
    summary: "Give an author who lost their keys new ones, by the registry's quorum",
    load: async () => ({ command: (await import('../keys.ts')).recover }),
  },
  { name: 'registry init', summary: 'Make a registry repository', load: () => import('../registry/init.ts') },
  {
    name: 'registry check',
    summary: 'Check a registry repository or a pull request',
    load: () => import('../registry/check.ts'),
  },
  {
    name: 'registry build',
    summary: 'Build the distribution of a registry repository',
    load: () => import('../registry/build.ts'),
  },
  {
    name: 'registry policy init',
    summary: "Write a registry's first policy",
    load: () => import('../registry/policy-init.ts'),
  },
  {
    name: 'registry policy propose',
    summary: 'Write the next policy, with changes',
    load: () => import('../registry/policy-propose.ts'),
  },
  {
    name: 'registry policy rotate',
    summary: 'Write the next policy, with another key of the log or of the root',
    load: () => import('../registry/policy-rotate.ts'),
  },
  {
    name: 'registry policy sign',
    summary: 'Sign the newest policy with an SSH key',
    load: () => import('../registry/policy-sign.ts'),
  },
  {
    name: 'registry policy show',
    summary: 'Show the policies and who has signed them',
    load: () => import('../registry/policy-show.ts'),
  },
  {
    name: 'registry log-key',
    summary: 'Make a key for a log or a witness, and print its verifier key',
    load: () => import('../registry/log-key.ts'),
  },
  {
    name: 'registry stats ingest',
    summary: 'Count installs in the access logs of a host',
    load: () => import('../registry/stats-ingest.ts'),
  },
  {
    name: 'registry stats close',
    summary: 'Sign what was counted of days that are over, and forget the rest',
    load: () => import('../registry/stats-close.ts'),
  },
  {
    name: 'registry allowed-signers',
    summary: 'Print the keys of authors for ssh-keygen',
    load: () => import('../registry/allowed-signers.ts'),
  },
  {
    name: 'monitor',
    summary: "Follow a registry's log, and tell what must not be",
    load: () => import('../monitor.ts'),
  },
  {
    name: 'witness cosign',
    summary: "Cosign a registry's log, if it has only grown",
    load: () => import('../witness-cosign.ts'),
  },
  {
    name: 'witness serve',
    summary: 'Serve a witness that logs ask for cosignatures',
    load: () => import('../witness-serve.ts'),
  },
  {
    name: 'registry import-mcp',
    summary: 'Take over MCP servers from another registry, with their origin',
    load: () => import('../registry/import-mcp.ts'),
  },
  {
    name: 'registry serve',
    summary: 'Serve a distribution over HTTP, and its zone over DNS',
    load: () => import('../registry/serve.ts'),
  },
  {
    name: 'registry dns',
    summary: 'Print the DNS zone, compare a name server with it, or serve it',
    load: () => import('../registry/dns.ts'),
  },
];
