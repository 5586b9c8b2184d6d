/**
 * The project's configuration, `mlld-config.json` (docs/spec/config.md): today's file with our members beside. Members
 * that this program does not know are left alone and written back as they were.
 */
import * as d from './decode.ts';
import { type JsonObject, parseJson } from './json.ts';
import { limits } from './limits.ts';
import { type Author, type ModuleName, parseAuthor, parseModuleName } from './name.ts';
import { rangesDecoder } from './statement.ts';
import { type UserPolicy, userPolicy } from './user-policy.ts';

/** How names are looked up in DNS: the system's resolver, none, `host:port`, or a DNS-over-HTTPS URL. */
export type DnsSetting =
  | { readonly kind: 'system' | 'off' }
  | { readonly kind: 'server'; readonly address: string }
  | { readonly kind: 'https'; readonly url: string };

export interface Config {
  readonly dependencies: ReadonlyMap<ModuleName, string>;
  readonly devDependencies: ReadonlyMap<ModuleName, string>;
  /** Base URL or folder of the default registry's distribution. */
  readonly registry?: string;
  /** Author → registry: each scope belongs to exactly one registry. */
  readonly registries: ReadonlyMap<Author, string>;
  readonly zone?: string;
  readonly dns?: DnsSetting;
  /** What the user lets into their programs (config.md §3). */
  readonly policy?: UserPolicy;
  /** The whole file, to write it back. */
  readonly raw: JsonObject;
}

export const emptyConfig: Config = {
  dependencies: new Map(),
  devDependencies: new Map(),
  registries: new Map(),
  raw: {},
};

/** @throws RegistryError BAD_JSON, BAD_SHAPE, BAD_NAME, BAD_REF */
export function parseConfig(text: Uint8Array | string, where = 'mlld-config.json'): Config {
  const $ = `${where}: $`;
  const raw = d.object(parseJson(text, { where, maxBytes: limits.configBytes }), $);
  const registries = d.map(d.text(2000), 1000, (key) => parseModuleName(`${key}/any`))(
    raw.registries ?? {},
    `${$}.registries`,
  );
  return d.compact({
    dependencies: rangesDecoder(limits.programModules)(raw.dependencies ?? {}, `${$}.dependencies`),
    devDependencies: rangesDecoder(limits.programModules)(raw.devDependencies ?? {}, `${$}.devDependencies`),
    registry: d.optional(d.text(2000))(raw.registry, `${$}.registry`),
    registries: new Map([...registries].map(([scope, base]) => [parseAuthor(scope.slice(1)), base])),
    zone: d.optional(d.text(253))(raw.zone, `${$}.zone`),
    dns: d.optional(d.parsed(parseDnsSetting))(raw.dns, `${$}.dns`),
    policy: d.optional(userPolicy)(raw.policy, `${$}.policy`),
    raw,
  });
}

/** Reads a DNS setting: `system`, `off`, a DNS-over-HTTPS URL, else the address of a server. */
export function parseDnsSetting(text: string): DnsSetting {
  if (text === 'system' || text === 'off') return { kind: text };
  if (text.startsWith('https://') || text.startsWith('http://')) return { kind: 'https', url: text };
  return { kind: 'server', address: text };
}

/** The file with its dependencies replaced, all else as it was. */
export function encodeConfig(config: Config): string {
  const sorted = (table: ReadonlyMap<string, string>) =>
    Object.fromEntries([...table].sort(([a], [b]) => (a < b ? -1 : 1)));
  const { dependencies: _d, devDependencies: _v, ...rest } = config.raw;
  return `${JSON.stringify(
    {
      ...rest,
      dependencies: sorted(config.dependencies),
      ...(config.devDependencies.size > 0 ? { devDependencies: sorted(config.devDependencies) } : {}),
    },
    null,
    2,
  )}\n`;
}
