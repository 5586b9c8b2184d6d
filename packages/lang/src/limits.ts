/** Every bound of the language, with its unit. Untrusted text and programs never get past one of them. */
export const limits = {
  /** Bytes (UTF-16 units) of one source. */
  sourceLength: 8 * 1024 * 1024,
  /** Levels of brackets, templates and blocks within each other. */
  nesting: 256,
  /** Operators in one expression that are not within brackets. */
  operators: 1000,
  /** Diagnostics of one source; parsing stops there. */
  diagnostics: 100,
  /** Calls within each other. */
  callDepth: 200,
  /** Steps (evaluated nodes) of one program. */
  steps: 20_000_000,
  /** Turns of one `loop` or `while` that names no bound. */
  loopTurns: 1000,
  /** Milliseconds that one call of `js` code may take. */
  jsTime: 2000,
  /** Bytes that the `js` code of one module may ask for at once. */
  jsMemory: 64 * 1024 * 1024,
  /** Bytes that the `js` code of all modules of a program may hold together, the engine's own 16 MiB among them. */
  jsHeap: 256 * 1024 * 1024,
  /** Bytes of stack of the `js` code of one module. */
  jsStack: 160 * 1024,
  /** UTF-16 units that one call of `js` code may return or log. */
  jsOutput: 16 * 1024 * 1024,
  /** Milliseconds that one call of a WebAssembly function may take. */
  wasmTime: 5000,
  /** Bytes that a WebAssembly function may hold. */
  wasmMemory: 128 * 1024 * 1024,
  /** Bytes of a WebAssembly file. */
  wasmFile: 4 * 1024 * 1024,
  /** Milliseconds that one process may take. */
  processTime: 120_000,
  /** Bytes that one process may print. */
  processOutput: 64 * 1024 * 1024,
  /** Milliseconds that a whole program may take. */
  programTime: 600_000,
  /** UTF-16 units of one string that a program builds. */
  stringLength: 64 * 1024 * 1024,
  /** Elements of one array that a program builds. */
  arrayLength: 5_000_000,
  /** Modules that import each other in a chain. */
  importDepth: 64,
  /** Iterations that `for parallel` runs at once when it names no number. */
  parallel: 4,
} as const;

export type Limits = { -readonly [Key in keyof typeof limits]: number };
