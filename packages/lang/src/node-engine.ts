/** The engine of `js` under Node: the WebAssembly of QuickJS, how V8 is to treat it, and its compiling. */
import { existsSync, readFileSync } from 'node:fs';

/**
 * V8 optimises WebAssembly early, which costs a program that runs for a moment more than all else it does: so only what has
 * run for long is optimised. And functions are validated when they are first called, not all of them at the start.
 */
const flags = ['--wasm-tiering-budget=500000000', '--wasm-lazy-validation'];

/**
 * V8 compiles a function when it is first called, and the caller waits: that is half of what the first call of JavaScript costs.
 * The build marks what every first call needs (wasm-hints.ts), which is then compiled beside. By one thread: two processors
 * are as many as a program can count on, and it needs one itself.
 */
const flagsForHints = [
  '--no-wasm-lazy-compilation',
  '--experimental-wasm-compilation-hints',
  '--wasm-num-compilation-tasks=1',
];

/** With the V8 of Node 24, compiling a file with marks never ends. */
const knowsHints = /^(?:20|22)\./.test(process.versions.node);

/** The build puts it beside the bundle, with its marks. */
const besideBundle = () => new URL('./quickjs.wasm', import.meta.url);

let areSet = false;
let isUsed = false;
let compiled: Promise<WebAssembly.Module> | undefined;

/** The flags are the whole process's, and V8 takes compiled JavaScript only under those that it was compiled under. */
export function setEngineFlags(): void {
  if (areSet) return;
  // Loading node:v8 costs 3 ms, which a program without JavaScript spares.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const isMarked = knowsHints && existsSync(besideBundle());
  for (const flag of isMarked ? [...flags, ...flagsForHints] : flags) setFlagsFromString(flag);
  areSet = true;
}

/** Compiled code holds no state: programs that run one after the other, as a module's examples do, share it. */
export function compiledEngine(): Promise<WebAssembly.Module> {
  isUsed = true;
  compiled ??= compile();
  return compiled;
}

export function wasEngineUsed(): boolean {
  return isUsed;
}

/** Takes what another copy of this file compiles: that of the command's start, which begins before all else is loaded. */
export function giveEngine(module: Promise<WebAssembly.Module>): void {
  compiled = module;
}

async function compile(): Promise<WebAssembly.Module> {
  setEngineFlags();
  const bytes = existsSync(besideBundle()) ? readFileSync(besideBundle()) : await packageBytes();
  return compiler.WebAssembly.compile(bytes);
}

async function packageBytes(): Promise<Uint8Array> {
  const { createRequire } = await import('node:module');
  return readFileSync(createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm'));
}

/** Node's own types name WebAssembly without its functions. */
const compiler = globalThis as unknown as {
  readonly WebAssembly: { readonly compile: (bytes: Uint8Array) => Promise<WebAssembly.Module> };
};
