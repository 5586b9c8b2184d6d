/** Whether this system has what a sandbox is made of: bubblewrap that works, and prlimit. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

export interface SandboxTools {
  readonly bubblewrap: string;
  readonly prlimit: string;
}

export type FoundSandbox =
  | { readonly tools: SandboxTools; readonly missing?: undefined }
  | { readonly tools?: undefined; readonly missing: { readonly reason: string; readonly hint: string } };

/** Not from the PATH: the folders that only the system's administrator writes to. */
const systemFolders = ['/usr/bin', '/bin', '/usr/local/bin', '/run/current-system/sw/bin'];

let found: FoundSandbox | undefined;

/** Looks once in each process. */
export function findSandbox(): FoundSandbox {
  found ??= find();
  return found;
}

function find(): FoundSandbox {
  if (process.platform !== 'linux') {
    return missing('there is a sandbox only on Linux', 'Run it in a container, a virtual machine or WSL 2.');
  }
  const bubblewrap = findProgram('bwrap');
  if (bubblewrap === undefined) {
    return missing(
      'bubblewrap is not installed',
      'Install it: apt install bubblewrap, dnf install bubblewrap, pacman -S bubblewrap or apk add bubblewrap.',
    );
  }
  const prlimit = findProgram('prlimit');
  if (prlimit === undefined) return missing('prlimit is not installed', 'Install util-linux.');
  const { status, stderr } = spawnSync(
    bubblewrap,
    ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', 'true'],
    { encoding: 'utf8', timeout: 10_000, env: {} },
  );
  if (status === 0) return { tools: { bubblewrap, prlimit } };
  return missing(
    `bubblewrap does not work here (${stderr.trim().split('\n').at(-1) ?? 'it does not end'})`,
    'It needs user namespaces: see sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces and, on Ubuntu, ' +
      'kernel.apparmor_restrict_unprivileged_userns. In a container, they have to be allowed from outside.',
  );
}

function missing(reason: string, hint: string): FoundSandbox {
  return { missing: { reason, hint } };
}

function findProgram(name: string): string | undefined {
  return systemFolders
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}
