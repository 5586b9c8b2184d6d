/** MCP servers: used, offered, described. */
import type { CommandRow } from './row.ts';

export const mcp: readonly CommandRow[] = [
  {
    name: 'mcp info',
    summary: 'Show what an MCP server offers, may do and runs from',
    load: () => import('../mcp/info.ts'),
  },
  {
    name: 'mcp install',
    summary: 'Agree to an MCP server: its tools and permissions',
    load: () => import('../mcp/install.ts'),
  },
  { name: 'mcp list', summary: 'Show the MCP servers of this project', load: () => import('../mcp/list.ts') },
  { name: 'mcp call', summary: 'Call a tool of an MCP server', load: () => import('../mcp/call.ts') },
  {
    name: 'mcp test',
    summary: 'Run the MCP server of a folder, and describe it',
    load: () => import('../mcp/test.ts'),
  },
  {
    name: 'mcp permissions',
    summary: 'Show what an MCP server may do',
    load: () => import('../mcp/permissions.ts'),
  },
  {
    name: 'mcp diff',
    summary: 'Show what one MCP server offers beyond another',
    load: () => import('../mcp/diff.ts'),
  },
  {
    name: 'mcp approve',
    summary: 'Approve what an MCP server lists now',
    load: () => import('../mcp/approve.ts'),
  },
  { name: 'mcp search', summary: 'Find MCP servers', load: () => import('../mcp/search.ts') },
  {
    name: 'mcp export',
    summary: 'Write the configuration of a client: Claude, VS Code, Cursor, …',
    load: () => import('../mcp/export.ts'),
  },
  {
    name: 'mcp import',
    summary: 'Make a module of the server.json of an MCP server',
    load: () => import('../mcp/import.ts'),
  },
  {
    name: 'mcp serve-registry',
    summary: 'Serve the registry to assistants: find, check and plan modules',
    load: () => import('../mcp/serve-registry.ts'),
  },
  {
    name: 'mcp serve',
    summary: 'Serve the exports of a module as tools',
    load: () => import('../mcp/serve.ts'),
  },
];
