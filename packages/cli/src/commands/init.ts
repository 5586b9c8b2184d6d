import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { RegistryError, userLayout } from '@mlld/format';
import { defineCommand } from '../command.ts';

const program = `>> Run me: mlld run main.mld
var @who = "World"
show \`Hello @who!\`
`;

export const command = defineCommand({
  args: [{ name: 'folder', optional: true }],
  flags: {
    registry: { type: 'string', value: 'url|folder', about: 'Use this registry instead of the public one' },
  },
  details: `
Writes mlld-config.json, a first program main.mld, and a .gitignore entry. Never overwrites a file.
The lock file mlld-lock.json comes with the first import: keep it in git.`,
  async run({ args, flags, cwd, report }) {
    const folder = path.resolve(cwd, args[0] ?? '.');
    const config = path.join(folder, userLayout.config);
    if (existsSync(config)) {
      throw new RegistryError('BAD_CONFIG', `${config} is already there`, {
        hint: 'This folder is a project; mlld add <module> adds to it.',
      });
    }
    await mkdir(folder, { recursive: true });
    const registry = flags.registry === undefined ? {} : { registry: flags.registry };
    const files: Readonly<Record<string, string>> = {
      [userLayout.config]: `${JSON.stringify({ ...registry, dependencies: {} }, null, 2)}\n`,
      'main.mld': program,
      '.gitignore': '.mlld/\n',
    };
    const written: string[] = [];
    for (const [name, text] of Object.entries(files)) {
      const file = path.join(folder, name);
      if (existsSync(file)) continue;
      await writeFile(file, text, { flag: 'wx' });
      written.push(name);
    }
    if (flags.json) return report.json({ folder, written });
    report.print(`A project in ${folder}: ${written.join(', ')}`);
    report.print('Next: mlld run main.mld, then mlld add @author/module.');
  },
});
