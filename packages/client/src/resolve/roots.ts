/** What a program asks for itself (docs/spec/resolve.md §3.1): its configuration, and what is locked beside it. */
import {
  type Config,
  formatSelector,
  isModuleName,
  type Lock,
  type ModuleName,
  parseSelector,
  RegistryError,
  type Selector,
} from '@mlld/format';
import { isDependencyOnly } from '../lock/lock-merge.ts';
import type { Root } from './plan.ts';

/** All roots of a project. @throws RegistryError VERSION_CONFLICT */
export function rootsOf(config: Config, lock: Lock): Root[] {
  const wanted = declared(config);
  const roots = new Map<string, Root>();
  for (const [name, range] of wanted) roots.set(name, rootOf(name, range));
  for (const root of lockedRoots(lock)) if (!roots.has(root.key)) roots.set(root.key, root);
  for (const [key, { wanted: text, version }] of lock.legacy) {
    const name = key.includes('@', 1) ? key.slice(0, key.indexOf('@', 1)) : key;
    if (roots.has(name) || !isModuleName(name)) continue;
    roots.set(name, { ...rootOf(name, lenient(text)), selector: parseSelector(version ?? lenient(text)) });
  }
  return [...roots.values()];
}

/** The roots that are in the lock file. */
export function lockedRoots(lock: Lock): Root[] {
  return [...lock.modules]
    .filter(([key, entry]) => !isDependencyOnly(key, entry))
    .map(([key, { name, wanted }]) => ({ ...rootOf(name, lenient(wanted)), key }));
}

/** A root under its own name. @throws RegistryError BAD_REF */
export function rootOf(name: ModuleName, range: string): Root {
  return { key: name, name, selector: parseSelector(range), wanted: range };
}

/**
 * The root that an import with a selector is, beside what the lock file has under the bare name: an exact version is written with
 * a `=`, which tells it from an entry that is only there because another module imports it.
 */
export function rootBeside(name: ModuleName, selector: Selector): Pick<Root, 'name' | 'selector' | 'wanted'> {
  const text = formatSelector(selector);
  return { name, selector, wanted: selector.kind === 'exact' ? `=${text}` : text };
}

/** What the configuration wants of each module. @throws RegistryError VERSION_CONFLICT */
export function declared({ dependencies, devDependencies }: Config): Map<ModuleName, string> {
  for (const [name, range] of devDependencies) {
    const other = dependencies.get(name);
    if (other === undefined || other === range) continue;
    throw new RegistryError(
      'VERSION_CONFLICT',
      `${name}: dependencies want ${other}, devDependencies want ${range}`,
      { hint: 'A program has one version under one name: keep one of the two in mlld-config.json.' },
    );
  }
  return new Map([...dependencies, ...devDependencies].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Today's lock files hold wishes that are no selectors (`1.0.0.mld.md`): then any version is meant. */
function lenient(text: string): string {
  try {
    parseSelector(text);
    return text;
  } catch {
    return 'latest';
  }
}
