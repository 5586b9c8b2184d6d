/** Everything that one client shares between its calls. */
import {
  authorOf,
  type IndexVersion,
  type ModuleName,
  type ModuleTxt,
  type RegistryError,
} from '@mlld/format';
import type { KnownKeysets } from '@mlld/trust';
import type { Advisories } from './advisories/book.ts';
import { type Cache, openCache } from './cache/cache.ts';
import type { Settings } from './config/settings.ts';
import { type Content, openContent } from './fetch/content.ts';
import type { Net } from './fetch/net.ts';
import { openRegistry, type Registry } from './fetch/registry.ts';
import type { Confirm } from './ops.ts';
import { type EffectiveRule, ruleFor } from './policy/rules.ts';

/**
 * What the code of some files can reach for, as `kind:name`, sorted (docs/spec/scan.md §2). It comes from outside: this package knows
 * no mlld.
 */
export type CapabilityScanner = (
  files: ReadonlyMap<string, Uint8Array>,
) => Promise<readonly string[]> | readonly string[];

/** How a user agrees to what is new (docs/spec/resolve.md §6.10). */
export interface Agreement {
  readonly scan?: CapabilityScanner | undefined;
  /** Absent without a terminal: then the answer is no. */
  readonly confirm?: Confirm | undefined;
  /** The user has said yes beforehand. */
  readonly agreed?: boolean | undefined;
}

export interface Session {
  readonly net: Net;
  readonly settings: Settings;
  readonly cache: Cache;
  readonly content: Content;
  readonly agreement: Agreement;
  /** Keysets that were verified: releases of one author show the same ones. */
  readonly knownKeysets: KnownKeysets;
  /** What the user's policies say of a module. */
  readonly ruleOf: (name: ModuleName) => EffectiveRule;
  /** The one registry that a name belongs to (docs/spec/resolve.md §2.1). */
  readonly registryOf: (name: ModuleName) => Registry;
  /** The registry of all names that belong to no other. */
  readonly registry: () => Registry;
  /** The advisories of the registry that a name belongs to; without a name, of the default one. */
  readonly advisoriesOf: (name?: ModuleName) => Advisories;
  /** Versions that are not to be chosen this time, and why. */
  readonly withheld?: ((line: IndexVersion) => RegistryError | undefined) | undefined;
}

export function openSession(net: Net, settings: Settings, agreement: Agreement = {}): Session {
  const cache = openCache(net.ops, settings.cacheDir, net.warn);
  const content = openContent(net, cache);
  const open = (base?: string): Registry => {
    const place = base === undefined ? settings.registry : { base };
    const onHint = (hint: ModuleTxt) => content.aheadOfHint(registry, hint);
    const registry: Registry = openRegistry({ net, dns: settings.dns, cache, onHint }, place);
    return registry;
  };
  const registries = new Map<string | undefined, Registry>();
  const registryAt = (base: string | undefined): Registry => {
    const registry = registries.get(base) ?? open(base);
    registries.set(base, registry);
    return registry;
  };
  const registryOf = (name: ModuleName) => registryAt(settings.scopes.get(authorOf(name)));
  const advisories = new Map<Registry, Advisories>();
  return {
    net,
    settings,
    cache,
    content,
    agreement,
    knownKeysets: new Map(),
    ruleOf: (name) => ruleFor(settings.policies, name),
    registryOf,
    registry: () => registryAt(undefined),
    advisoriesOf: (name) => {
      const registry = name === undefined ? registryAt(undefined) : registryOf(name);
      const known = advisories.get(registry) ?? advisoriesIn(registry, { net, cache });
      advisories.set(registry, known);
      return known;
    },
  };
}

/** What checks advisories is loaded when they are asked for: not before the first request to a registry. */
function advisoriesIn(registry: Registry, { net, cache }: Pick<Session, 'net' | 'cache'>): Advisories {
  let found: Promise<Advisories> | undefined;
  const opened = () => {
    found ??= import('./advisories/book.ts').then(({ openAdvisories }) =>
      openAdvisories({ net, cacheDir: cache.dir, registry }),
    );
    return found;
  };
  return {
    current: async () => (await opened()).current(),
    refresh: async () => (await opened()).refresh(),
  };
}
