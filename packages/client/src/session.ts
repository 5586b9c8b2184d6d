/** Everything that one client shares between its calls. */
import { authorOf, type ModuleName, type ModuleTxt } from '@mlld/format';
import { type Cache, openCache } from './cache/cache.ts';
import type { Settings } from './config/settings.ts';
import { type Content, openContent } from './fetch/content.ts';
import type { Net } from './fetch/net.ts';
import { openRegistry, type Registry } from './fetch/registry.ts';

export interface Session {
  readonly net: Net;
  readonly settings: Settings;
  readonly cache: Cache;
  readonly content: Content;
  /** The one registry that a name belongs to (docs/spec/resolve.md §2.1). */
  readonly registryOf: (name: ModuleName) => Registry;
}

export function openSession(net: Net, settings: Settings): Session {
  const cache = openCache(net.ops, settings.cacheDir, net.warn);
  const content = openContent(net, cache);
  const open = (base?: string): Registry => {
    const place = base === undefined ? settings.registry : { base };
    const onHint = (hint: ModuleTxt) => content.aheadOfHint(registry, hint);
    const registry: Registry = openRegistry({ net, dns: settings.dns, cache, onHint }, place);
    return registry;
  };
  const registries = new Map<string | undefined, Registry>();
  return {
    net,
    settings,
    cache,
    content,
    registryOf: (name) => {
      const base = settings.scopes.get(authorOf(name));
      const registry = registries.get(base) ?? open(base);
      registries.set(base, registry);
      return registry;
    },
  };
}
