/** What a program can do to the world: imports by the client, needs by the user's consent, processes in the sandbox. */
import type { Client, Origin as ModuleFile } from '@mlld/client';
import { type ModuleName, parseRef, printable, RegistryError } from '@mlld/format';
import { type GrantRequest, type Host, type ImportRequest, nodeHost, type ResolvedImport } from '@mlld/lang';
import { output } from './output.ts';
import type { Report } from './report.ts';

export interface ProgramHostOptions {
  readonly report: Report;
  /** Modules whose processes run without a sandbox, this time. */
  readonly unsandboxed: readonly string[];
  /** Variables for modules that read the environment and name none. */
  readonly envNames: readonly string[];
  /** Milliseconds. */
  readonly programTime?: number | undefined;
  readonly overrides?: Partial<Host>;
  /** Whom to ask about MCP servers that nobody has agreed to; nobody without it. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export function programHost(client: Client, options: ProgramHostOptions): Host {
  const { report, unsandboxed, envNames, programTime, overrides } = options;
  const trusts = new Trusts();
  return nodeHost({
    root: client.root,
    resolveModule: (request) => resolveModule(client, request, trusts),
    launch: async (request, root) => {
      const { launchModule } = await import('./launch-module.ts');
      return launchModule(request, { root, unsandboxed, report });
    },
    overrides: {
      writeOut: (text) => void output.stdout.write(text),
      writeErr: (text) => void output.stderr.write(text),
      grant: (request) => grant(client, request, trusts),
      envNames,
      // Nothing of it is loaded by a program that imports no MCP server.
      mcp: {
        connect: async (request) => {
          const { serverHost } = await import('./mcp/server-host.ts');
          const { env = process.env, confirm } = options;
          return serverHost({ client, env, report, confirm }).connect(request);
        },
      },
      ...(programTime === undefined ? {} : { limits: { programTime } }),
      ...overrides,
    },
  });
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
