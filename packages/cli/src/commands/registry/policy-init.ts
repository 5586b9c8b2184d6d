import path from 'node:path';
import { RegistryError } from '@mlld/format';
import { defineCommand } from '../../command.ts';
import { changeFlags, changeOf, openPolicies, rootKeys, writePolicy } from './policy.ts';

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags: {
    'root-key': {
      type: 'string',
      value: 'file|key',
      multiple: true,
      about: 'SSH public key of the root; repeat it',
    },
    ...changeFlags,
  },
  details: `
Writes policy/1.json: the root keys and how many of them must sign, the key of the log, witnesses and their quorum, and
reserved names. Whoever holds the root keys signs it; clients pin it, and only those keys can ever change it.

  mlld registry log-key ~/log.pem
  mlld registry policy init --root-key alice.pub --root-key bob.pub --threshold 2 --log-key ~/log.pem
  mlld registry policy sign --key ~/.ssh/id_ed25519_sk`,
  async run(context) {
    const { args, flags, cwd, report } = context;
    const folder = path.resolve(cwd, args[0] ?? '.');
    const { repository, newest } = await openPolicies(folder);
    if (newest !== undefined)
      throw new RegistryError('USAGE', `the repository has policy ${newest.policy.n} already`, {
        hint: "Change it with 'mlld registry policy propose'.",
      });
    const { firstPolicy, logOrigin } = await import('@mlld/builder');
    const registry = repository.info.name;
    const keys = rootKeys(flags['root-key'], cwd);
    if (keys.length === 0) throw new RegistryError('USAGE', 'wanted at least one --root-key');
    if (flags['log-key'].length === 0)
      throw new RegistryError('USAGE', 'wanted a --log-key', {
        hint: "Make one: 'mlld registry log-key <file>'.",
      });
    const createdAt = new Date().toISOString();
    const change = await changeOf(context, logOrigin(registry));
    const text = firstPolicy({ registry, createdAt, addRootKeys: keys, ...change });
    const file = writePolicy(folder, 1, text);
    if (flags.json) return report.json({ file, n: 1 });
    report.print(`${file}: ${keys.length} root keys, ${change.threshold ?? 1} of them sign`);
    report.print('Next: mlld registry policy sign');
  },
});
