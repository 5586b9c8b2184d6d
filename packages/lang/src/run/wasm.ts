/** Functions of WebAssembly files (docs/spec/wasm.md): `exe @f(x) = wasm "./file.wasm" "f"`. */
import type { WasmExpression } from '../ast-expressions.ts';
import { printed } from './code.ts';
import { type Context, errorAt } from './context.ts';
import { localVariables } from './locals.ts';
import type { Module } from './module.ts';
import { lookup } from './scope.ts';
import { toJson, toText, type Value } from './values.ts';

/** Files that were read, so that each is compiled once. */
const read = new WeakMap<Module, Map<string, Promise<Uint8Array>>>();

export async function runWasm(context: Context, node: WasmExpression): Promise<Value> {
  const { host, limits, deadline } = context.session;
  if (host.callWasm === undefined)
    throw errorAt(context, node, { code: 'NOT_SUPPORTED', message: 'WebAssembly cannot run here' });
  const { text, logs } = await host.callWasm({
    bytes: await fileOf(context, node),
    name: node.name,
    args: argumentsOf(context, node).map(wasmText),
    maxMemory: limits.wasmMemory,
    maxOutput: limits.jsOutput,
    timeout: Math.max(1, Math.min(limits.wasmTime, deadline - Date.now())),
  });
  for (const line of logs) host.writeErr(`${line}\n`);
  return printed(text);
}

/** A text as it is, nothing as nothing, any other value as JSON. */
function wasmText(value: Value): string {
  if (value === undefined) return '';
  return typeof value === 'string'
    ? value
    : typeof value === 'object'
      ? toText(value) || toJson(value)
      : toJson(value);
}

function argumentsOf(context: Context, node: WasmExpression): Value[] {
  if (node.args.length === 0) return [...localVariables(context, []).values()];
  return node.args.map((name) => lookup(context.scope, name)?.binding.value);
}

function fileOf(context: Context, node: WasmExpression): Promise<Uint8Array> {
  const { module } = context;
  const files = read.get(module) ?? new Map<string, Promise<Uint8Array>>();
  read.set(module, files);
  const known = files.get(node.file) ?? readFile(context, node);
  files.set(node.file, known);
  return known;
}

async function readFile({ session, module, ...rest }: Context, node: WasmExpression): Promise<Uint8Array> {
  const context = { session, module, ...rest };
  const isBeside = /^(?:\.\/)?[\w-][\w.-]*(?:\/[\w-][\w.-]*)*\.wasm$/.test(node.file);
  if (!isBeside) {
    throw errorAt(context, node, {
      code: 'FILE_REFUSED',
      message: `wanted a .wasm file beside the module, found '${node.file}'`,
    });
  }
  const from = { file: module.file, origin: module.origin };
  const bytes = (await session.host.readModuleFile?.({ path: node.file, from })) ?? null;
  if (bytes === null) {
    throw errorAt(context, node, {
      code: 'FILE_NOT_FOUND',
      message: `there is no '${node.file}' beside ${module.file}`,
      hint: 'A module is published with the files of its folder.',
    });
  }
  if (bytes.length <= session.limits.wasmFile) return bytes;
  throw errorAt(context, node, {
    code: 'MEMORY_LIMIT',
    message: `'${node.file}' has ${bytes.length} bytes, more than ${session.limits.wasmFile}`,
  });
}
