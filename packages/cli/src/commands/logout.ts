import { logout } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { terminalUi } from '../publish-ui.ts';

export const command = defineCommand({
  args: [],
  flags: {},
  details:
    '\nForgets the token that mlld login kept. Revoke it on GitHub too if someone else may have read it.',
  async run({ flags, env, report, interactive }) {
    const result = await logout({ env, ui: terminalUi({ report, interactive }) });
    if (flags.json) return report.json(result);
    report.print(result.forgotten ? 'Logged out.' : 'Nobody was logged in.');
    if (result.still !== undefined) report.print(`There is still a token from ${result.still}.`);
  },
});
