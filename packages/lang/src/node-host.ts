import { existsSync, promises as files } from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { MlldError, nearest } from './errors.ts';
import { compiledEngine } from './node-engine.ts';
import type {
  Host,
  ImportRequest,
  ReadRequest,
  ResolvedImport,
  SpawnRequest,
  SpawnResult,
} from './run/host.ts';

export interface NodeHostOptions {
  /** The project. Default: found from `start` upwards, by mlld's files, package.json or .git. */
  readonly root?: string;
  /** Where the search for the project starts. Default: the working directory. */
  readonly start?: string;
  /** Modules that are no local files. Default: an error. */
  readonly resolveModule?: (request: ImportRequest) => Promise<ResolvedImport>;
  /** Runs the processes of imported modules, in a sandbox. Default: they are refused. */
  readonly launch?: (request: SpawnRequest, root: string) => Promise<SpawnResult>;
  readonly overrides?: Partial<Host>;
}

/** A host for Node: real files below the project, real processes, the environment. Grants nothing by itself. */
export function nodeHost(options: NodeHostOptions = {}): Host {
  const root = options.root ?? findRoot(options.start ?? process.cwd());
  return {
    resolveImport: (request) => resolveImport(request, root, options.resolveModule),
    writeOut: (text) => void process.stdout.write(text),
    writeErr: (text) => void process.stderr.write(text),
    spawn: (request) => startProcess(request, root, options.launch),
    readFile: (request) => readText(request, root),
    readModuleFile: (request) => readBeside(request, options.resolveModule),
    callWasm: async (request) => (await import('./node-wasm.ts')).callWasm(request),
    glob: (request) => findFiles(request, root),
    writeFile: (request) => writeText(request, root),
    env: (name) => process.env[name],
    stdin: readStdin,
    root,
    guard: runGuarded,
    compileWasm: compiledEngine,
    ...options.overrides,
  };
}

const markers = ['mlld-config.json', 'mlld-lock.json', 'mlld.lock.json'];
const fallbackMarkers = ['package.json', '.git', 'pyproject.toml', 'Cargo.toml'];

/** The nearest folder upwards that holds one of mlld's files, else one of other tools' files, else the start. */
export function findRoot(start: string): string {
  for (const names of [markers, fallbackMarkers]) {
    for (let folder = path.resolve(start); ; folder = path.dirname(folder)) {
      if (names.some((name) => existsSync(path.join(folder, name)))) return folder;
      if (folder === path.dirname(folder)) break;
    }
  }
  return path.resolve(start);
}

// ---- imports

const endings = ['', '.mld.md', '.mld', '.md', '/index.mld', '/index.mld.md'];

async function resolveImport(
  request: ImportRequest,
  root: string,
  resolveModule: NodeHostOptions['resolveModule'],
): Promise<ResolvedImport> {
  const local =
    request.kind === 'local' && request.from.origin === null
      ? await findLocalModule(request.ref, request.from.file, root)
      : undefined;
  if (local !== undefined) {
    return { source: await files.readFile(local, 'utf8'), file: local, origin: null };
  }
  const isOwnFile = request.kind === 'local' && request.from.origin === null;
  if (resolveModule !== undefined && !isOwnFile) return resolveModule(request);
  if (request.kind !== 'local') {
    throw new MlldError(
      'IMPORT_FAILED',
      `'${request.ref}' is a module of a registry, and none is at hand here`,
    );
  }
  throw await notFound(request, root);
}

/** The file that `./lib.mld`, `@root/…` or `@local/…` means in a file of a project; undefined if there is none. */
export async function findLocalModule(ref: string, from: string, root: string): Promise<string | undefined> {
  for (const base of candidates(ref, from, root)) {
    for (const ending of endings) {
      const file = base + ending;
      if ((await files.stat(file).catch(() => undefined))?.isFile() === true) return files.realpath(file);
    }
  }
  return undefined;
}

/** `@local/name` is a module in the making: a file in `llm/modules`, or a folder of the project. */
function candidates(ref: string, from: string, root: string): string[] {
  const own = /^@local\/(.*)$/.exec(ref)?.[1];
  if (own !== undefined) return ['llm/modules', 'modules', '.'].map((folder) => path.join(root, folder, own));
  return [locate(ref, from, root)];
}

async function notFound(request: ImportRequest, root: string): Promise<MlldError> {
  const wanted = candidates(request.ref, request.from.file, root)[0]!;
  const names = await files.readdir(path.dirname(wanted)).catch(() => [] as string[]);
  const near = nearest(path.basename(wanted), names);
  return new MlldError('IMPORT_FAILED', `there is no module '${request.ref}' (looked at ${wanted})`, {
    hint: near === undefined ? undefined : `Did you mean '${near}'?`,
  });
}

// ---- files

/** `@root/…` and `@base/…` start at the project, other paths at the file that names them. */
function locate(written: string, from: string, root: string): string {
  const rooted = /^@(?:root|base|project)\/(.*)$/.exec(written)?.[1];
  if (rooted !== undefined) return path.join(root, rooted);
  if (path.isAbsolute(written)) return written;
  return path.resolve(path.dirname(from), written);
}

async function readText(
  { path: written, from }: ReadRequest,
  root: string,
): Promise<{ text: string; path: string } | null> {
  const file = locate(written, from.file, root);
  try {
    return { text: await files.readFile(file, 'utf8'), path: file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new MlldError('FILE_REFUSED', `'${written}' cannot be read: ${String(code)}`, { cause: error });
  }
}

async function readBeside(
  request: ReadRequest,
  resolveModule: NodeHostOptions['resolveModule'],
): Promise<Uint8Array | null> {
  const { origin, file } = request.from;
  if (origin !== null && origin.digest !== '') {
    const ref = request.path.startsWith('./') ? request.path : `./${request.path}`;
    const asked = {
      ref,
      kind: 'local',
      from: request.from,
      names: [],
      ttl: undefined,
      trust: undefined,
    } as const;
    return (await resolveModule?.(asked))?.bytes ?? null;
  }
  return files.readFile(path.resolve(path.dirname(file), request.path)).catch(() => null);
}

async function writeText(
  { path: written, from, text, append }: ReadRequest & { text: string; append: boolean },
  root: string,
): Promise<void> {
  const file = locate(written, from.file, root);
  try {
    await files.mkdir(path.dirname(file), { recursive: true });
    await (append ? files.appendFile(file, text) : files.writeFile(file, text));
  } catch (error) {
    throw new MlldError(
      'FILE_REFUSED',
      `'${written}' cannot be written: ${String((error as NodeJS.ErrnoException).code)}`,
      {
        cause: error,
      },
    );
  }
}

const maxMatches = 10_000;

async function findFiles({ path: written, from }: ReadRequest, root: string): Promise<string[]> {
  const pattern = locate(written, from.file, root);
  const parts = pattern.split('/');
  const firstMagic = parts.findIndex((part) => /[*?]/.test(part));
  const base = parts.slice(0, firstMagic).join('/') || '/';
  const matcher = globPattern(pattern);
  const deep = parts.slice(firstMagic).includes('**') || parts.length - firstMagic > 1;
  const found: string[] = [];
  const queue = [base];
  for (
    let folder = queue.shift();
    folder !== undefined && found.length < maxMatches;
    folder = queue.shift()
  ) {
    const entries = await files.readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const full = path.join(folder, entry.name);
      if (entry.isDirectory() && deep && entry.name !== 'node_modules' && !entry.name.startsWith('.'))
        queue.push(full);
      else if (entry.isFile() && matcher.test(full)) found.push(full);
    }
  }
  return found.sort();
}

function globPattern(pattern: string): RegExp {
  const source = pattern
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => {
      if (part === '**/') return '(?:[^/]+/)*';
      if (part === '**') return '.*';
      if (part === '*') return '[^/]*';
      return part === '?' ? '[^/]' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^${source}$`);
}

async function readStdin(): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

// ---- processes

async function startProcess(
  request: SpawnRequest,
  root: string,
  launch: NodeHostOptions['launch'],
): Promise<SpawnResult> {
  const { origin } = request;
  // A module without a digest is one at hand, that its author tries.
  if (origin === null || origin.digest === '') {
    const { runProcess } = await import('./node-process.ts');
    return runProcess(request, root);
  }
  if (launch !== undefined) return launch(request, root);
  throw new MlldError(
    'NO_SANDBOX',
    `${origin.name}@${origin.version} may start no process without a sandbox`,
  );
}

// ---- guard

const guardedCall = new Script('globalThis[Symbol.for("mlld.guarded")]()');
const slot = Symbol.for('mlld.guarded');

/**
 * Node's own time limit ends WebAssembly in the middle of a loop, which the sandbox itself cannot when the loop is
 * in a built-in function.
 */
function runGuarded<T>(call: () => T, milliseconds: number): T {
  const holder = globalThis as { [slot]?: (() => T) | undefined };
  const outer = holder[slot];
  holder[slot] = call;
  try {
    return guardedCall.runInThisContext({ timeout: Math.ceil(milliseconds) }) as T;
  } finally {
    holder[slot] = outer;
  }
}
