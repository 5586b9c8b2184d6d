import { parseAuthor, printable, RegistryError, type TrustLevel, trustLevels } from '@mlld/format';
import { trustSaying } from '@mlld/publish';
import { addReviewer } from '../add-reviewer.ts';
import { defineCommand, type Flags } from '../command.ts';
import { runSaying, sayFlags } from '../say.ts';

const text = { text: { type: 'string', value: 'text', about: 'Why, for others' } } as const satisfies Flags;
const config = {
  'no-config': { type: 'boolean', about: 'Leave my own configuration as it is' },
} as const satisfies Flags;

export const trust = defineCommand({
  args: [{ name: 'reviewer' }],
  flags: {
    ...sayFlags,
    ...text,
    ...config,
    level: {
      type: 'string',
      value: trustLevels.filter((one) => one !== 'distrust').join('|'),
      about: 'How far (default: high)',
    },
  },
  details: `
Says in public, signed, how far you believe somebody's reviews; --level none takes it back. The reviews of people whom you trust count
for you, of those whom they trust a little less, and so on. What you say counts for you once you are among your own
roots: you are put into "policy.reviewers.trusted" of ~/.mlld/mlld-config.json (docs/guides/reviewing.md).

  mlld trust bob
  mlld trust carol --level low`,
  async run(context) {
    const about = parseAuthor((context.args[0] ?? '').replace(/^@/, ''));
    const level = levelOf(context.flags.level ?? 'high');
    const { text: why } = context.flags;
    const result = await runSaying(context, (speaker) =>
      trustSaying(speaker, { about, level, ...(why === undefined ? {} : { text: why }) }),
    );
    if (!context.flags['no-config'] && result.status !== 'dry-run' && level !== 'none')
      addReviewer(context, result.by);
  },
});

export const distrust = defineCommand({
  args: [{ name: 'reviewer' }],
  flags: { ...sayFlags, ...text, ...config },
  details: `
Says in public, signed, that somebody's reviews are not to be believed: for you, and for those who trust you more than them, they
and all whom they bring in count nothing. 'mlld trust <reviewer> --level none' takes it back.

  mlld distrust mallory --text "Praises what was never read"`,
  async run(context) {
    const about = parseAuthor((context.args[0] ?? '').replace(/^@/, ''));
    const { text: why } = context.flags;
    const result = await runSaying(context, (speaker) =>
      trustSaying(speaker, { about, level: 'distrust', ...(why === undefined ? {} : { text: why }) }),
    );
    if (!context.flags['no-config'] && result.status !== 'dry-run') addReviewer(context, result.by);
  },
});

function levelOf(wanted: string): TrustLevel {
  const found = trustLevels.find((one) => one === wanted && one !== 'distrust');
  if (found !== undefined) return found;
  throw new RegistryError(
    'USAGE',
    `--level: wanted none, low, medium or high, found '${printable(wanted)}'`,
    {
      hint: "To distrust somebody: 'mlld distrust <reviewer>'.",
    },
  );
}
