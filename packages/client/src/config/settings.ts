/**
 * What decides where a client looks (docs/spec/resolve.md §1): options, then the environment, then the project's
 * configuration, then the defaults. Paths are absolute and base URLs end in `/` from here on.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Author,
  type Config,
  type DnsSetting,
  emptyConfig,
  type JsonObject,
  limits,
  parseConfig,
  parseDnsSetting,
  parseDuration,
  parseRegistryName,
  printable,
  RegistryError,
  userLayout,
} from '@mlld/format';
import type { Files } from '../ops.ts';
import type { PolicySource } from '../policy/rules.ts';
import { cacheDirOf, nonEmpty, userConfigPath, type Where } from './paths.ts';

/** The public registry: its identity and DNS zone, and where it is when DNS does not say. */
export const publicRegistry = { name: 'registry.mlld.ai', url: 'https://registry.mlld.ai/' } as const;

/** What a user typed; each member goes before the environment and the configuration. */
export interface SettingOptions {
  readonly registry?: string | undefined;
  readonly zone?: string | undefined;
  readonly dns?: string | undefined;
  readonly cacheDir?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly frozen?: boolean | undefined;
  /** How old the registry's word may be: `1d`. */
  readonly requireFresh?: string | undefined;
}

export interface Settings {
  /** Folder of the lock file and the configuration. */
  readonly root: string;
  readonly lockPath: string;
  readonly configPath: string;
  readonly cacheDir: string;
  readonly offline: boolean;
  readonly frozen: boolean;
  readonly dns: DnsSetting;
  readonly registry: RegistryPlace;
  /** Author → base URL: scopes that belong to another registry (§3). */
  readonly scopes: ReadonlyMap<Author, string>;
  /** The project's policy and the user's own (config.md §3). */
  readonly policies: readonly PolicySource[];
  /** Milliseconds; only what the user typed. */
  readonly requireFresh?: number;
}

/** Where the registry of all scopes without one of their own is. */
export interface RegistryPlace {
  /** Base URL, when it is known without DNS. */
  readonly base?: string;
  /** DNS zone that holds hints for its modules. */
  readonly zone?: string;
  /** Base URL for when the zone names none. */
  readonly fallback?: string;
}

/** What the cache and connections know a registry by: where it is, or its zone. */
export function poolOf({ base, zone }: RegistryPlace): string {
  return base ?? zone ?? '';
}

/** Reads the project's configuration. @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, TOO_LARGE */
export function readConfig(files: Files, root: string): Config {
  const file = path.join(root, userLayout.config);
  const bytes = files.read(file, limits.configBytes);
  return bytes === undefined ? emptyConfig : parseConfig(bytes, file);
}

/**
 * The policies that count here: the project's, the user's own, and what was typed.
 * @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_CONFIG, BAD_NAME: a policy that can't be read lets nothing in
 */
export function readPolicies(
  files: Files,
  config: Config,
  { root, env }: Pick<Where, 'root' | 'env'>,
): PolicySource[] {
  const user = ownConfig(files, { root, env })?.policy;
  return [
    ...(config.policy === undefined ? [] : [{ where: userLayout.config, policy: config.policy }]),
    ...(user === undefined ? [] : [{ where: `~/${userLayout.userConfig}`, policy: user }]),
  ];
}

/** The user's own configuration as it stands in the file; nothing where the home folder is the project. @throws as `readConfig` */
export function readUserConfig(files: Files, where: Pick<Where, 'root' | 'env'>): JsonObject | undefined {
  return ownConfig(files, where)?.raw;
}

function ownConfig(files: Files, { root, env }: Pick<Where, 'root' | 'env'>): Config | undefined {
  const own = userConfigPath(env);
  const bytes = own === path.join(root, userLayout.config) ? undefined : files.read(own, limits.configBytes);
  return bytes === undefined ? undefined : parseConfig(bytes, own);
}

/** @throws RegistryError BAD_CONFIG */
export function readSettings(
  config: Config,
  where: Where,
  { policies = [], ...options }: SettingOptions & { readonly policies?: readonly PolicySource[] },
): Settings {
  const { root, env } = where;
  const dns = options.dns ?? nonEmpty(env.MLLD_DNS);
  return {
    root,
    lockPath: path.join(root, userLayout.lock),
    configPath: path.join(root, userLayout.config),
    cacheDir: cacheDirOf(where, options),
    offline: options.offline ?? isOn(env.MLLD_OFFLINE),
    frozen: options.frozen ?? false,
    dns: checkedDns(dns === undefined ? (config.dns ?? { kind: 'system' }) : parseDnsSetting(dns)),
    registry: placeOf(config, where, options),
    policies: [
      ...policies,
      ...(options.requireFresh === undefined ? [] : [typedPolicy(options.requireFresh)]),
    ],
    ...(options.requireFresh === undefined ? {} : { requireFresh: parseDuration(options.requireFresh) }),
    scopes: new Map([...config.registries].map(([author, base]) => [author, baseUrlOf(base, root)])),
  };
}

function typedPolicy(requireFresh: string): PolicySource {
  return {
    where: '--require-fresh',
    policy: { requireFresh: parseDuration(requireFresh), scopes: new Map() },
  };
}

/**
 * §1.2: a zone is asked only when it was named, or when nothing was: the names of a registry that a user set up for
 * themselves are never asked in the DNS of another.
 */
function placeOf(config: Config, { root, cwd, env }: Where, options: SettingOptions): RegistryPlace {
  const typed = options.registry ?? nonEmpty(env.MLLD_REGISTRY);
  const base =
    typed !== undefined
      ? baseUrlOf(typed, cwd)
      : config.registry === undefined
        ? undefined
        : baseUrlOf(config.registry, root);
  const zone = options.zone ?? nonEmpty(env.MLLD_ZONE) ?? config.zone;
  if (base === undefined && zone === undefined)
    return { zone: publicRegistry.name, fallback: publicRegistry.url };
  return {
    ...(base === undefined ? {} : { base }),
    ...(zone === undefined ? {} : { zone: parseRegistryName(zone) }),
  };
}

/** A URL or a folder, as a base URL. */
export function baseUrlOf(place: string, root: string): string {
  if (/^[a-z][a-z0-9+.-]+:/i.test(place) && !/^[a-z]:[\\/]/i.test(place)) {
    const url = URL.canParse(place) ? new URL(place) : undefined;
    if (
      url === undefined ||
      !['http:', 'https:', 'file:'].includes(url.protocol) ||
      url.username ||
      url.password
    ) {
      throw new RegistryError(
        'BAD_CONFIG',
        `registry: wanted a URL (https, http, file) or a folder, found '${place}'`,
        {
          hint: 'For instance --registry https://registry.example.org/ or --registry ./dist. No credentials in it.',
        },
      );
    }
    return url.href.endsWith('/') ? url.href : `${url.href}/`;
  }
  const href = pathToFileURL(path.resolve(root, place)).href;
  return href.endsWith('/') ? href : `${href}/`;
}

/** A name server is given by its address: to look up its name would need a name server. */
function checkedDns(dns: DnsSetting): DnsSetting {
  const isAddress = (text: string) =>
    /^(?:\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?|\[[0-9a-f:.]+\](?::\d{1,5})?|[0-9a-f:]+)$/i.test(text);
  if (dns.kind !== 'server' || isAddress(dns.address)) return dns;
  throw new RegistryError(
    'BAD_CONFIG',
    `dns: wanted system, off, <address>[:<port>] or a DNS-over-HTTPS URL, found '${printable(dns.address)}'`,
    { hint: 'For instance --dns 127.0.0.1:5353 or --dns https://resolver.example.org/dns-query.' },
  );
}

function isOn(text: string | undefined): boolean {
  return text !== undefined && !['', '0', 'false', 'no'].includes(text.toLowerCase());
}
