import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: [{ name: 'file' }],
  flags: {
    repository: {
      type: 'string',
      value: 'folder',
      about: 'Repository of the registry whose log it signs (default: .)',
    },
    witness: {
      type: 'string',
      value: 'name',
      about: 'A key for a witness of this name instead, for instance a DNS name of yours',
    },
  },
  details: `
Makes an Ed25519 key in a file that only you can read, and prints its verifier key, which the policy names. If the file is there,
its verifier key is printed. Whoever has the file can sign for the log: keep it where only the build runs.

  mlld registry log-key ~/log.pem
  mlld registry log-key ~/witness.pem --witness witness.example.org`,
  async run({ args, flags, cwd, report }) {
    const { logOrigin, openRepository, readNoteKey, signerOf, writeNoteKey } = await import('@mlld/builder');
    const { formatVerifierKey } = await import('@mlld/trust/log');
    const file = path.resolve(cwd, args[0] ?? '');
    const name =
      flags.witness ?? logOrigin(openRepository(path.resolve(cwd, flags.repository ?? '.')).info.name);
    const made = !existsSync(file);
    const key = made ? writeNoteKey(file) : readNoteKey(file);
    const vkey = formatVerifierKey(
      signerOf(key, name, flags.witness === undefined ? 'ed25519' : 'cosignature/v1').key,
    );
    if (flags.json) return report.json({ file, vkey, made });
    report.print(vkey);
    report.note(made ? `The key is in ${file}` : `${file} was there already`);
  },
});
