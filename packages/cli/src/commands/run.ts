import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client, Origin as ModuleFile } from '@mlld/client';
import { type ModuleName, parseRef, printable, RegistryError } from '@mlld/format';
import { type GrantRequest, type ImportRequest, nodeHost, type ResolvedImport, run } from '@mlld/lang';
import { openClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'program' }, { name: '--name value', optional: true, rest: true }],
  flags: {
    ...clientFlags,
    frozen: { type: 'boolean', about: 'Fail if the lock file would have to change' },
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
    const client = openClient(context, { cwd: path.dirname(file), frozen: flags.frozen });
    try {
      await client.assertFresh();
      const programTime = milliseconds(flags.timeout);
      const trusts = new Trusts();
      const host = nodeHost({
        root: client.root,
        resolveModule: (request) => resolveModule(client, request, trusts),
        launch: async (request, root) => {
          const { launchModule } = await import('../launch-module.ts');
          return launchModule(request, {
            root,
            unsandboxed: flags['allow-unsandboxed'] ?? [],
            report: context.report,
          });
        },
        overrides: {
          grant: (request) => grant(client, request, trusts),
          envNames: flags.env ?? [],
          ...(programTime === undefined ? {} : { limits: { programTime } }),
        },
      });
      await run(readFileSync(file, 'utf8'), { file, host, args: payload(args.slice(1)) });
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

function milliseconds(seconds: string | undefined): number | undefined {
  if (seconds === undefined) return undefined;
  const value = Number(seconds);
  if (Number.isFinite(value) && value > 0) return value * 1000;
  throw new RegistryError('USAGE', `--timeout: wanted seconds, found '${printable(seconds)}'`);
}

/**
 * The trust level that the program's imports gave each module: `always` spares the question, `never` answers no. The
 * strictest wins (docs/spec/language.md): one file's `always` is no answer to another's `never`.
 */
class Trusts {
  private readonly levels = new Map<string, 'always' | 'verify' | 'never'>();

  note(module: string, level: 'always' | 'verify' | 'never'): void {
    const order = ['always', 'verify', 'never'] as const;
    const before = this.levels.get(module);
    if (before === undefined || order.indexOf(level) > order.indexOf(before)) this.levels.set(module, level);
  }

  of(module: string): 'always' | 'verify' | 'never' {
    return this.levels.get(module) ?? 'verify';
  }
}

async function resolveModule(
  client: Client,
  request: ImportRequest,
  trusts: Trusts,
): Promise<ResolvedImport> {
  if (request.kind === 'url') {
    throw new RegistryError('BAD_REF', `'${printable(request.ref)}': a program can't import from a URL`, {
      hint: 'A URL has no author, no version and no hash. Import a module of a registry, or a file of the project.',
    });
  }
  const from = request.from.origin === null ? undefined : moduleFile(request.from.file);
  if (from === undefined && request.kind === 'registry')
    trusts.note(parseRef(request.ref).name, request.trust ?? 'verify');
  const resolved = await client.resolveImport(request.ref, {
    from,
    ttl: from === undefined ? request.ttl : undefined,
  });
  const { name, version } = resolved.origin;
  return {
    source: resolved.source,
    bytes: resolved.bytes,
    file: resolved.file,
    origin: { name, version, digest: resolved.digest ?? '' },
  };
}

/** `@alice/strings@1.0.0/lib/a.mld`, as the client names a module's files. */
function moduleFile(file: string): ModuleFile {
  const [, name = '', version = '', inner = ''] = /^(@[^/]+\/[^@]+)@([^/]+)\/(.+)$/.exec(file) ?? [];
  return { name: name as ModuleName, version, path: inner };
}

async function grant(
  client: Client,
  { module, need, detail }: GrantRequest,
  trusts: Trusts,
): Promise<boolean> {
  const level = trusts.of(module.name);
  if (level === 'never') {
    throw new RegistryError(
      'NEED_NOT_GRANTED',
      `${module.name} wants ${need} (${printable(detail)}), but is imported with <trust never>`,
    );
  }
  await client.requireNeed({ name: module.name as ModuleName, version: module.version, path: '' }, need, {
    ask: level === 'verify',
    // Whom it may ask and what it may know is what the user decides; of code, its first line says little.
    detail: need === 'network' || need === 'env' || need === 'filesystem' ? detail : undefined,
  });
  return true;
}
