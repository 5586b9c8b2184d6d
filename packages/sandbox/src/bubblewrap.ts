/** The sandbox as arguments of bubblewrap: what is inside, and what the limits are. */
import { existsSync, lstatSync, mkdirSync, readlinkSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { SandboxTools } from './find.ts';
import type { Gateway } from './gateway.ts';
import { insideProgram } from './inside.ts';
import type { SandboxLimits, SandboxPolicy } from './policy.ts';

export interface Wrapping {
  readonly tools: SandboxTools;
  readonly policy: SandboxPolicy;
  readonly limits: SandboxLimits;
  readonly gateway: Gateway | undefined;
  /** An empty folder of this sandbox's own. */
  readonly folder: string;
  readonly command: readonly string[];
}

export interface Wrapped {
  /** The arguments that bubblewrap reads from a pipe: a command line is for all to see, and an environment holds secrets. */
  readonly options: readonly string[];
  readonly command: readonly string[];
}

const home = '/tmp';
const gatePath = '/run/mlld-gate';

export function wrap(wrapping: Wrapping): Wrapped {
  const { tools, limits, gateway, command } = wrapping;
  const limited = [tools.prlimit, ...limitOptions(limits), '--', ...resolved(command)];
  const inner =
    gateway === undefined
      ? limited
      : [node, '-e', insideProgram, '--', gatePath, gateway.ports.join(','), ...limited];
  return {
    options: [
      ...isolation,
      ...identity(gateway !== undefined),
      ...files(wrapping),
      ...network(wrapping),
      ...environment(wrapping),
    ],
    command: inner,
  };
}

const isolation = ['--unshare-all', '--die-with-parent', '--hostname', 'sandbox', '--cap-drop', 'ALL'];

/**
 * A user of no importance. Only with a network it is called root, without any of root's powers but one: for another name
 * bubblewrap makes a second user namespace, to which the network does not belong, and the ports below 1024 are closed.
 */
function identity(hasNetwork: boolean): string[] {
  const id = hasNetwork ? '0' : '1000';
  return ['--uid', id, '--gid', id, ...(hasNetwork ? ['--cap-add', 'CAP_NET_BIND_SERVICE'] : [])];
}

// ---- files

/** What programs need of the system: code and tables, nothing of a user's. */
const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/nix/store',
  '/gnu/store',
];
const systemFiles = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  '/etc/mime.types',
  '/etc/pki',
  '/etc/ssl',
];

/** Where root, though it has no powers in a sandbox, could write to: there the kernel asks for the owner alone. */
const kernelFolders = [
  '/proc/sys',
  '/proc/sysrq-trigger',
  '/proc/irq',
  '/proc/bus',
  '/proc/fs',
  '/proc/acpi',
];

const keys = '/etc/ssl/private';

const node = realpathSync(process.execPath);

function files({ policy, limits, folder }: Wrapping): string[] {
  const own = ownFiles(folder);
  return [
    ...systemFolders.flatMap(systemFolder),
    ...systemFiles.flatMap((file) => ['--ro-bind-try', file, file]),
    // Keys of this machine's servers, which root can read.
    ...(existsSync(keys) ? ['--tmpfs', keys, '--remount-ro', keys] : []),
    ...Object.entries(own).flatMap(([inside, outside]) => ['--ro-bind', outside, inside]),
    ...['--proc', '/proc', ...kernelFolders.flatMap((folder) => ['--ro-bind-try', folder, folder])],
    ...['--dev', '/dev'],
    ...['--size', String(limits.temporary), '--tmpfs', '/dev/shm'],
    ...['--size', String(limits.temporary), '--tmpfs', '/tmp', '--dir', '/run'],
    ...(isSystem(node) ? [] : ['--ro-bind', node, node]),
    ...(policy.readable ?? []).flatMap((file) => ['--ro-bind', file, file]),
    ...(policy.writable ?? []).flatMap((file) => ['--bind', file, file]),
    ...['--chdir', policy.cwd ?? home],
  ];
}

/** A link as the link that it is, a folder as it is, read-only; what is not there is left out. */
function systemFolder(folder: string): string[] {
  const stat = lstatSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) return [];
  return stat.isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : ['--ro-bind', folder, folder];
}

function isSystem(file: string): boolean {
  return systemFolders.some((folder) => file.startsWith(`${folder}/`));
}

/** Tables of the system that name users and hosts: inside there is one user, and names lead to the gateway. */
function ownFiles(folder: string): Record<string, string> {
  const contents = {
    '/etc/passwd':
      'root:x:0:0:root:/tmp:/bin/sh\nuser:x:1000:1000:user:/tmp:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
    '/etc/group': 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n',
    '/etc/hosts': '127.0.0.1 localhost sandbox\n',
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    '/etc/resolv.conf': 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n',
  };
  const etc = path.join(folder, 'etc');
  mkdirSync(etc);
  return Object.fromEntries(
    Object.entries(contents).map(([inside, text]) => {
      const outside = path.join(etc, path.basename(inside));
      writeFileSync(outside, text);
      return [inside, outside];
    }),
  );
}

// ---- network, environment, limits

/** The root is closed last. */
function network({ gateway }: Wrapping): string[] {
  const gate = gateway === undefined ? [] : ['--ro-bind', gateway.path, gatePath];
  return [...gate, '--remount-ro', '/dev', '--remount-ro', '/'];
}

function environment({ policy }: Wrapping): string[] {
  const folders = ['/usr/local/bin', '/usr/bin', '/bin', '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const all: Record<string, string> = {
    PATH: [...folders, ...(isSystem(node) ? [] : [path.dirname(node)])].join(':'),
    HOME: home,
    TMPDIR: '/tmp',
    USER: 'user',
    LANG: 'C.UTF-8',
    ...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
    ...policy.env,
  };
  return ['--clearenv', ...Object.entries(all).flatMap(([name, value]) => ['--setenv', name, value])];
}

/**
 * The number of processes is counted in the sandbox's own user namespace. Memory is what a process can write to: the address
 * space itself would be no measure, Node alone reserves gigabytes of it.
 */
function limitOptions({ processes, memory, fileSize, openFiles }: SandboxLimits): string[] {
  return [
    `--nproc=${processes}`,
    `--data=${memory}`,
    `--fsize=${fileSize}`,
    `--nofile=${openFiles}`,
    '--core=0',
  ];
}

function resolved([program = '', ...args]: readonly string[]): string[] {
  return [program === 'node' ? node : program, ...args];
}
