import { whoami } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { terminalUi } from '../publish-ui.ts';

export const command = defineCommand({
  args: [],
  flags: {},
  details: '\nTells whom GitHub takes you for, and where the token comes from.',
  async run({ flags, env, report, interactive }) {
    const account = await whoami({ env, ui: terminalUi({ report, interactive }) });
    if (flags.json) return report.json(account);
    report.print(account.login);
    report.note(
      `id ${account.id}, token from ${account.from}${account.scopes.length > 0 ? `, scopes ${account.scopes.join(', ')}` : ''}`,
    );
  },
});
