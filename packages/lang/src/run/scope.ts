import type { Expression } from '../ast-expressions.ts';
import type { Module } from './module.ts';
import type { Value, ValueObject } from './values.ts';

/** A name's value, or the expression that gives it when it is first asked for. */
export interface Binding {
  value: Value;
  /** Set until the value is known; `running` while it is being computed. */
  lazy: { readonly expression: Expression; running: boolean } | undefined;
  /** Set for an imported name: what it is in the module that it comes from. */
  readonly imported: { readonly module: Module; readonly name: string } | undefined;
  /** What loops know of the value: its index or key. */
  readonly mx: ValueObject | undefined;
}

export interface Scope {
  readonly names: Map<string, Binding>;
  readonly parent: Scope | undefined;
}

export function createScope(parent: Scope | undefined): Scope {
  return { names: new Map(), parent };
}

export function define(scope: Scope, name: string, value: Value, mx?: ValueObject): void {
  scope.names.set(name, { value, lazy: undefined, imported: undefined, mx });
}

export function defineLazy(scope: Scope, name: string, expression: Expression): void {
  scope.names.set(name, {
    value: undefined,
    lazy: { expression, running: false },
    imported: undefined,
    mx: undefined,
  });
}

export function defineImported(
  scope: Scope,
  local: string,
  imported: { module: Module; name: string },
): void {
  scope.names.set(local, { value: undefined, lazy: undefined, imported, mx: undefined });
}

export function lookup(scope: Scope, name: string): { binding: Binding; scope: Scope } | undefined {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) {
    const binding = at.names.get(name);
    if (binding !== undefined) return { binding, scope: at };
  }
  return undefined;
}

export function visibleNames(scope: Scope): string[] {
  const names: string[] = [];
  for (let at: Scope | undefined = scope; at !== undefined; at = at.parent) names.push(...at.names.keys());
  return names;
}
