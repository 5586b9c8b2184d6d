import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { appendFile, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { MlldError, nearest } from './errors.ts';
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
  readonly overrides?: Partial<Host>;
}

/** A host for Node: real files below the project, real processes, the environment. Grants nothing by itself. */
export function nodeHost(options: NodeHostOptions = {}): Host {
  const root = options.root ?? findRoot(options.start ?? process.cwd());
  return {
    resolveImport: (request) => resolveImport(request, root, options.resolveModule),
    writeOut: (text) => void process.stdout.write(text),
    writeErr: (text) => void process.stderr.write(text),
    spawn: (request) => runProcess(request, root),
    readFile: (request) => readText(request, root),
    glob: (request) => findFiles(request, root),
    writeFile: (request) => writeText(request, root),
    env: (name) => process.env[name],
    stdin: readStdin,
    root,
    guard: runGuarded,
    compileWasm,
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
    request.kind === 'local' && request.from.origin === null ? await findLocal(request, root) : undefined;
  if (local !== undefined) {
    return { source: await readFile(local, 'utf8'), file: local, origin: null };
  }
  if (resolveModule !== undefined) return resolveModule(request);
  if (request.kind !== 'local') {
    throw new MlldError(
      'IMPORT_FAILED',
      `'${request.ref}' is a module of a registry, and none is at hand here`,
    );
  }
  throw await notFound(request, root);
}

async function findLocal(request: ImportRequest, root: string): Promise<string | undefined> {
  for (const base of candidates(request.ref, request.from.file, root)) {
    for (const ending of endings) {
      const file = base + ending;
      if ((await stat(file).catch(() => undefined))?.isFile() === true) return realpath(file);
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
  const names = await readdir(path.dirname(wanted)).catch(() => [] as string[]);
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
    return { text: await readFile(file, 'utf8'), path: file };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null;
    throw new MlldError('FILE_REFUSED', `'${written}' cannot be read: ${String(code)}`, { cause: error });
  }
}

async function writeText(
  { path: written, from, text, append }: ReadRequest & { text: string; append: boolean },
  root: string,
): Promise<void> {
  const file = locate(written, from.file, root);
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await (append ? appendFile(file, text) : writeFile(file, text));
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
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
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

/** Variables that every process gets. What else it needs is passed to it by name. */
const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TZ', 'SHELL', 'SYSTEMROOT'];

/** The user's own program runs in the user's environment; an imported module only in the plainest. */
function environmentOf({ origin, env, inheritEnv }: SpawnRequest): NodeJS.ProcessEnv {
  if (origin === null || inheritEnv) return { ...process.env, ...env };
  const plain = passedOn.flatMap((name) =>
    process.env[name] === undefined ? [] : [[name, process.env[name]]],
  );
  return { ...Object.fromEntries(plain), ...env };
}

function runProcess(request: SpawnRequest, root: string): Promise<SpawnResult> {
  const [name = '', ...args] = request.command;
  const home = process.env.HOME ?? '/';
  const cwd = path.resolve(root, (request.cwd ?? '.').replace(/^~(?=\/|$)/, home));
  return new Promise((resolve, reject) => {
    const child = spawn(name === 'node' ? process.execPath : name, args, {
      cwd,
      env: environmentOf(request),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[], size: 0 };
    let stopped: SpawnResult['stopped'];
    const stop = (why: NonNullable<SpawnResult['stopped']>): void => {
      stopped ??= why;
      end(child.pid);
    };
    const timer = setTimeout(() => stop('time'), request.timeout);
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (chunk: Buffer) => {
        output.size += chunk.length;
        if (output.size > request.maxOutput) stop('output');
        else output[stream].push(chunk);
      });
    }
    child.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(startError(name, error));
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const text = (chunks: Buffer[]): string => Buffer.concat(chunks).toString('utf8');
      const exitCode = code ?? (signal === null ? 1 : 128);
      resolve({ exitCode, stdout: text(output.stdout), stderr: text(output.stderr), stopped });
    });
    // A program that does not read its input is no mistake.
    child.stdin.on('error', () => {});
    child.stdin.end(request.input ?? '');
  });
}

/** Ends the process and those that it started. */
function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended by itself in the meantime.
  }
}

function startError(name: string, error: NodeJS.ErrnoException): MlldError {
  const missing = error.code === 'ENOENT';
  return new MlldError(
    'COMMAND_FAILED',
    missing ? `there is no program '${name}'` : `'${name}' cannot start: ${error.message}`,
    {
      cause: error,
      hint: missing ? 'Is it installed and in the PATH?' : undefined,
    },
  );
}

// ---- WebAssembly

/**
 * V8 optimises WebAssembly early, which costs a program that runs for a moment more than all else it does: so only
 * what has run for long is optimised.
 */
const tieringBudget = 500_000_000;

async function compileWasm(): Promise<WebAssembly.Module> {
  setFlagsFromString(`--wasm-tiering-budget=${tieringBudget}`);
  const file = fileURLToPath(import.meta.resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
  return compiler.WebAssembly.compile(await readFile(file));
}

/** Node's own types name WebAssembly without its functions. */
const compiler = globalThis as unknown as {
  readonly WebAssembly: { readonly compile: (bytes: Uint8Array) => Promise<WebAssembly.Module> };
};

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
