import type { Limits } from '../limits.ts';
import type { McpHost } from './mcp-host.ts';

/** Where a module came from: undefined (null) for files of the user's own project. */
export interface Origin {
  readonly name: string;
  readonly version: string;
  readonly digest: string;
}

export interface ImportRequest {
  /** As written in the source. */
  readonly ref: string;
  readonly kind: 'registry' | 'local' | 'url';
  /** The file of the importing module, and where that came from. */
  readonly from: { readonly file: string; readonly origin: Origin | null };
  /** `*` for all; empty for a namespace. */
  readonly names: readonly string[];
  readonly ttl: string | undefined;
  readonly trust: 'always' | 'verify' | 'never' | undefined;
}

export interface ResolvedImport {
  readonly source: string;
  /** The file as it is, where it was asked for as a file that a module brings along. */
  readonly bytes?: Uint8Array;
  /** A path or URL that is one module's own: the same one is read once. Its ending tells the dialect. */
  readonly file: string;
  readonly origin: Origin | null;
}

export interface GrantRequest {
  readonly module: Origin;
  /** `node`, `sh`, `cmd`, `py`, `filesystem`, `network`, `env`. */
  readonly need: string;
  /** What exactly: the program of a command, a file, the name of a variable. */
  readonly detail: string;
}

export interface SpawnRequest {
  /** The program and its arguments; there is no shell in between. */
  readonly command: readonly string[];
  readonly input: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  /** The process gets all variables of the user: of a module at hand, that declared `env` without names. */
  readonly inheritEnv: boolean;
  readonly cwd: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of output after which the process is ended. */
  readonly maxOutput: number;
  /** Null for the user's own program. */
  readonly origin: Origin | null;
  /** What the module declared and the user granted, beside `env`; null for the user's own program. */
  readonly access: ProcessAccess | null;
}

/** What a process of an imported module may do beside computing. */
export interface ProcessAccess {
  readonly language: 'node' | 'py' | 'sh' | 'cmd';
  /** Where it may connect to, as `needs { network: [api.example.org] }` says it; `*` for any host. */
  readonly hosts: readonly string[];
  /** The files of the project. */
  readonly files: 'none' | 'read' | 'write';
  /** The packages that the project has installed, because the module declared some. */
  readonly packages: boolean;
  /** Whether `node` code may start programs: the module has declared these, too. */
  readonly programs: boolean;
}

export interface SpawnResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Why the process was ended before it was done. */
  readonly stopped: 'time' | 'output' | undefined;
}

export interface ReadRequest {
  /** As written, holes filled in. */
  readonly path: string;
  readonly from: { readonly file: string; readonly origin: Origin | null };
}

export interface WasmRequest {
  /** The same array for the same file. */
  readonly bytes: Uint8Array;
  readonly name: string;
  readonly args: readonly string[];
  /** Bytes. */
  readonly maxMemory: number;
  /** Bytes that it may return and log. */
  readonly maxOutput: number;
  /** Milliseconds. */
  readonly timeout: number;
}

export interface WasmResult {
  readonly text: string;
  readonly logs: readonly string[];
}

/** All that a program can do to the world. What a host leaves out, programs cannot do. */
export interface Host {
  readonly resolveImport: (request: ImportRequest) => Promise<ResolvedImport>;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  /** Asked before imported code does anything but compute; each answer is kept for the run. Default: no. */
  readonly grant?: (request: GrantRequest) => Promise<boolean>;
  readonly spawn?: (request: SpawnRequest) => Promise<SpawnResult>;
  /** The file's text and its absolute path, or null if there is none. */
  readonly readFile?: (request: ReadRequest) => Promise<{ text: string; path: string } | null>;
  /** A file that a module brings along, by its path beside the importing file; null if there is none. */
  readonly readModuleFile?: (request: ReadRequest) => Promise<Uint8Array | null>;
  /** Calls a function of a WebAssembly file, which can do nothing but compute. */
  readonly callWasm?: (request: WasmRequest) => Promise<WasmResult>;
  /** Paths that match, relative to the importing file's directory or to the project. */
  readonly glob?: (request: ReadRequest) => Promise<readonly string[]>;
  readonly writeFile?: (request: ReadRequest & { text: string; append: boolean }) => Promise<void>;
  readonly env?: (name: string) => string | undefined;
  /** Variables that the user names for modules that declare `env` without names. */
  readonly envNames?: readonly string[];
  readonly stdin?: () => Promise<string>;
  /** MCP servers. Default: none. */
  readonly mcp?: McpHost;
  /** The root of the project: `@root` and `@base`. */
  readonly root?: string;
  readonly now?: () => Date;
  /** Runs `call` and throws `{ code: 'ERR_SCRIPT_EXECUTION_TIMEOUT' }` after so many milliseconds, whatever it does. */
  readonly guard?: <T>(call: () => T, milliseconds: number) => T;
  /** Compiles the WebAssembly of QuickJS in a way that suits the host (a cache, lazy compilation). */
  readonly compileWasm?: () => Promise<WebAssembly.Module>;
  readonly limits?: Partial<Limits>;
}
