/**
 * What runs in the thread of a WebAssembly file: the interface of docs/spec/wasm.md. Each call gets a new instance, so that no
 * call sees what another one left. Of WASI there is what standard libraries ask for at their start, and none of it acts.
 */
export const wasmThread = String.raw`
const { parentPort, workerData } = require('node:worker_threads');
let compiled;
class Failed extends Error {}
const failed = (code, message) => Object.assign(new Failed(message), { code });
const run = ({ name, args, maxOutput }) => {
  compiled ??= new WebAssembly.Module(workerData);
  const logs = [];
  let size = 0;
  let partial = '';
  let exports;
  const bytes = (at, length) => {
    const { buffer } = exports.memory;
    at >>>= 0;
    length >>>= 0;
    if (at + length > buffer.byteLength) throw failed('CODE_FAILED', 'the function names memory that it does not have');
    return new Uint8Array(buffer, at, length);
  };
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const text = (at, length) => {
    size += length >>> 0;
    if (size > maxOutput) throw failed('OUTPUT_LIMIT', 'the WebAssembly returned or logged more than it may');
    try { return decoder.decode(bytes(at, length)); } catch (error) {
      throw error instanceof Failed ? error : failed('CODE_FAILED', 'the function gave a text that is not UTF-8');
    }
  };
  const view = () => new DataView(exports.memory.buffer);
  const known = {
    mlld: {
      log: (at, length) => { logs.push(text(at, length)); },
      fail: (at, length) => { throw failed('CODE_FAILED', text(at, length)); },
    },
    wasi_snapshot_preview1: {
      args_sizes_get: (count, length) => { view().setUint32(count, 0, true); view().setUint32(length, 0, true); return 0; },
      args_get: () => 0,
      environ_sizes_get: (count, length) => { view().setUint32(count, 0, true); view().setUint32(length, 0, true); return 0; },
      environ_get: () => 0,
      fd_write: (fd, list, count, written) => {
        if (fd !== 1 && fd !== 2) return 8;
        let total = 0;
        for (let i = 0; i < count; i++) {
          const [at, length] = [view().getUint32(list + i * 8, true), view().getUint32(list + i * 8 + 4, true)];
          partial += text(at, length);
          total += length;
        }
        const lines = partial.split('\n');
        partial = lines.pop();
        logs.push(...lines);
        view().setUint32(written, total, true);
        return 0;
      },
      proc_exit: (code) => { throw failed('CODE_FAILED', logs.at(-1) ?? 'the WebAssembly ended with ' + code); },
    },
  };
  const imports = {};
  for (const { module, name, kind } of WebAssembly.Module.imports(compiled)) {
    const found = Object.hasOwn(known, module) && kind === 'function' ? known[module] : undefined;
    const inert = module === 'wasi_snapshot_preview1' ? () => 52 : undefined;
    const value = found !== undefined && Object.hasOwn(found, name) ? found[name] : found && inert;
    if (value === undefined) throw failed('CODE_FAILED', 'the WebAssembly wants ' + module + '.' + name + ', which there is not');
    (imports[module] ??= {})[name] = value;
  }
  ({ exports } = new WebAssembly.Instance(compiled, imports));
  if (!(exports.memory instanceof WebAssembly.Memory)) throw failed('CODE_FAILED', "the WebAssembly exports no 'memory'");
  const fn = exports[name];
  const alloc = exports.mlld_alloc;
  if (typeof fn !== 'function') throw failed('CODE_FAILED', "the WebAssembly exports no function '" + name + "'");
  if (typeof alloc !== 'function' && args.length > 0) throw failed('CODE_FAILED', "the WebAssembly exports no 'mlld_alloc'");
  if (fn.length !== args.length * 2)
    throw failed('CODE_FAILED', "'" + name + "' takes " + fn.length / 2 + ' texts, and is given ' + args.length);
  exports._initialize?.();
  const encoder = new TextEncoder();
  const places = args.flatMap((arg) => {
    const encoded = encoder.encode(arg);
    const at = alloc(encoded.length) >>> 0;
    bytes(at, encoded.length).set(encoded);
    return [at, encoded.length];
  });
  const result = fn(...places);
  if (typeof result !== 'bigint') throw failed('CODE_FAILED', "'" + name + "' gives no i64");
  const packed = BigInt.asUintN(64, result);
  const given = text(Number(packed >> 32n), Number(packed & 0xffffffffn));
  if (partial !== '') logs.push(partial);
  return { text: given, logs };
};
parentPort.postMessage('ready');
parentPort.on('message', (job) => {
  try { parentPort.postMessage(run(job)); } catch (error) {
    const isLimit = error instanceof RangeError;
    parentPort.postMessage({
      code: error instanceof Failed ? error.code : isLimit ? 'MEMORY_LIMIT' : 'CODE_FAILED',
      message: 'wasm: ' + (error instanceof Error ? error.message : String(error)),
    });
  }
});
`;
