import type { CustomizeVariantOptions, QuickJSSyncVariant, QuickJSWASMModule } from 'quickjs-emscripten-core';
import type { Limits } from '../limits.ts';

// Neither Node's types nor ECMAScript's have a value of this name, and this file runs in browsers too.
const { Memory } = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly;
interface WebAssemblyGlobal {
  readonly Memory: new (size: {
    initial: number;
    maximum: number;
  }) => NonNullable<CustomizeVariantOptions['wasmMemory']>;
}

/** Bytes of a page of WebAssembly memory. */
const pageSize = 65_536;

/** Pages that QuickJS is linked to begin with. */
const enginePages = 256;

/** An instance of QuickJS, whose memory never grows beyond `limits.jsHeap`. */
export async function loadQuickJS({
  compileWasm,
  limits,
}: {
  readonly compileWasm: (() => Promise<WebAssembly.Module>) | undefined;
  readonly limits: Limits;
}): Promise<QuickJSWASMModule> {
  const [{ newQuickJSWASMModuleFromVariant, newVariant }, variantModule] = await Promise.all([
    import('quickjs-emscripten-core'),
    import('@jitl/quickjs-wasmfile-release-sync'),
  ]);
  // The package's types describe its CommonJS build, whose default export is the module itself.
  const base = variantModule.default as unknown as QuickJSSyncVariant;
  // QuickJS can't ask Emscripten how large a block is, so that its own limit sees one request and never their sum.
  const wasmMemory = new Memory({
    initial: enginePages,
    maximum: Math.max(enginePages, Math.floor(limits.jsHeap / pageSize)),
  });
  const variant = newVariant(base, {
    wasmMemory,
    ...(compileWasm === undefined ? {} : { wasmModule: compileWasm }),
  });
  return newQuickJSWASMModuleFromVariant(variant);
}
