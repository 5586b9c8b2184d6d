/**
 * What new code can do, and the user's yes to it (docs/spec/resolve.md §6.10). A scanner only ever adds a question: what it does not
 * find is still kept from the code by the needs that its release declares (§10).
 */
import {
  compareVersions,
  formatDuration,
  type IndexVersion,
  isRegistryError,
  type Lock,
  type LockedModule,
  printable,
  RegistryError,
} from '@mlld/format';
import { filesOfLocked } from '../fetch/module-files.ts';
import { notAllowed } from '../policy/capabilities.ts';
import { capabilityDenied } from '../policy/gates.ts';
import type { Session } from '../session.ts';
import type { Verified } from '../verify/verify.ts';

/** A verified version that the program did not have. */
export interface Fresh {
  readonly entry: LockedModule;
  readonly verified: Verified;
  readonly about: string;
}

/**
 * What the files of a version can reach for, with the needs that it declares; undefined where nobody can look.
 * @throws RegistryError CAPABILITY_DENIED
 */
export async function capabilitiesOf(
  { agreement, ruleOf }: Session,
  { name, version, needs }: Pick<IndexVersion, 'name' | 'version' | 'needs'>,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<readonly string[] | undefined> {
  if (agreement.scan === undefined) return undefined;
  const found = await agreement.scan(files);
  const denied = notAllowed(found, ruleOf(name).capabilities);
  if (denied.length > 0) throw capabilityDenied(`${name}@${version}`, denied);
  return withNeeds(found, needs);
}

function withNeeds(found: readonly string[], needs: readonly string[]): string[] {
  const declared = needs.filter((need) => need !== 'js').map((need) => `need:${need}`);
  return [...new Set([...found, ...declared])].filter((one) => one !== 'code:js').sort();
}

/** What a version can do that the one before could not. */
export interface CapabilityNews {
  /** The version whose capabilities the user agreed to; absent for a module that is new to the program. */
  readonly since?: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** @throws RegistryError NEW_CAPABILITY where the user says no, or nobody is there to ask */
export async function agreeToNew(
  session: Session,
  fresh: readonly Fresh[],
  { lock, askForNew = false }: { readonly lock: Lock; readonly askForNew?: boolean | undefined },
): Promise<void> {
  const refused: string[] = [];
  for (const one of [...fresh].sort((a, b) => (a.entry.name < b.entry.name ? -1 : 1))) {
    const news = await newsOf(session, one.entry, lock);
    if (news === undefined || news.added.length === 0 || (news.since === undefined && !askForNew)) continue;
    const { confirm, agreed = false } = session.agreement;
    if (agreed) continue;
    const lines = describe(session, one, news);
    if (confirm !== undefined && !session.settings.frozen) {
      if (await confirm(lines.join('\n'))) continue;
    }
    refused.push(lines.slice(0, -1).join('\n'));
  }
  if (refused.length === 0) return;
  const asked = session.agreement.confirm !== undefined;
  throw new RegistryError(
    'NEW_CAPABILITY',
    `${refused.join('\n')}\n${asked ? 'You said no' : 'Nobody was there to ask'}; nothing was changed.`,
    {
      hint: asked
        ? undefined
        : 'Run it in a terminal and answer, or agree beforehand with --yes. What is locked goes on working.',
    },
  );
}

/** Undefined where nobody can look into the code. */
export async function newsOf(
  session: Session,
  entry: Pick<LockedModule, 'name' | 'capabilities'>,
  lock: Lock,
): Promise<CapabilityNews | undefined> {
  const { capabilities } = entry;
  if (capabilities === undefined) return undefined;
  const before = newestLocked(lock, entry);
  const agreed = before === undefined ? [] : await agreedTo(session, before);
  return {
    ...(before === undefined ? {} : { since: before.version }),
    added: capabilities.filter((one) => !agreed.includes(one)),
    removed: agreed.filter((one) => !capabilities.includes(one)),
  };
}

function newestLocked({ modules }: Lock, { name }: Pick<LockedModule, 'name'>): LockedModule | undefined {
  const own = modules.get(name);
  if (own !== undefined) return own;
  return [...modules.values()]
    .filter((one) => one.name === name)
    .sort((a, b) => compareVersions(b.version, a.version))[0];
}

/** What stands in the lock file; of a version that was locked before anybody looked, what its code says. */
async function agreedTo(session: Session, locked: LockedModule): Promise<readonly string[]> {
  const { scan } = session.agreement;
  if (locked.capabilities !== undefined || scan === undefined) return locked.capabilities ?? [];
  try {
    const { files } = await filesOfLocked(session, locked, session.registryOf(locked.name));
    return withNeeds(await scan(files), locked.needs);
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    // Its bytes are gone: what is known of it is what it declared.
    return withNeeds([], locked.needs);
  }
}

const levels = [
  'nobody signed it',
  'logged, not signed',
  'signed by its author',
  'reproduced from its commit',
  'reviewed by people you trust',
] as const;

/** What it can do, who vouches for it, what changed; the question last. */
function describe(
  session: Session,
  { entry, verified }: Fresh,
  { since, added, removed }: CapabilityNews,
): string[] {
  const { name, version, evidence, capabilities = [] } = entry;
  const same = capabilities.filter((one) => !added.includes(one));
  const { signed, since: time } = verified;
  const by = signed === undefined ? '' : ` (${signed.signedBy}, keyset ${signed.keyset.n})`;
  const age =
    time === undefined ? '' : `, public for ${formatDuration(Math.max(0, session.net.ops.now() - time.at))}`;
  const change = (mark: string, list: readonly string[]) =>
    list.slice(0, 20).map((one) => `  ${mark} ${printable(one.replace(':', ' '), 120)}`);
  return [
    since === undefined
      ? `${name}@${version} is new to this program, and can do:`
      : `${name}@${version} can do more than ${since}, which you have:`,
    ...change('+', added),
    ...(added.length > 20 ? [`  + ${added.length - 20} more`] : []),
    ...change('-', removed),
    ...(same.length === 0 ? [] : [`  as before: ${printable(same.join(', ').replaceAll(':', ' '), 300)}`]),
    `  ${levels[evidence]}${by}${age}`,
    ...(since === undefined ? [] : [`  what changed: mlld scan ${name}@${version} --diff ${name}@${since}`]),
    'Take it?',
  ];
}
