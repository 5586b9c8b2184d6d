import path from 'node:path';
import type { PolicyStatus } from '@mlld/builder';
import { exitStatus, printable } from '@mlld/format';
import { type Context, defineCommand, type Flags } from '../../command.ts';
import { openPolicies } from './policy.ts';

const flags = {} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'repository', optional: true }],
  flags,
  details: `
Shows the chain of policies, what each says, and who has signed it. The exit status is 1 while signatures are missing.`,
  async run(context) {
    const { args, cwd, report } = context;
    const { repository, statuses } = await openPolicies(path.resolve(cwd, args[0] ?? '.'));
    const complete = statuses.length > 0 && statuses.every((one) => one.complete);
    if (context.flags.json)
      report.json({ registry: repository.info.name, complete, policies: statuses.map(plain) });
    else if (statuses.length === 0) report.print(`${repository.info.name} has no policy`);
    else for (const status of statuses) printPolicy(context, status);
    return complete ? undefined : exitStatus.failed;
  },
});

function plain({ policy, ...rest }: PolicyStatus) {
  return { ...rest, policy: { ...policy, roles: Object.fromEntries(policy.roles) } };
}

function printPolicy(
  { report }: Context<typeof flags>,
  { policy, sha256, roots, complete }: PolicyStatus,
): void {
  const state = complete ? report.style('green', 'signed') : report.style('yellow', 'not signed yet');
  report.print(`policy ${policy.n} of ${policy.createdAt}: ${state}`);
  report.print(`  sha256 ${sha256}`);
  for (const { of, threshold, keys } of roots) {
    report.print(`  root of policy ${of}, ${threshold} of ${keys.length}:`);
    for (const { key, fingerprint, signed } of keys) {
      const comment = key.split(' ').slice(2).join(' ');
      report.print(`    ${signed ? 'signed ' : 'missing'} ${fingerprint} ${printable(comment)}`);
    }
  }
  for (const [role, { keys, threshold }] of policy.roles) {
    if (role === 'root') continue;
    report.print(`  ${role}, ${threshold} of ${keys.length}:`);
    for (const key of keys) report.print(`            ${printable(key, 120)}`);
  }
  report.print(`  a recovery of lost keys takes effect after ${policy.recoveryDelayHours} hours`);
  for (const key of policy.log.keys) report.print(`  log     ${printable(key)}`);
  for (const key of policy.witnesses) report.print(`  witness ${printable(key)}`);
  if (policy.witnesses.length > 0) report.print(`  quorum  ${policy.quorum} of ${policy.witnesses.length}`);
  if ((policy.reviewers ?? []).length > 0) report.print(`  reviewers ${policy.reviewers?.join(' ')}`);
  if (policy.reserved.length > 0)
    report.print(`  reserved ${policy.reserved.map((name) => printable(name)).join(' ')}`);
  if (policy.expires !== undefined) report.print(`  expires ${policy.expires}`);
}
