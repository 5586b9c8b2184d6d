import { homedir } from 'node:os';
import type { ClosedDay } from '@mlld/builder';
import { parseAuthor, parseDay, RegistryError, type Role, signatureNamespace } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../../command.ts';
import { type StatsPlace, statsFlags, statsPlace } from './stats.ts';

const flags = {
  ...statsFlags,
  author: { type: 'string', value: 'name', about: 'Who says so: a name in the statement' },
  key: {
    type: 'string',
    value: 'file',
    multiple: true,
    about: "SSH key of the policy's role statistics; as many as it wants",
  },
  wait: {
    type: 'string',
    value: 'hours',
    about: 'Hours after its end until a day is closed: the last logs come late (48)',
  },
  day: { type: 'string', value: 'date', about: 'Close this day, and no other, if it is over' },
  'dry-run': { type: 'boolean', about: 'Show what would be signed, and stop' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [],
  flags,
  details: `
Makes of each open day that is over a signed statement and its counts, rounded, in the repository; then the day's salt and
the hashed addresses are deleted. What a later log says of a closed day is not counted. Commit the files: with the next
build they are logged, and pages show them.

The policy's role statistics signs, or the root where there is none:
  mlld registry policy propose --role-key statistics=stats.pub

  mlld registry stats close --author alice --key ~/.ssh/stats`,
  async run(context) {
    const { report } = context;
    const { closedDay, daysToClose, openDays, writeClosed } = await import('@mlld/builder');
    const place = await statsPlace(context);
    const days = openDays(place.state);
    const waitHours = hoursOf(context.flags.wait);
    const wanted = context.flags.day === undefined ? undefined : parseDay(context.flags.day);
    const { due, closed } = daysToClose(days, {
      ...place,
      now: Date.now(),
      waitHours: wanted === undefined ? waitHours : 0,
    });
    // A run that ended between the last two steps.
    for (const day of closed) days.forget(day);
    const chosen = wanted === undefined ? due : due.filter((day) => day === wanted);
    if (wanted !== undefined && chosen.length === 0)
      throw new RegistryError('USAGE', `${wanted}: there is no open day of this date that is over`);
    if (context.flags.author === undefined && chosen.length > 0)
      throw new RegistryError(
        'USAGE',
        'mlld registry stats close: wanted --author, who says what was counted',
      );
    const signing =
      context.flags['dry-run'] || chosen.length === 0 ? undefined : await openSigning(context, place);
    const made: ClosedDay[] = [];
    for (const day of chosen) {
      const at = `${new Date().toISOString().slice(0, 19)}Z`;
      const by = parseAuthor(context.flags.author ?? '');
      const one = closedDay(days.open(day), { registry: place.registry, source: place.source, by, at });
      if (signing !== undefined)
        writeClosed(one, { repository: place.repository, signatures: await signing(one.statement), days });
      made.push(one);
    }
    if (context.flags.json)
      return report.json(made.map(({ day, file, dataFile, total }) => ({ day, file, dataFile, total })));
    if (made.length === 0) report.print('No open day is due to be closed.');
    for (const { day, file, total, statement } of made) {
      report.print(`${day}: ${total.people} people, ${total.ci} CI, ${total.robots} robots`);
      report.print(signing === undefined ? statement.trimEnd() : `  ${file}`);
    }
  },
});

function hoursOf(text: string | undefined): number {
  const hours = text === undefined ? 48 : Number(text);
  if (Number.isFinite(hours) && hours >= 0 && hours <= 24 * 90) return hours;
  throw new RegistryError('USAGE', `--wait: wanted hours, at most 2160, found '${text}'`);
}

/** All that may fail is found before a salt is thrown away. @throws RegistryError FILE_NOT_FOUND, UNKNOWN_KEY */
async function openSigning(
  { flags: given, cwd, env }: Context<typeof flags>,
  { repository }: StatsPlace,
): Promise<(text: string) => Promise<string>> {
  const { openRepository, readPolicyChain } = await import('@mlld/builder');
  const { findKeys, sign } = await import('@mlld/publish');
  const { parsePublicKey } = await import('@mlld/trust');
  const { tree, info } = openRepository(repository);
  const policy = readPolicyChain(tree, info.name)?.policy;
  if (policy === undefined)
    throw new RegistryError(
      'FILE_NOT_FOUND',
      'the repository has no policy that says who may sign statistics',
      {
        hint: "Write the first: 'mlld registry policy init'.",
      },
    );
  const role: Role | undefined = policy.roles.get('statistics') ?? policy.roles.get('root');
  const may = new Set((role?.keys ?? []).map((key) => parsePublicKey(key).fingerprint));
  const home = env.HOME ?? homedir();
  const asked = given.key.length === 0 ? [undefined] : given.key;
  const found = (await Promise.all(asked.map((wanted) => findKeys({ wanted, cwd, env, home })))).flat();
  const keys = [
    ...new Map(
      found.filter(({ key }) => may.has(key.fingerprint)).map((one) => [one.key.fingerprint, one]),
    ).values(),
  ];
  const threshold = role?.threshold ?? 1;
  if (keys.length < threshold)
    throw new RegistryError(
      'UNKNOWN_KEY',
      `wanted ${threshold} of the keys that may sign statistics, found ${keys.length} of them here`,
      { hint: `One of: ${(role?.keys ?? []).join('; ')}` },
    );
  return async (text) => {
    const armours: string[] = [];
    for (const key of keys.slice(0, threshold))
      armours.push(await sign(text, { namespace: signatureNamespace('statistics'), key, env }));
    return armours.join('');
  };
}
