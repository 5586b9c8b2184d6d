/** What `mlld check` and `mlld publish` know of imported modules: those at hand, then those of the registry. */
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@mlld/client';
import { formatRef, type ModuleName, RegistryError, userLayout } from '@mlld/format';
import { analyse, type GrantRequest, type ImportRequest, MlldError, type ResolvedImport } from '@mlld/lang';
import { type Lookup, type LookupModule, type Module, workspaceOf } from '@mlld/publish';

export interface KnownModulesOptions {
  /** Modules at hand, which import each other as they are. */
  readonly atHand: readonly Module[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** URL or folder of a distribution; the default is the project's registry. */
  readonly registry?: string | undefined;
  readonly offline: boolean;
}

export interface KnownModules {
  readonly lookup: LookupModule;
  resolveModule(request: ImportRequest): Promise<ResolvedImport>;
  grant(request: GrantRequest): Promise<boolean>;
  close(): Promise<void>;
}

/** A client in a folder of its own: a check locks nothing in the author's project. */
export async function knownModules(options: KnownModulesOptions): Promise<KnownModules> {
  const workspace = workspaceOf(options.atHand);
  const root = await mkdtemp(path.join(tmpdir(), 'mlld-check-'));
  const config = path.join(options.cwd, userLayout.config);
  if (existsSync(config)) await copyFile(config, path.join(root, userLayout.config));
  const { cwd, env, registry } = options;
  const client = createClient({ cwd, root, env, registry, ...(options.offline ? { offline: true } : {}) });
  const fromRegistry = async (request: ImportRequest): Promise<ResolvedImport> => {
    const from = request.from.origin === null ? undefined : originOf(request.from.file);
    const { origin, source, bytes, file, digest } = await client.resolveImport(request.ref, { from });
    return {
      source,
      bytes,
      file,
      origin: { name: origin.name, version: origin.version, digest: digest ?? '-' },
    };
  };
  const resolveModule = async (request: ImportRequest): Promise<ResolvedImport> => {
    const here = await workspace.resolveModule(request);
    if (here !== undefined) return here;
    try {
      return await fromRegistry(request);
    } catch (cause) {
      if (!(cause instanceof RegistryError)) throw cause;
      throw new MlldError('IMPORT_FAILED', cause.message, { hint: cause.hint, cause });
    }
  };
  return {
    lookup: async (ref) => (await workspace.lookup(ref)) ?? lookupByImport(formatRef(ref), fromRegistry),
    resolveModule,
    // Nobody is asked in the middle of a check: what needs a grant is not run.
    grant: async () => false,
    async close() {
      client.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

const UNKNOWN = ['MODULE_NOT_FOUND', 'VERSION_NOT_FOUND', 'AMBIGUOUS_HASH', 'BAD_REF'];

async function lookupByImport(
  ref: string,
  resolve: (request: ImportRequest) => Promise<ResolvedImport>,
): Promise<Lookup | undefined> {
  try {
    const request = { ref, kind: 'registry', names: [], ttl: undefined, trust: undefined } as const;
    const { source, file, origin } = await resolve({ ...request, from: { file: 'check.mld', origin: null } });
    const { exports } = await analyse(source, { file });
    return { found: true, version: origin?.version ?? '', exports: exports.map((one) => one.name) };
  } catch (cause) {
    if (!(cause instanceof RegistryError)) throw cause;
    // Unreachable is no answer: nothing can be said about the import.
    return UNKNOWN.includes(cause.code)
      ? { found: false, message: cause.message, hint: cause.hint }
      : undefined;
  }
}

/** `@alice/strings@1.0.0/lib/a.mld`, as the client names a module's files. */
function originOf(file: string): { name: ModuleName; version: string; path: string } {
  const [, name = '', version = '', inner = ''] = /^(@[^/]+\/[^@]+)@([^/]+)\/(.+)$/.exec(file) ?? [];
  return { name: name as ModuleName, version, path: inner };
}
