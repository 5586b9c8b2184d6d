/** Rules of `mlld check` for kinds of modules, each loaded with what it needs. */
import type { CheckOptions } from '@mlld/publish';

export function checkOfKind(
  env: Readonly<Record<string, string | undefined>>,
): NonNullable<CheckOptions['ofKind']> {
  return async (module) => {
    if (module.kind !== 'mcp-server') return [];
    const { checkServer } = await import('./mcp/server-check.ts');
    return checkServer(module, env);
  };
}
