import { printable } from '@mlld/format';
import { withClient } from '../client.ts';
import { type Context, clientFlags, defineCommand, type FlagSpec } from '../command.ts';
import { capabilityText, installedSummary, printInstalled, progressOf } from '../installed.ts';
import { asking } from '../prompt.ts';

/** Of commands that bring new versions. */
export const agreeing = {
  type: 'boolean',
  short: 'y',
  about: 'Agree to what new versions can do beyond the old ones',
} as const satisfies FlagSpec;

export const command = defineCommand({
  args: [{ name: 'module', rest: true }],
  flags: {
    ...clientFlags,
    dev: { type: 'boolean', short: 'D', about: 'Add to devDependencies' },
    exact: { type: 'boolean', short: 'E', about: 'Write the exact version, not a range' },
    yes: agreeing,
  },
  details: `
Finds the module, verifies it and all that it imports, and writes it into mlld-config.json and mlld-lock.json.

  mlld add @alice/strings              newest, written as ^1.2.0
  mlld add @alice/strings@^1.0.0       newest of a range
  mlld add @alice/strings@beta         what a tag names
  mlld add @alice/strings@sha256:4f2a…  the version with this content`,
  run: (context) => {
    const { dev, exact, yes } = context.flags;
    return add(context, { dev, exact, frozen: false, agreed: yes });
  },
});

export interface AddOptions {
  readonly dev: boolean;
  readonly exact: boolean;
  readonly frozen: boolean;
  readonly agreed: boolean;
}

/** Also what `mlld install <module>` does. */
export async function add(
  context: Context<typeof clientFlags>,
  { frozen, agreed, ...options }: AddOptions,
): Promise<void> {
  const { args, flags, report } = context;
  const { onReady, done } = progressOf(report);
  const installed = await withClient(context, (client) => client.add(args, { ...options, onReady }), {
    frozen,
    agreed,
    ...asking(context, done),
  }).finally(done);
  if (flags.json) return report.json(installedSummary(installed));
  const wanted = new Set(args.map((ref) => ref.split('@', 2).join('@')));
  const added = new Set(installed.added);
  const shown = installed.modules.filter(
    ({ name, version }) => wanted.has(name) || added.has(`${name}@${version}`),
  );
  printInstalled(report, { modules: shown });
  for (const { name, version, entry } of shown)
    if (entry.capabilities?.length)
      report.note(`${name}@${version} can reach for: ${capabilityText(entry.capabilities)}`);
  const needs = new Set(shown.flatMap(({ entry }) => entry.needs.filter((need) => need !== 'js')));
  if (needs.size > 0)
    report.note(
      `Their code needs: ${[...needs]
        .sort()
        .map((need) => printable(need))
        .join(', ')}. You are asked before it may use that.`,
    );
}
