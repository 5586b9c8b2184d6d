/** Names before `from` that say what is imported, not what it is called. */
export const importTypes: readonly string[] = [
  'module',
  'static',
  'live',
  'cached',
  'local',
  'templates',
  'tools',
  'mcp',
  'theme',
  'template',
  'policy',
];
