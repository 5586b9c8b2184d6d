/** A server that the user starts themselves, in a program of their own: as any program of theirs, without a sandbox. */
import { spawn } from 'node:child_process';
import { RegistryError } from '@mlld/format';
import type { Endpoint } from './connect.ts';

/** What programs need to start; nothing that only the user's other programs were meant to know. */
const kept = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR'];

export function ownProcess(
  command: readonly string[],
  { env, cwd }: { readonly env: Readonly<Record<string, string | undefined>>; readonly cwd: string },
): Endpoint {
  const [program, ...args] = command;
  if (program === undefined) throw new RegistryError('BAD_REF', 'a command has a program');
  const passed = Object.fromEntries(
    [...kept, ...Object.keys(env).filter((name) => name.startsWith('MLLD_'))].flatMap((name) =>
      env[name] === undefined ? [] : [[name, env[name]]],
    ),
  );
  return {
    kind: 'process',
    start: async () => {
      const child = spawn(program, args, { cwd, env: passed, stdio: ['pipe', 'pipe', 'pipe'] });
      return { child, stop: () => void child.kill('SIGKILL') };
    },
  };
}
