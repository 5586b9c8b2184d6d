import path from 'node:path';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags: { author: { type: 'string', value: 'login', about: 'Only the keys of this author' } },
  details: `
Prints the keys of all authors as an allowed_signers file of OpenSSH, with the namespaces of what they sign. Anybody can
then check a signature without mlld:

  mlld registry allowed-signers . > allowed_signers
  ssh-keygen -Y verify -f allowed_signers -I alice -n mlld-release@v1 -s 1.0.0.json.sig < 1.0.0.json`,
  async run({ args, flags, cwd, report }) {
    const { allowedSigners, openRepository } = await import('@mlld/builder');
    const text = allowedSigners(openRepository(path.resolve(cwd, args[0] ?? '.')), flags.author);
    if (flags.json) report.json({ allowedSigners: text.split('\n').filter((line) => line !== '') });
    else report.write(text);
  },
});
