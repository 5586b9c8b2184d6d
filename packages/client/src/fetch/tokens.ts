/** The tokens of private registries (docs/spec/resolve.md §1.5): the user's own, by origin, and never a project's. */
import { type JsonObject, limits, printable, RegistryError } from '@mlld/format';

type Environment = Readonly<Record<string, string | undefined>>;

/** The value of `authorization` for an origin; undefined: none. */
export type AuthorizationFor = (origin: string) => string | undefined;

/**
 * `raw` is the user's own configuration file, of which `tokens` maps an origin to a token.
 * @throws RegistryError BAD_CONFIG
 */
export function tokensOf(env: Environment, raw: JsonObject = {}): AuthorizationFor {
  const kept = new Map<string, string>();
  for (const [place, token] of Object.entries(membersOf(raw.tokens))) {
    const origin = URL.canParse(place) ? new URL(place).origin : 'null';
    if (origin === 'null' || !isToken(token))
      throw badToken(`~/.mlld/mlld-config.json: tokens: ${printable(place)}`);
    kept.set(origin, token);
  }
  return (origin) => {
    const name = variableOf(origin);
    const own = env[name];
    if (own !== undefined && own !== '' && !isToken(own)) throw badToken(name);
    const token = own || kept.get(origin);
    return token === undefined || !isSafe(new URL(origin)) ? undefined : `Bearer ${token}`;
  };
}

/** `MLLD_TOKEN_REGISTRY_EXAMPLE_ORG`, with `_8443` for a port of its own. */
export function variableOf(origin: string): string {
  return `MLLD_TOKEN_${new URL(origin).host.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
}

function membersOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

/** RFC 6750 §2.1. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && value.length <= limits.rangeChars * 20 && /^[\w.~+/-]+=*$/.test(value);
}

/** A token is not sent where others can read it on the way. */
function isSafe({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

function badToken(where: string): RegistryError {
  return new RegistryError(
    'BAD_CONFIG',
    `${where}: wanted an origin such as https://registry.example.org and a token`,
    {
      hint: 'A token has letters, digits and -._~+/ only (RFC 6750).',
    },
  );
}
