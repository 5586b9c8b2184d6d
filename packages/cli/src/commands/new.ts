import path from 'node:path';
import { moduleKinds, printable, RegistryError } from '@mlld/format';
import { knownLogin, newModule, parseKind } from '@mlld/publish';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'kind', choices: moduleKinds }, { name: 'name' }, { name: 'folder', optional: true }],
  flags: {
    author: { type: 'string', value: 'name', about: 'Whose module it is (default: who is logged in)' },
    about: { type: 'string', value: 'text', about: 'What it is about, in one line' },
  },
  details: `
Kinds: module, mcp-server, theme, template. Writes a folder (default: the name) that passes mlld check.

  mlld new module strings
  mlld new mcp-server weather --author alice`,
  async run({ args, flags, cwd, env, report }) {
    const kind = parseKind(args[0] ?? '');
    const full = /^@([^/]+)\/(.+)$/.exec(args[1] ?? '');
    const name = full?.[2] ?? args[1] ?? '';
    const author = flags.author ?? full?.[1] ?? (await knownLogin(env))?.toLowerCase();
    if (author === undefined) {
      throw new RegistryError('USAGE', `wanted the author of '${printable(name)}'`, {
        hint: `Write it: mlld new ${kind} @alice/${printable(name)}, or log in first: mlld login.`,
      });
    }
    const made = await newModule(kind, name, {
      dir: path.resolve(cwd, args[2] ?? name),
      author,
      about: flags.about,
    });
    if (kind === 'mcp-server') {
      const { describeNewServer } = await import('../mcp/server-new.ts');
      await describeNewServer(made.dir, { env, report });
    }
    if (flags.json) return report.json(made);
    report.print(`${made.name} in ${made.dir}: ${made.files.join(', ')}`);
    report.print(`Next: mlld check ${path.relative(cwd, made.dir) || '.'}, then mlld publish.`);
  },
});
