import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { layout, RegistryError, signatureNamespace } from '@mlld/format';
import { defineCommand } from '../../command.ts';
import { openPolicies } from './policy.ts';

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags: {
    key: {
      type: 'string',
      value: 'file',
      about: 'SSH key to sign with (default: the root key that is found here)',
    },
  },
  details: `
Adds one signature to the newest policy, by ssh-keygen: keys in files, in the agent and on hardware sign alike. Each holder
of a root key runs this; 'mlld registry policy show' says who is missing.

  mlld registry policy sign --key ~/.ssh/id_ed25519_sk`,
  async run({ args, flags, cwd, env, report }) {
    const folder = path.resolve(cwd, args[0] ?? '.');
    const { newest } = await openPolicies(folder);
    if (newest === undefined)
      throw new RegistryError('FILE_NOT_FOUND', 'the repository has no policy to sign', {
        hint: "Write the first: 'mlld registry policy init'.",
      });
    const wanted = newest.roots.flatMap(({ keys }) => keys);
    const { findKeys, sign } = await import('@mlld/publish');
    const home = env.HOME ?? homedir();
    const found = await findKeys({ wanted: flags.key, cwd, env, home });
    const key = found.find((one) => wanted.some(({ fingerprint }) => fingerprint === one.key.fingerprint));
    if (key === undefined) {
      const names = found.map((one) => one.key.fingerprint).join(', ');
      throw new RegistryError(
        'UNKNOWN_KEY',
        `wanted a root key of policy ${newest.policy.n}, found ${names}`,
        {
          hint: `One of: ${[...new Set(wanted.map(({ key: text }) => text))].join('; ')}`,
        },
      );
    }
    const { n } = newest.policy;
    const file = path.join(folder, layout.policy(n));
    const { fingerprint } = key.key;
    if (wanted.some((one) => one.fingerprint === fingerprint && one.signed)) {
      report.note(`${fingerprint} has signed policy ${n} already`);
    } else {
      const armour = await sign(readFileSync(file), { namespace: signatureNamespace('policy'), key, env });
      addSignature(layout.signature(file), armour);
    }
    const after = (await openPolicies(folder)).newest;
    const missing = (after?.roots ?? []).map(({ of, threshold, keys }) => ({
      of,
      missing: Math.max(0, threshold - keys.filter(({ signed }) => signed).length),
    }));
    if (flags.json) return report.json({ n, signedBy: fingerprint, complete: after?.complete, missing });
    report.print(`policy ${n}: signed by ${fingerprint}`);
    for (const { of, missing: count } of missing)
      if (count > 0) report.print(`  ${count} more of the root keys of policy ${of} have to sign`);
  },
});

function addSignature(file: string, armour: string): void {
  let before = '';
  try {
    before = readFileSync(file, 'utf8');
  } catch {
    // The first signature.
  }
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, before + armour);
  renameSync(temporary, file);
}
