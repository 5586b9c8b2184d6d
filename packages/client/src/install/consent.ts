/** What a module's code may do beside computing (docs/spec/resolve.md §10): declared by its author, granted by the user. */
import { type LockedMcp, type LockedModule, type ModuleName, printable, RegistryError } from '@mlld/format';
import { readLock, writeLock } from '../lock/lock.ts';
import type { Origin } from '../lock/locked.ts';
import type { Confirm, Ops } from '../ops.ts';
import { lockedVersion } from '../resolve/plan.ts';

/** Runs in a sandbox without I/O: nothing to grant. */
const harmless = new Set(['js']);

export interface NeedRequest {
  readonly origin: Origin;
  /** `node`, `sh`, `cmd`, `py`, `network`, … */
  readonly need: string;
  /** What exactly it is needed for: the hosts, the variables. Shown in the question. */
  readonly detail?: string | undefined;
  /** False: the user's program trusts the module `always`, which is the answer. It must still have declared the need. */
  readonly ask: boolean;
}

export interface ConsentContext {
  readonly ops: Ops;
  readonly root: string;
  /** Absent without a terminal: then nothing is granted that the lock file does not grant. */
  readonly confirm?: Confirm | undefined;
  readonly frozen: boolean;
}

/**
 * Returns when a module may use a need. Asks the user once; the answer yes is recorded in the lock file.
 * @throws RegistryError NEED_NOT_DECLARED, NEED_NOT_GRANTED, MODULE_NOT_FOUND
 */
export async function requireNeed(
  context: ConsentContext,
  { origin, need, detail, ask }: NeedRequest,
): Promise<void> {
  if (harmless.has(need)) return;
  const { ops, root, confirm } = context;
  const lock = readLock(ops, root);
  const locked = lockedVersion(lock, origin.name, origin.version);
  const of = `${origin.name}@${origin.version}`;
  if (locked === undefined) throw new RegistryError('MODULE_NOT_FOUND', `${of} is not in the lock file`);
  if (!locked.needs.includes(need)) throw notDeclared(locked, need);
  if (!ask || locked.granted.includes(need)) return;
  const question = `${of} wants to use ${printable(need)} (${printable(detail ?? meaning(need))}). Allow it for this project?`;
  if (confirm === undefined || context.frozen || !(await confirm(question)))
    throw notGranted(of, need, confirm !== undefined);
  const modules = new Map(lock.modules);
  for (const [key, entry] of lock.modules) {
    if (entry.name === locked.name && entry.version === locked.version)
      modules.set(key, { ...entry, granted: [...new Set([...entry.granted, need])].sort() });
  }
  await writeLock(ops, root, { base: lock, mine: { ...lock, modules } });
}

/** Records what the user agreed to of an MCP server (mcp.md §5). @throws RegistryError MODULE_NOT_FOUND, LOCK_FROZEN */
export async function recordMcp(
  { ops, root, frozen }: ConsentContext,
  { name, version }: { readonly name: ModuleName; readonly version: string },
  mcp: LockedMcp,
): Promise<void> {
  const lock = readLock(ops, root);
  const modules = new Map(lock.modules);
  for (const [key, entry] of lock.modules) {
    if (entry.name === name && entry.version === version) modules.set(key, { ...entry, mcp });
  }
  if (lockedVersion(lock, name, version) === undefined)
    throw new RegistryError('MODULE_NOT_FOUND', `${name}@${version} is not in the lock file`);
  if (frozen) throw new RegistryError('LOCK_FROZEN', '--frozen forbids to change the lock file');
  await writeLock(ops, root, { base: lock, mine: { ...lock, modules } });
}

function notDeclared({ name, version, needs }: LockedModule, need: string): RegistryError {
  const declared = needs.length > 0 ? needs.join(', ') : 'nothing';
  return new RegistryError('NEED_NOT_DECLARED', `${name}@${version} uses ${need}, but declares ${declared}`, {
    hint: 'A module may only use what it declares in its needs. Only its author can mend that.',
  });
}

function notGranted(of: string, need: string, asked: boolean): RegistryError {
  return new RegistryError(
    'NEED_NOT_GRANTED',
    `${of} may not use ${need}: ${asked ? 'you said no' : 'nobody was there to ask'}`,
    {
      hint: asked
        ? undefined
        : `Run the program once in a terminal and answer, or write "granted": ["${need}"] into its entry of mlld-lock.json.`,
    },
  );
}

function meaning(need: string): string {
  const meanings = new Map([
    ['node', 'JavaScript with your files, network and programs'],
    ['sh', 'shell commands'],
    ['cmd', 'programs of your machine'],
    ['py', 'Python with your files and network'],
    ['network', 'the network'],
    ['filesystem', 'your files'],
    ['env', 'your environment variables'],
  ]);
  return meanings.get(need) ?? 'something of your machine';
}
