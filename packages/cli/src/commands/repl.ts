import { openInteractive } from '@mlld/lang';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';
import { programHost } from '../program-host.ts';
import { confirmer } from '../prompt.ts';
import { readEntries } from '../repl/loop.ts';

export const command = defineCommand({
  args: [],
  flags: clientFlags,
  details: `
Runs mlld line by line: names and imports stay, a value that stands alone is shown. An open bracket, template or code goes on in the next
line; an empty line ends it. Tab completes names, fields and modules; .help lists the commands of the prompt. Lines may also come
through a pipe.

  mlld repl
  echo '1 + 2' | mlld repl`,
  async run(context) {
    const { cwd, env, report } = context;
    return withClient(context, async (client) => {
      const host = programHost(client, {
        report,
        unsandboxed: [],
        envNames: [],
        env,
        confirm: confirmer(context),
      });
      const file = `${cwd}/repl.mld`;
      const program = openInteractive({ file, host });
      try {
        const modules = async () => (await client.list()).map(({ name }) => name);
        return await readEntries({ program, modules, cwd, env, report });
      } finally {
        await program.close();
      }
    });
  },
});
