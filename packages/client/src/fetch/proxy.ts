/** Which proxy a request goes through, by the environment as other programs read it (docs/spec/resolve.md §1.4). Pure. */
import { printable, RegistryError } from '@mlld/format';
import { isPrivateAddress, literalAddress } from '../dns/address.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The proxy for a URL; undefined: none. @throws RegistryError BAD_CONFIG */
export type ProxyFor = (url: URL) => URL | undefined;

export function proxiesOf(env: Environment): ProxyFor {
  const read = (name: string) => env[name.toLowerCase()] || env[name.toUpperCase()] || undefined;
  const except = (read('no_proxy') ?? '').split(/[\s,]+/).filter((entry) => entry !== '');
  const known = new Map<string, URL | undefined>();
  const proxyOf = (protocol: string): URL | undefined => {
    if (known.has(protocol)) return known.get(protocol);
    const name = `${protocol.slice(0, -1)}_proxy`;
    const text = read(name) ?? read('all_proxy');
    const proxy = text === undefined ? undefined : parseProxy(name.toUpperCase(), text);
    known.set(protocol, proxy);
    return proxy;
  };
  return (url) => {
    if (isLoopback(url) || except.some((entry) => isMeant(entry, url))) return undefined;
    return proxyOf(url.protocol);
  };
}

function parseProxy(name: string, text: string): URL {
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url !== undefined && ['http:', 'https:'].includes(url.protocol) && url.hostname !== '') return url;
  // What stands there may hold a password.
  const found = url === undefined ? 'something else' : `a URL of '${printable(url.protocol)}'`;
  throw new RegistryError(
    'BAD_CONFIG',
    `${name}: wanted http://host:port or https://host:port, found ${found}`,
  );
}

/** This machine is never behind a proxy. */
function isLoopback({ hostname }: URL): boolean {
  if (/(?:^|\.)localhost\.?$/.test(hostname)) return true;
  const address = literalAddress(hostname);
  return address !== undefined && isPrivateAddress(address) && /^(?:127\.|::1$)/.test(address);
}

/** `*`, a host with all below it (with or without a dot in front), one address; each with a port, if it is meant alone. */
function isMeant(entry: string, { hostname, port, protocol }: URL): boolean {
  if (entry === '*') return true;
  const [, host = '', only] = /^\[?\*?\.?(.*?)\]?(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
  if (only !== undefined && only !== (port || (protocol === 'https:' ? '443' : '80'))) return false;
  const name = hostname.replace(/^\[|\]$|\.$/g, '');
  return host !== '' && (name === host || name.endsWith(`.${host}`));
}
