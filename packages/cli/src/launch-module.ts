/** Processes of imported modules: in a sandbox made from what the module declared and the user granted. */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { type ProcessAccess, runProcess, type SpawnRequest, type SpawnResult } from '@mlld/lang';
import { findSandbox, nodePermissionFlags, runSandboxed, type SandboxPolicy } from '@mlld/sandbox';
import type { Report } from './report.ts';

export interface LaunchOptions {
  /** The project. */
  readonly root: string;
  /** Names of modules that the user lets run without a sandbox. */
  readonly unsandboxed: readonly string[];
  readonly report: Report;
}

/** @throws RegistryError NO_SANDBOX */
export async function launchModule(
  request: SpawnRequest,
  { root, unsandboxed, report }: LaunchOptions,
): Promise<SpawnResult> {
  const { origin, access, command, input, timeout, maxOutput } = request;
  if (origin === null || access === null || unsandboxed.includes(origin.name))
    return runProcess(request, root);
  const { missing } = findSandbox();
  if (missing !== undefined) {
    throw new RegistryError(
      'NO_SANDBOX',
      `${origin.name}@${origin.version} wants to run ${access.language}, and there is no sandbox for it: ${missing.reason}`,
      {
        hint: `${missing.hint} Or take the risk, for this module and this time: mlld run --allow-unsandboxed ${origin.name} …`,
      },
    );
  }
  const policy = policyOf(request, access, realpathSync(root));
  const [program = '', ...args] = command;
  const flags = access.language === 'node' && program === 'node' ? nodeFlags(access, policy) : [];
  return runSandboxed({
    command: [program, ...flags, ...args],
    policy,
    input,
    timeout,
    maxOutput,
    onConnection: ({ host, port, allowed }) => {
      const line = `${origin.name}: connection to ${printable(host)}:${port}`;
      if (allowed) report.detail(line);
      else report.warn(`${line} is not declared, and was refused`);
    },
  });
}

function policyOf(
  request: SpawnRequest,
  { files, hosts, packages }: ProcessAccess,
  root: string,
): SandboxPolicy {
  const installed = path.join(root, 'node_modules');
  const readable = [
    ...(files === 'read' ? [root] : []),
    ...(packages && files === 'none' && existsSync(installed) ? [installed] : []),
  ];
  // Where the project is not to be seen, there is no folder of it to be in: but packages are found from beside them.
  const inProject = files !== 'none' || readable.length > 0;
  return {
    readable,
    writable: files === 'write' ? [root] : [],
    hosts,
    env: request.env,
    cwd: inProject ? path.resolve(root, files === 'none' ? '.' : (request.cwd ?? '.')) : undefined,
  };
}

function nodeFlags({ hosts, programs }: ProcessAccess, { writable = [] }: SandboxPolicy): string[] {
  return nodePermissionFlags({ programs, network: hosts.length > 0, writable: ['/tmp', ...writable] });
}
