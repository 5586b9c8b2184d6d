import { renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'url|folder' }],
  flags: {
    key: {
      type: 'string',
      value: 'file',
      about: 'Key of the witness, as mlld registry log-key --witness makes it',
    },
    name: { type: 'string', value: 'name', about: 'Name of the witness, as in its verifier key' },
    state: { type: 'string', value: 'file', about: 'What was seen so far; never lose it' },
    out: { type: 'string', value: 'file', about: 'Where the line of the cosignature goes (default: stdout)' },
  },
  details: `
Looks at a registry's log, checks that it has only grown since the last time, notes that in the state, and only then
cosigns its checkpoint. Made for a timer or a workflow. The registry puts the line into its head with
'mlld registry build --cosignatures <folder>'.

  mlld witness cosign https://registry.example.org/ --key witness.pem --name witness.example.org \\
    --state witness.json --out cosignatures/witness.example.org`,
  async run({ args, flags, cwd, report }) {
    const { cosignLatest, openSource, readNoteKey } = await import('@mlld/builder');
    const { key, name, state } = flags;
    if (key === undefined || name === undefined || state === undefined)
      throw new RegistryError('USAGE', 'wanted --key, --name and --state');
    const where = args[0] ?? '';
    const source = openSource(/^https?:\/\//.test(where) ? where : path.resolve(cwd, where));
    const cosigned = await cosignLatest({
      source,
      key: readNoteKey(path.resolve(cwd, key)),
      name,
      stateFile: path.resolve(cwd, state),
      time: Math.floor(Date.now() / 1000),
    });
    if (flags.out !== undefined) writeWhole(path.resolve(cwd, flags.out), cosigned.line);
    if (flags.json) return report.json(cosigned);
    if (flags.out === undefined) report.write(cosigned.line);
    report.note(`${cosigned.registry}: cosigned ${cosigned.size} entries, ${cosigned.from} seen before`);
  },
});

function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
