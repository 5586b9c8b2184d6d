/** What the commands on policies share. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RoleChange } from '@mlld/builder';
import { layout, type Policy, type PolicyRole, policyRoles, printable, RegistryError } from '@mlld/format';
import type { Context, Flags } from '../../command.ts';

/** Changes that a policy can make; read by `changeOf`. */
export const changeFlags = {
  threshold: { type: 'string', value: 'number', about: 'How many root keys have to sign' },
  'log-key': {
    type: 'string',
    value: 'vkey|file',
    multiple: true,
    about: 'A key of the log: its verifier key, or its private key file',
  },
  witness: { type: 'string', value: 'vkey', multiple: true, about: 'A witness to trust' },
  quorum: { type: 'string', value: 'number', about: 'How many witnesses have to cosign' },
  'role-key': {
    type: 'string',
    value: 'role=file|key',
    multiple: true,
    about: 'SSH public key for recovery, advisories, statistics or maintainers; without one the root speaks',
  },
  'role-threshold': {
    type: 'string',
    value: 'role=number',
    multiple: true,
    about: 'How many keys of the role have to sign',
  },
  reviewer: {
    type: 'string',
    value: 'author',
    multiple: true,
    about: 'Whose reviews count for users who name nobody',
  },
  reserve: {
    type: 'string',
    value: 'name',
    multiple: true,
    about: 'An author or author/name that nobody may have',
  },
  'recovery-delay': {
    type: 'string',
    value: 'hours',
    about: 'How long a recovery of lost keys is public first',
  },
  expires: { type: 'string', value: 'date', about: 'When clients want a newer policy' },
} as const satisfies Flags;

export async function changeOf({ flags, cwd }: Context<typeof changeFlags>, origin: string) {
  const { threshold, witness, quorum, reserve, expires } = flags;
  const logKeys: string[] = [];
  for (const one of flags['log-key']) logKeys.push(await vkeyOf(one, { cwd, origin }));
  return {
    threshold: numberOf('--threshold', threshold),
    addLogKeys: logKeys,
    addWitnesses: witness,
    quorum: numberOf('--quorum', quorum),
    reserve,
    roles: rolesOf({ keys: flags['role-key'], thresholds: flags['role-threshold'], remove: [] }, cwd),
    addReviewers: flags.reviewer,
    recoveryDelayHours: numberOf('--recovery-delay', flags['recovery-delay']),
    expires: instantOf(expires),
  };
}

interface RoleWords {
  readonly keys: readonly string[];
  readonly remove: readonly string[];
  readonly thresholds: readonly string[];
}

/** Changes of roles beside the root, from words as `recovery=alice.pub`. @throws RegistryError USAGE */
export function rolesOf({ keys, remove, thresholds }: RoleWords, cwd: string): Map<PolicyRole, RoleChange> {
  const changes = new Map<PolicyRole, { add: string[]; remove: string[]; threshold?: number | undefined }>();
  const changeOfRole = (word: string) => {
    const [, name = '', value = ''] = /^([a-z]+)=(.+)$/s.exec(word) ?? [];
    const role = policyRoles.find((one) => one === name && one !== 'root');
    if (role === undefined) {
      throw new RegistryError('USAGE', `wanted <role>=<value>, found '${printable(word, 60)}'`, {
        hint: 'Roles are recovery, advisories, statistics and maintainers. The root has flags of its own.',
      });
    }
    const change = changes.get(role) ?? { add: [], remove: [] };
    changes.set(role, change);
    return { change, value };
  };
  for (const word of keys) {
    const { change, value } = changeOfRole(word);
    change.add.push(...rootKeys([value], cwd));
  }
  for (const word of remove) {
    const { change, value } = changeOfRole(word);
    change.remove.push(value);
  }
  for (const word of thresholds) {
    const { change, value } = changeOfRole(word);
    change.threshold = numberOf('--role-threshold', value);
  }
  return changes;
}

/** A verifier key as it is, or that of a private key file. @throws RegistryError BAD_KEY, NO_LOG_KEY */
async function vkeyOf(text: string, { cwd, origin }: { cwd: string; origin: string }): Promise<string> {
  if (/^[^+]+\+[0-9a-f]{8}\+/.test(text)) return text;
  const [{ readNoteKey, signerOf }, { formatVerifierKey }] = await Promise.all([
    import('@mlld/builder'),
    import('@mlld/trust/log'),
  ]);
  return formatVerifierKey(signerOf(readNoteKey(path.resolve(cwd, text)), origin, 'ed25519').key);
}

function numberOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new RegistryError('USAGE', `${flag}: wanted a number, found '${printable(text)}'`);
}

function instantOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new RegistryError(
      'USAGE',
      `--expires: wanted a date such as 2027-01-31, found '${printable(text)}'`,
    );
  return time.toISOString();
}

/** Public keys as text: files of public keys, or the keys themselves. */
export function rootKeys(values: readonly string[], cwd: string): string[] {
  return values.map((value) => {
    if (/^\S+ AAAA/.test(value)) return value;
    const file = path.resolve(cwd, value);
    if (!existsSync(file))
      throw new RegistryError('USAGE', `'${printable(value)}' is neither a public key nor a file`);
    return readFileSync(file, 'utf8').trim();
  });
}

/** The repository in a folder, and its newest policy whether it is signed or not. @throws RegistryError REGISTRY_NOT_FOUND */
export async function openPolicies(folder: string) {
  const { openRepository, policyStatuses } = await import('@mlld/builder');
  const repository = openRepository(folder);
  const statuses = policyStatuses(repository.tree);
  return { repository, statuses, newest: statuses.at(-1) };
}

/** The policy to go on from: its signatures are complete. @throws RegistryError POLICY_BROKEN, FILE_NOT_FOUND */
export function signedPolicy({ statuses, newest }: Awaited<ReturnType<typeof openPolicies>>): Policy {
  if (newest === undefined) {
    throw new RegistryError('FILE_NOT_FOUND', 'the repository has no policy yet', {
      hint: "Write the first: 'mlld registry policy init'.",
    });
  }
  const open = statuses.find(({ complete }) => !complete);
  if (open === undefined) return newest.policy;
  throw new RegistryError('POLICY_BROKEN', `${layout.policy(open.policy.n)} is not signed yet`, {
    hint: "First 'mlld registry policy sign'; 'mlld registry policy show' says who is missing.",
  });
}

/** Writes a policy that is not there yet. */
export function writePolicy(folder: string, n: number, text: string): string {
  const file = path.join(folder, layout.policy(n));
  mkdirSync(path.dirname(file), { recursive: true });
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (cause) {
    throw new RegistryError('IO', `can't write ${file}: ${(cause as Error).message}`, { cause });
  }
  return file;
}
