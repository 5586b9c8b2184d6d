import type { Context } from './context.ts';
import type { Scope } from './scope.ts';
import { lookup } from './scope.ts';
import type { Value } from './values.ts';

/**
 * What embedded code sees by name: the names of the function and blocks that it stands in, and those that it lists
 * in brackets. Names of the module itself are seen only if listed.
 */
export function localVariables(context: Context, listed: readonly string[]): Map<string, Value> {
  const found = new Map<string, Value>();
  for (
    let at: Scope | undefined = context.scope;
    at !== undefined && at !== context.module.scope;
    at = at.parent
  ) {
    for (const [name, binding] of at.names) {
      const isOwn = binding.lazy === undefined && binding.imported === undefined;
      if (isOwn && !found.has(name) && /^[A-Za-z_]\w*$/.test(name)) found.set(name, binding.value);
    }
  }
  for (const name of listed) {
    const binding = lookup(context.scope, name)?.binding;
    if (binding !== undefined) found.set(name, binding.value);
  }
  return found;
}
