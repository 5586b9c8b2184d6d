/** How V8 is to treat the WebAssembly of QuickJS. The flags are the whole process's. */

/**
 * V8 optimises WebAssembly early, which costs a program that runs for a moment more than all else it does: so only what has
 * run for long is optimised. And functions are validated when they are first called, not all of them at the start.
 */
const flags = ['--wasm-tiering-budget=500000000', '--wasm-lazy-validation'];

let isSet = false;

export function setEngineFlags(): void {
  if (isSet) return;
  // Loading node:v8 costs 3 ms, which a program without JavaScript spares.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  for (const flag of flags) setFlagsFromString(flag);
  isSet = true;
}

/** V8 takes compiled code only under the flags that it was compiled under. */
export function areEngineFlagsSet(): boolean {
  return isSet;
}
