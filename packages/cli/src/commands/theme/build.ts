import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buildTheme, targets } from '@mlld/theme';
import { clientFlags, defineCommand } from '../../command.ts';
import { openTheme } from './source.ts';

export const command = defineCommand({
  args: [{ name: 'theme', optional: true }],
  flags: {
    ...clientFlags,
    for: {
      type: 'string',
      multiple: true,
      value: 'target',
      about: `One of ${targets.map(({ id }) => id).join(', ')} (all)`,
    },
    out: { type: 'string', short: 'o', value: 'folder', about: 'Where to (dist)' },
  },
  details: `
Compiles a theme (a folder, its theme.json, or a module of the registry; default: this folder) for editors, pages and terminals.
The same source gives the same bytes. vscode/ has an extension as one .vsix and unpacked.

  mlld theme build
  mlld theme build @themes/harbour --for vim --for vscode --out /tmp/harbour`,
  async run(context) {
    const { flags, cwd, report } = context;
    const { theme, info } = await openTheme(context);
    const files = buildTheme(theme, info, flags.for);
    const out = path.resolve(cwd, flags.out ?? 'dist');
    for (const { path: file, content } of files) {
      await mkdir(path.dirname(path.join(out, file)), { recursive: true });
      await writeFile(path.join(out, file), content);
    }
    const names = files.map(({ path: file }) => file);
    if (flags.json) return report.json({ theme: theme.name, out, files: names });
    for (const name of names) report.print(name);
    report.note(`${names.length} files in ${out}`);
  },
});
