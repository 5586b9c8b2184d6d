/** Bundles: a module with all that it imports, collected and verified; and a bundle as something that can be called. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Client, createClient } from '@mlld/client';
import {
  type Bundle,
  type BundleModule,
  bundleEnding,
  bundleLimits,
  type Callable,
  digestOf,
  documentedFunctions,
  moduleKey,
  parseBundle,
  sha256,
} from '@mlld/export';
import { type ModuleName, parseRef, printable, RegistryError, userLayout } from '@mlld/format';
import {
  type Analysis,
  analyse,
  type Host,
  type ImportRequest,
  MlldError,
  nodeHost,
  type ResolvedImport,
  run,
} from '@mlld/lang';
import { type Module, readModule } from '@mlld/publish';
import type { Report } from './report.ts';

export interface CollectOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly registry: string | undefined;
  readonly offline: boolean;
  readonly report: Report;
}

/** A bundle file, a module of a registry (as the project has it locked), or a module at hand. @throws RegistryError */
export async function openBundle(target: string, options: CollectOptions): Promise<Bundle> {
  const file = path.resolve(options.cwd, target);
  if (target.endsWith(bundleEnding)) return parseBundle(readBounded(file, target), target);
  return target.startsWith('@') ? published(target, options) : atHand(await readModule(file), options);
}

function readBounded(file: string, shown: string): Uint8Array {
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `there is no bundle '${printable(shown)}'`);
  if (size > bundleLimits.bytes)
    throw new RegistryError(
      'TOO_LARGE',
      `${printable(shown)}: a bundle has at most ${bundleLimits.bytes} bytes`,
    );
  return readFileSync(file);
}

/** Whether the bytes of a bundle are those that somebody expects. @throws RegistryError HASH_MISMATCH */
export function assertBundle(target: string, { cwd, digest }: { cwd: string; digest: string }): void {
  const found = `sha256:${sha256(readBounded(path.resolve(cwd, target), target))}`;
  if (found === digest) return;
  throw new RegistryError(
    'HASH_MISMATCH',
    `${printable(target)}: wanted ${printable(digest)}, found ${found}`,
    {
      hint: 'The bundle was changed after its package was made. Make the package anew with mlld export.',
    },
  );
}

async function published(ref: string, options: CollectOptions): Promise<Bundle> {
  const { name } = parseRef(ref);
  const modules = await installed([ref], options);
  const main = [...modules.values()].find((one) => one.name === name);
  if (main === undefined) throw new RegistryError('MODULE_NOT_FOUND', `${printable(ref)} was not found`);
  return { main, modules };
}

async function atHand(module: Module, options: CollectOptions): Promise<Bundle> {
  const { author = 'local', name = 'module', version = '0.0.0' } = module.manifest;
  const files = new Map(module.files.map((one) => [one.path as string, one.bytes]));
  const refs = [...module.sources.values()].flatMap(({ imports }) =>
    imports.filter(({ kind }) => kind === 'registry').map(({ ref }) => ref),
  );
  const outside =
    module.layout === 'file'
      ? [...module.sources.values()].flatMap(({ imports }) => imports).find(({ kind }) => kind === 'local')
      : undefined;
  if (outside !== undefined) {
    throw new RegistryError(
      'FILE_NOT_FOUND',
      `${module.entry} imports '${printable(outside.ref)}', which is no part of it`,
      {
        hint: 'Make it a folder with a module.yml, or put both into one file.',
      },
    );
  }
  const modules =
    refs.length === 0 ? new Map<string, BundleModule>() : await installed([...new Set(refs)], options);
  const imports = new Map(
    [...modules.values()]
      .filter((one) => refs.some((ref) => parseRef(ref).name === one.name))
      .map((one) => [one.name, one.version]),
  );
  const needs = [
    ...new Set([...module.sources.values()].flatMap((one) => one.needs.map((need) => need.name))),
  ];
  const main: BundleModule = {
    name: `@${author}/${name}`,
    version,
    digest: digestOf(files),
    registry: '',
    evidence: 0,
    needs,
    entry: module.entry,
    imports,
    files,
  };
  return { main, modules: new Map([[moduleKey(main), main], ...modules]) };
}

/** Installs into a folder of its own, which starts from what the project has locked: nothing of the project changes. */
async function installed(
  refs: readonly string[],
  options: CollectOptions,
): Promise<ReadonlyMap<string, BundleModule>> {
  const { cwd, env, registry, offline } = options;
  const root = await mkdtemp(path.join(tmpdir(), 'mlld-bundle-'));
  for (const file of [userLayout.config, userLayout.lock]) {
    if (existsSync(path.join(cwd, file))) await copyFile(path.join(cwd, file), path.join(root, file));
  }
  const client = createClient({
    cwd,
    root,
    env,
    registry,
    agreed: true,
    ...(offline ? { offline: true } : {}),
    onWarning: (text) => options.report.warn(text),
  });
  try {
    // What is locked already stays as it is locked.
    for (const ref of refs) await client.resolveImport(ref);
    return await lockedModules(client);
  } finally {
    client.close();
    await rm(root, { recursive: true, force: true });
  }
}

async function lockedModules(client: Client): Promise<ReadonlyMap<string, BundleModule>> {
  const { lock } = await client.install();
  const modules = new Map<string, BundleModule>();
  for (const one of lock.modules.values()) {
    const files = await client.cachedFiles(one);
    if (files === undefined)
      throw new RegistryError('CACHE_CORRUPT', `${one.name}@${one.version} is not whole in the cache`);
    const { name, version, registry, evidence, needs, entry, imports } = one;
    const module = {
      name,
      version,
      digest: digestOf(files),
      registry,
      evidence,
      needs,
      entry,
      imports: new Map<string, string>(imports),
      files,
    };
    modules.set(moduleKey(module), module);
  }
  return modules;
}

// ---- calling

export interface RunBundleOptions {
  readonly bundle: Bundle;
  /** Needs that the user grants to the modules that declare them. */
  readonly grant: readonly string[];
  readonly cwd: string;
  readonly report: Report;
  /** Milliseconds that one call may take. */
  readonly callTime: number;
}

/** The module of a bundle as something to call: each call is a program of its own, which nothing of another reaches. */
export async function callable(options: RunBundleOptions): Promise<Callable> {
  const { main, modules } = options.bundle;
  const analysis = await analysisOf(main);
  return {
    name: main.name,
    version: main.version,
    digest: main.digest,
    about: analysis.frontmatter?.about ?? analysis.docs.tldr,
    needs: [...new Set([...modules.values()].flatMap(({ needs }) => needs))].sort(),
    functions: documentedFunctions(analysis),
    run: (name, args) =>
      runOne(options, {
        name,
        args,
        isFunction: analysis.exports.some((one) => one.name === name && one.kind === 'exe'),
      }),
  };
}

const textOf = ({ files }: BundleModule, file: string): string => new TextDecoder().decode(files.get(file));

async function analysisOf(main: BundleModule): Promise<Analysis> {
  const readme = main.files.has('README.md') ? textOf(main, 'README.md') : undefined;
  const analysis = await analyse(textOf(main, main.entry), {
    file: main.entry,
    ...(readme === undefined ? {} : { readme }),
  });
  const mistake = analysis.diagnostics.find(({ severity }) => severity === 'error');
  if (mistake === undefined) return analysis;
  throw new RegistryError('MLLD', `${main.entry}:${mistake.place.line}: ${printable(mistake.message)}`, {
    hint: mistake.hint,
  });
}

interface OneCall {
  readonly name: string;
  readonly args: readonly unknown[];
  readonly isFunction: boolean;
}

/** Who embeds a module is asked nothing: it is told how to grant. */
function withHint(error: unknown): unknown {
  if (!(error instanceof MlldError) || error.code !== 'NEED_NOT_GRANTED') return error;
  const { code, message, position, frame } = error;
  return new MlldError(code, message, {
    position,
    frame,
    hint: "Allow it with --grant and the need's name, or with the option 'grant' of the package.",
    cause: error,
  });
}

async function runOne(options: RunBundleOptions, { name, args, isFunction }: OneCall): Promise<unknown> {
  const { bundle, report, cwd, callTime } = options;
  const given = args.map((_, i) => `@payload.a${i}`).join(', ');
  const source = `import { @${name} as @called } from ${bundle.main.name}\n=> @called${isFunction ? `(${given})` : ''}\n`;
  const host = nodeHost({
    root: cwd,
    resolveModule: async (request) => resolveIn(bundle, request),
    launch: async (request, root) => {
      const { launchModule } = await import('./launch-module.ts');
      return launchModule(request, { root, unsandboxed: [], report });
    },
    overrides: bundleHost(options),
  });
  const payload = Object.fromEntries(args.map((one, i) => [`a${i}`, one]));
  const limited: Host = { ...host, limits: { programTime: callTime } };
  const { value } = await run(source, {
    file: path.join(cwd, 'call.mld'),
    host: limited,
    args: payload,
    allowOwnCode: false,
    dialect: 'strict',
  }).catch((error: unknown) => {
    throw withHint(error);
  });
  return value;
}

function bundleHost({ grant, report, bundle }: RunBundleOptions): Partial<Host> {
  return {
    grant: async ({ module, need }) => {
      const declares = bundle.modules.get(moduleKey(module))?.needs.includes(need) === true;
      return declares && grant.includes(need);
    },
    // Standard output is the protocol's; what a function shows is told beside it.
    writeOut: (text) => report.detail(printable(text.trimEnd(), 2000)),
    writeErr: (text) => report.detail(printable(text.trimEnd(), 2000)),
    stdin: async () => '',
  };
}

const endings = ['', '.mld.md', '.mld', '.md', '/index.mld', '/index.mld.md'];

/** An import of the program is the main module; one of a module is a file of it, or what the bundle pins. */
function resolveIn({ main, modules }: Bundle, { ref, kind, from }: ImportRequest): ResolvedImport {
  const importer = from.origin === null ? undefined : modules.get(moduleKey(from.origin));
  if (importer === undefined) return fileOf(main, main.entry);
  if (kind === 'local') {
    const prefix = `${moduleKey(importer)}/`;
    const wanted = path.posix.join(path.posix.dirname(from.file.slice(prefix.length)), ref);
    const found = endings.map((ending) => wanted + ending).find((file) => importer.files.has(file));
    if (found !== undefined) return fileOf(importer, found);
    throw new MlldError('IMPORT_FAILED', `${importer.name} has no file '${ref}'`);
  }
  const version = kind === 'registry' ? importer.imports.get(parseRef(ref).name as ModuleName) : undefined;
  const target =
    version === undefined ? undefined : modules.get(moduleKey({ name: parseRef(ref).name, version }));
  if (target === undefined) throw new MlldError('IMPORT_FAILED', `'${ref}' is not in the bundle`);
  return fileOf(target, target.entry);
}

function fileOf(module: BundleModule, file: string): ResolvedImport {
  const { name, version, digest } = module;
  const bytes = module.files.get(file)!;
  const source = new TextDecoder().decode(bytes);
  return { source, bytes, file: `${moduleKey(module)}/${file}`, origin: { name, version, digest } };
}
