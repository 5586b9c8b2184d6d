import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { defineCommand } from '../../command.ts';
import { openPolicies, rootKeys, signedPolicy, writePolicy } from './policy.ts';

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags: {
    'log-key': {
      type: 'string',
      value: 'file',
      about: 'New private key of the log; made if there is no such file',
    },
    'drop-old-log-keys': {
      type: 'boolean',
      about: 'The old keys were stolen: what they signed counts no more, all proofs are made anew',
    },
    'root-key': {
      type: 'string',
      value: 'old=new',
      multiple: true,
      about: 'Fingerprint or comment, and the new public key',
    },
  },
  details: `
Writes the next policy with another key of the log, or other root keys. Old keys of the log stay in the policy, so that
proofs that were given out still count; drop them only if they were stolen.

  mlld registry policy rotate --log-key ~/log-2.pem
  mlld registry policy rotate --root-key alice@old=alice-new.pub`,
  async run({ args, flags, cwd, report }) {
    const folder = path.resolve(cwd, args[0] ?? '.');
    const before = signedPolicy(await openPolicies(folder));
    const pairs = flags['root-key'].map((pair) => {
      const at = pair.lastIndexOf('=', pair.length - 2);
      if (at > 0) return { old: pair.slice(0, at), fresh: pair.slice(at + 1) };
      throw new RegistryError('USAGE', `--root-key: wanted <old>=<new>, found '${printable(pair)}'`);
    });
    if (pairs.length === 0 && flags['log-key'] === undefined)
      throw new RegistryError('USAGE', 'wanted --log-key or --root-key');
    const { nextPolicy } = await import('@mlld/builder');
    const vkey = flags['log-key'] && (await logKey(path.resolve(cwd, flags['log-key']), before.log.origin));
    const change = {
      addRootKeys: rootKeys(
        pairs.map(({ fresh }) => fresh),
        cwd,
      ),
      removeRootKeys: pairs.map(({ old }) => old),
      addLogKeys: vkey === undefined ? [] : [vkey],
      removeLogKeys: flags['drop-old-log-keys'] ? before.log.keys.filter((key) => key !== vkey) : [],
    };
    const file = writePolicy(folder, before.n + 1, nextPolicy(before, change, new Date().toISOString()));
    if (flags.json) return report.json({ file, n: before.n + 1, logKey: vkey });
    report.print(`${file}: next, mlld registry policy sign`);
  },
});

async function logKey(file: string, origin: string): Promise<string> {
  const { existsSync } = await import('node:fs');
  const { readNoteKey, signerOf, writeNoteKey } = await import('@mlld/builder');
  const { formatVerifierKey } = await import('@mlld/trust/log');
  const key = existsSync(file) ? readNoteKey(file) : writeNoteKey(file);
  return formatVerifierKey(signerOf(key, origin, 'ed25519').key);
}
