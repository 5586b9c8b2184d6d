import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import { run } from '@mlld/lang';
import { openClient } from '../client.ts';
import { clientFlags, defineCommand, type Flags } from '../command.ts';
import { programHost } from '../program-host.ts';
import { confirmer } from '../prompt.ts';

/** What whoever starts a program may let its modules have. */
export const sandboxFlags = {
  env: {
    type: 'string',
    value: 'name',
    multiple: true,
    about: 'A variable for modules that read the environment and name none',
  },
  'allow-unsandboxed': {
    type: 'string',
    value: 'module',
    multiple: true,
    about: 'Run the processes of this module without a sandbox, this time',
  },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'program' }, { name: '--name value', optional: true, rest: true }],
  flags: {
    ...clientFlags,
    frozen: { type: 'boolean', about: 'Fail if the lock file would have to change' },
    ...sandboxFlags,
    watch: {
      type: 'boolean',
      about: 'Run it again whenever it or a file of the project that it imports changes',
    },
    timeout: { type: 'string', value: 'seconds', about: 'End the program after this time (default: 600)' },
  },
  stopAtFirstArg: true,
  details: `
Flags stand before the program; what follows it is the program's own: \`mlld run greet.mld --who Ada\` gives it
@payload.who.

Imports that are locked and cached need no network. Others are resolved, verified, cached and locked. Code of an imported
module that needs more than pure computation runs only if the module declared the need and you granted it; the answer is
kept in mlld-lock.json. It runs in a sandbox (docs/sandbox.md), and where there is none, not at all.`,
  async run(context) {
    const { args, flags, cwd } = context;
    const file = programFile(path.resolve(cwd, args[0] ?? ''));
    if (flags.watch) {
      const { watchProgram, startWithout } = await import('../watch.ts');
      return watchProgram({ file, report: context.report, start: startWithout('--watch') });
    }
    const client = openClient(context, { cwd: path.dirname(file), frozen: flags.frozen });
    try {
      await client.assertFresh();
      const programTime = milliseconds(flags.timeout);
      const host = programHost(client, {
        report: context.report,
        unsandboxed: flags['allow-unsandboxed'] ?? [],
        envNames: flags.env ?? [],
        env: context.env,
        get confirm() {
          return confirmer(context);
        },
        programTime,
      });
      await run(readFileSync(file, 'utf8'), { file, host, args: payload(args.slice(1)) });
      return 0;
    } finally {
      client.close();
    }
  },
});

const endings = ['', '.mld', '.mld.md', '.md'];

/** @throws RegistryError FILE_NOT_FOUND */
function programFile(wanted: string): string {
  const found = endings.map((ending) => wanted + ending).find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new RegistryError('FILE_NOT_FOUND', `there is no program '${printable(wanted)}'`, {
    hint: 'mlld init starts a project with a first program.',
  });
}

/** `--who Ada --loud` → { who: 'Ada', loud: true }. @throws RegistryError USAGE */
export function payload(words: readonly string[]): Record<string, string | true> {
  const entries = new Map<string, string | true>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const match = /^--([A-Za-z_][\w-]*)(?:=([\s\S]*))?$/.exec(word);
    if (match === null) {
      throw new RegistryError('USAGE', `wanted --name value for the program, found '${printable(word)}'`, {
        hint: 'Flags of mlld itself stand before the program.',
      });
    }
    const next = words[i + 1];
    const takesNext = match[2] === undefined && next !== undefined && !next.startsWith('--');
    entries.set(match[1]!, match[2] ?? (takesNext ? next : true));
    if (takesNext) i++;
  }
  return Object.fromEntries(entries);
}

export function milliseconds(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const value = Number(seconds);
  if (Number.isFinite(value) && value > 0) return value * 1000;
  throw new RegistryError('USAGE', `--timeout: wanted seconds, found '${printable(seconds)}'`);
}
