/** What kinds of modules there are, and what differs between them for every command and page: one table (docs/spec/statements.md §8). */
import type { ModuleKind } from './statement.ts';

export interface KindFacts {
  /** «an MCP server» */
  readonly one: string;
  readonly many: string;
  /** Whether code imports it: then its entry is mlld, with exports, tests and examples. */
  readonly isCode: boolean;
  /** The file that a new one has as its entry. */
  readonly entry: string;
}

export const kindFacts: Readonly<Record<ModuleKind, KindFacts>> = {
  module: { one: 'a module', many: 'Modules', isCode: true, entry: 'index.mld' },
  'mcp-server': { one: 'an MCP server', many: 'MCP servers', isCode: true, entry: 'mcp.json' },
  theme: { one: 'a theme', many: 'Themes', isCode: false, entry: 'theme.json' },
  template: { one: 'a template', many: 'Templates', isCode: false, entry: 'template.yml' },
};

export interface UsageLine {
  readonly label: string;
  readonly code: string;
  readonly language: 'mlld' | 'sh';
}

/** The lines that people copy first. @param ref `@alice/strings`, with a version where it is not the newest */
export function usageOf(kind: ModuleKind, ref: string, exports: readonly string[]): readonly UsageLine[] {
  const short = ref.split('/')[1]?.replace(/@.*$/, '') ?? '';
  const sh = (label: string, code: string): UsageLine => ({ label, code, language: 'sh' });
  const mlld = (code: string): UsageLine => ({ label: 'Import', code, language: 'mlld' });
  if (kind === 'theme')
    return [sh('Install', `mlld theme install ${ref}`), sh('Preview', `mlld theme preview ${ref}`)];
  if (kind === 'template') return [sh('Create', `mlld create my-project --template ${ref}`)];
  if (kind === 'mcp-server')
    return [sh('Install', `mlld mcp install ${ref}`), mlld(`import mcp ${short} from ${ref}`)];
  const names = exports.slice(0, 3).map((name) => `@${name.replace(/^@/, '')}`);
  const line =
    names.length === 0
      ? `import ${ref} as @${short.replaceAll('-', '_')}`
      : `import { ${names.join(', ')} } from ${ref}`;
  return [sh('Install', `mlld add ${ref}`), mlld(line)];
}
