import path from 'node:path';
import { defineCommand } from '../../command.ts';
import {
  changeFlags,
  changeOf,
  openPolicies,
  rolesOf,
  rootKeys,
  signedPolicy,
  writePolicy,
} from './policy.ts';

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags: {
    'add-root-key': {
      type: 'string',
      value: 'file|key',
      multiple: true,
      about: 'SSH public key to add to the root',
    },
    'remove-root-key': {
      type: 'string',
      value: 'fingerprint|comment',
      multiple: true,
      about: 'Root key to take away',
    },
    ...changeFlags,
    'remove-log-key': { type: 'string', value: 'vkey', multiple: true, about: 'Key of the log to take away' },
    'remove-witness': { type: 'string', value: 'vkey', multiple: true, about: 'Witness to trust no longer' },
    'remove-reviewer': {
      type: 'string',
      value: 'author',
      multiple: true,
      about: 'Whose reviews count by themselves no longer',
    },
    'remove-role-key': {
      type: 'string',
      value: 'role=fingerprint|comment',
      multiple: true,
      about: 'Key of a role to take away',
    },
    unreserve: { type: 'string', value: 'name', multiple: true, about: 'Name to give free' },
  },
  details: `
Writes the next policy: the newest one with these changes. It counts when the root keys of both have signed it. Without
changes it only has a new date: good against an expiry.

  mlld registry policy propose --witness witness.example.org+36d779e9+BE4p... --quorum 1
  mlld registry policy sign`,
  async run(context) {
    const { args, flags, cwd, report } = context;
    const folder = path.resolve(cwd, args[0] ?? '.');
    const before = signedPolicy(await openPolicies(folder));
    const { nextPolicy } = await import('@mlld/builder');
    const change = {
      ...(await changeOf(context, before.log.origin)),
      addRootKeys: rootKeys(flags['add-root-key'], cwd),
      removeRootKeys: flags['remove-root-key'],
      removeLogKeys: flags['remove-log-key'],
      removeWitnesses: flags['remove-witness'],
      unreserve: flags.unreserve,
      removeReviewers: flags['remove-reviewer'],
      roles: rolesOf(
        { keys: flags['role-key'], thresholds: flags['role-threshold'], remove: flags['remove-role-key'] },
        cwd,
      ),
    };
    const file = writePolicy(folder, before.n + 1, nextPolicy(before, change, new Date().toISOString()));
    if (flags.json) return report.json({ file, n: before.n + 1 });
    report.print(`${file}: next, the root keys of policy ${before.n} and of this one sign it`);
    report.print('  mlld registry policy sign');
  },
});
