/** What a resolution works on and what it comes to: modules as nodes, imports as pins. */
import {
  besideKey,
  type IndexVersion,
  type Lock,
  type LockedModule,
  type ModuleName,
  type Selector,
} from '@mlld/format';

/** A module that the program itself asks for. */
export interface Root {
  /** Its key in the lock file. */
  readonly key: string;
  readonly name: ModuleName;
  readonly selector: Selector;
  /** What is written as wanted in the lock file. */
  readonly wanted: string;
}

/** One version of one module. At least one of `line` and `locked` is there. */
export interface PlanNode {
  readonly name: ModuleName;
  readonly version: string;
  /** From the index, for versions that are resolved now. */
  readonly line?: IndexVersion;
  /** From the lock file, for versions that stay. */
  readonly locked?: LockedModule;
  /** What its imports are pinned to. */
  readonly imports: Map<ModuleName, string>;
  /** Who asked for it first; the program itself without it. */
  readonly via?: PlanNode;
}

export interface Plan {
  /** By `@author/name@version`. */
  readonly nodes: ReadonlyMap<string, PlanNode>;
  /** By key in the lock file. */
  readonly roots: ReadonlyMap<string, { readonly root: Root; readonly node: PlanNode }>;
}

export function nodeKey({ name, version }: { readonly name: ModuleName; readonly version: string }): string {
  return besideKey(name, version);
}

/** The entry of one version in a lock file, whichever key it stands under. */
export function lockedVersion(lock: Lock, name: ModuleName, version: string): LockedModule | undefined {
  const beside = lock.modules.get(besideKey(name, version));
  if (beside !== undefined) return beside;
  const own = lock.modules.get(name);
  return own?.version === version ? own : undefined;
}

/** `@alice/a@1.0.0 → @bob/b@2.1.0`: how the program comes to a node. */
export function chainTo(node: PlanNode | undefined): string {
  const parts: string[] = [];
  for (let at = node; at !== undefined; at = at.via) parts.unshift(nodeKey(at));
  return parts.join(' → ');
}
