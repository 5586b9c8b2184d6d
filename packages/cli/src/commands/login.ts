import { login } from '@mlld/publish';
import { defineCommand } from '../command.ts';
import { terminalUi } from '../publish-ui.ts';

export const command = defineCommand({
  args: [],
  flags: {},
  details: `
Logs in to GitHub with a code that you enter on its web page. The token may write gists and public repositories; it is
kept in ~/.mlld/github-token.json, which only you can read. Not needed where MLLD_GITHUB_TOKEN, GITHUB_TOKEN or GH_TOKEN
is set, or gh is logged in.`,
  async run({ flags, env, report, interactive }) {
    const ui = terminalUi({ report, interactive });
    try {
      const account = await login({ env, ui });
      ui.close();
      if (flags.json) report.json(account);
      else report.print(`Logged in as ${account.login}; the token is in ${account.from}`);
    } finally {
      ui.close();
    }
  },
});
