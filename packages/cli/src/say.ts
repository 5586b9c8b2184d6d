/** What the commands by which people say something share: flags, the way to the registry, the answer. */
import {
  type Saying,
  type Speaker,
  type StatementOptions,
  type StatementResult,
  submitStatement,
} from '@mlld/publish';
import type { Context, Flags } from './command.ts';
import { terminalUi } from './publish-ui.ts';
import type { Report } from './report.ts';

export const sayFlags = {
  registry: { type: 'string', value: 'folder|git URL', about: 'Commit straight to this registry repository' },
  to: { type: 'string', value: 'owner/repository', about: 'Ask this repository on GitHub by pull request' },
  author: { type: 'string', value: 'name', about: 'As whom (default: your GitHub login)' },
  key: { type: 'string', value: 'file', about: 'SSH key to sign with (also: MLLD_SIGNING_KEY)' },
  yes: { type: 'boolean', short: 'y', about: 'Do not ask' },
  'dry-run': { type: 'boolean', about: 'Show what would be signed, and stop' },
} as const satisfies Flags;

type SayContext = Context<typeof sayFlags>;

/** Signs and sends, and shows what came of it. */
export async function runSaying(
  context: SayContext,
  say: (speaker: Speaker) => Saying | Promise<Saying>,
): Promise<StatementResult> {
  const { flags, report } = context;
  const ui = terminalUi({ report, interactive: context.interactive });
  try {
    const result = await submitStatement({ ...optionsOf(context), ui }, say);
    ui.close();
    if (flags.json) report.json(result);
    else showResult(report, result);
    return result;
  } finally {
    ui.close();
  }
}

function optionsOf({ flags, cwd, env }: SayContext): Omit<StatementOptions, 'ui'> {
  return {
    registry: flags.registry,
    to: flags.to,
    author: flags.author,
    signWith: flags.key === undefined ? [] : [flags.key],
    yes: flags.yes,
    dryRun: flags['dry-run'],
    cwd,
    env,
  };
}

function showResult(
  report: Report,
  { status, file, signedBy, firstKeyset, reference, statement }: StatementResult,
): void {
  const where = file === undefined ? '' : ` (${file})`;
  if (status === 'unchanged')
    report.print(file === undefined ? 'There is nothing to take back.' : `Said already${where}.`);
  if (status === 'committed') report.print(`Committed${where}: ${reference}`);
  if (status === 'proposed')
    report.print(`Proposed${where}: ${reference}\nIt counts when the pull request is merged.`);
  if (status !== 'dry-run') return;
  report.print(
    `Nothing was signed. This would be, by ${signedBy.join(', ')}${firstKeyset ? ', your first key here' : ''}:`,
  );
  report.print(`${file}\n${statement?.trimEnd() ?? ''}`);
}
