import type { Client, InstallReport } from '@mlld/client';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { installedSummary, progressOf } from '../installed.ts';
import { asking } from '../prompt.ts';
import { add, agreeing } from './add.ts';

export const command = defineCommand({
  args: [{ name: 'module', optional: true, rest: true }],
  flags: {
    ...clientFlags,
    frozen: { type: 'boolean', about: 'Fail where the lock file does not say everything; never change it' },
    dev: { type: 'boolean', short: 'D', about: 'With modules: add them to devDependencies' },
    exact: { type: 'boolean', short: 'E', about: 'With modules: write the exact version' },
    yes: agreeing,
  },
  details: `
Brings everything that mlld-config.json and mlld-lock.json ask for into the cache, verified, and the lock file up to date.
What is locked needs no index: only missing bytes are fetched.

  mlld install                     all of the project
  mlld install --frozen            as in CI: exactly what is locked, or an error
  mlld install @alice/strings      the same as mlld add @alice/strings`,
  async run(context) {
    const { args, flags, report } = context;
    if (args.length > 0) {
      const { dev, exact, frozen, yes } = flags;
      return add(context, { dev, exact, frozen, agreed: yes });
    }
    const { onReady, done } = progressOf(report);
    const bring = async (client: Client) => {
      await client.assertFresh();
      return client.install({ onReady });
    };
    const { frozen, yes: agreed } = flags;
    const installed = await withClient(context, bring, {
      frozen,
      agreed,
      ...asking(context, done),
    }).finally(done);
    show(installed);

    function show(found: InstallReport): void {
      if (flags.json) report.json(installedSummary(found));
      else if (found.modules.length === 0)
        report.print('Nothing to install: this project uses no modules yet.');
      else report.print(describe(found));
    }
  },
});

function describe({ modules, added, removed, ms }: InstallReport): string {
  const fetched = modules.filter(({ from }) => from !== 'cache').length;
  const changes = [
    ...(added.length > 0 ? [`${added.length} added`] : []),
    ...(removed.length > 0 ? [`${removed.length} removed`] : []),
    `${fetched} fetched`,
    `${modules.length - fetched} from the cache`,
  ];
  return `${modules.length} ${modules.length === 1 ? 'module' : 'modules'} (${changes.join(', ')}) in ${Math.round(ms)} ms`;
}
