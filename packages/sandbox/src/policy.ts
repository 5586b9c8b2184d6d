/** What a sandboxed program may do (docs/spec/sandbox.md §2). What is not said here, it may not. */
import { isIP } from 'node:net';
import { printable, RegistryError } from '@mlld/format';

export interface SandboxPolicy {
  /** Absolute paths that it sees as they are, and can't change. */
  readonly readable?: readonly string[];
  /** Absolute paths that it sees and may change. */
  readonly writable?: readonly string[];
  /** Where it may connect to: `example.org`, `*.example.org`, `*`; `host:port` for ports but 80 and 443. Default: nowhere. */
  readonly hosts?: readonly string[];
  /** All of its environment beside path, home and locale. */
  readonly env?: Readonly<Record<string, string>>;
  /** The working directory; default: its own temporary folder. */
  readonly cwd?: string | undefined;
  readonly limits?: Partial<SandboxLimits> | undefined;
}

export interface SandboxLimits {
  /** Processes and threads at once. */
  readonly processes: number;
  /** Bytes of memory of all its processes together where the system can count them, else of each one. */
  readonly memory: number;
  /** Bytes of its temporary folder, which is memory, too. */
  readonly temporary: number;
  /** Bytes of one file that it writes. */
  readonly fileSize: number;
  readonly openFiles: number;
}

const MiB = 1024 * 1024;

export const sandboxLimits: SandboxLimits = {
  processes: 128,
  memory: 1024 * MiB,
  temporary: 256 * MiB,
  fileSize: 256 * MiB,
  openFiles: 1024,
};

/** A place that a program may connect to. */
export interface HostRule {
  /** In lower case; `*` for all, `*.example.org` for all below. */
  readonly name: string;
  readonly ports: readonly number[];
}

const webPorts = [80, 443];
const namePattern = /^(?:\*|(?:\*\.)?[a-z0-9](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9](?:[a-z0-9_-]{0,62}))*\.?)$/;

/** @throws RegistryError BAD_CONFIG */
export function hostRule(text: string): HostRule {
  const [, rawName = text, rawPort] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const name = rawName.toLowerCase().replace(/\.$/, '');
  const port = rawPort === undefined ? undefined : Number(rawPort);
  const isPort = port === undefined || (port > 0 && port < 65_536);
  if (name.length > 253 || !namePattern.test(name) || isIP(name) !== 0 || !isPort) {
    throw new RegistryError(
      'BAD_CONFIG',
      `wanted a host such as api.example.org, found '${printable(text)}'`,
      {
        hint: 'A host is a name, *.example.org for all below it, or * for any; behind a colon stands its port. An address is none.',
      },
    );
  }
  return { name, ports: port === undefined ? webPorts : [port] };
}

/** Whether a rule lets a program connect to a host's port. `host` is in lower case. */
export function isAllowed(rules: readonly HostRule[], host: string, port: number): boolean {
  return rules.some((rule) => rule.ports.includes(port) && matches(rule.name, host));
}

function matches(pattern: string, host: string): boolean {
  // An address says nothing of who is there, and this machine is meant only by its name.
  if (isIP(host) !== 0) return false;
  if (pattern === '*') return host !== 'localhost';
  return pattern.startsWith('*.') ? host.endsWith(pattern.slice(1)) : host === pattern;
}
