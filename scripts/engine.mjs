// The WebAssembly of QuickJS for the command, with the functions marked that a first call of JavaScript needs: V8 compiles them at once, on
// a thread beside (packages/lang/src/wasm-hints.ts). Which these are V8 tells when a program runs.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './lib.mjs';

const lang = path.join(root, 'packages/lang/src');

/** What JavaScript of modules does most: it takes and gives data, goes through lists, and looks at texts. */
const program = `
exe @total(items) = js { return items.map((item) => item.price * item.count).reduce((a, b) => a + b, 0) }
exe @sorted(items) = js { return [...items].sort((a, b) => a.name.localeCompare(b.name)).filter(Boolean).slice(0, 3) }
exe @title(text) = js {
  const words = text.trim().split(/\\s+/)
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()).join(' ')
}
exe @described(item) = js {
  const { name, ...rest } = item
  for (const [key, value] of Object.entries(rest)) if (typeof value !== 'number') throw new Error(key)
  return \`\${name}: \${JSON.stringify({ ...rest, all: Math.round(rest.price * rest.count) })}\`
}
var @items = [{ name: "b", price: 2.5, count: 2 }, { name: "a", price: 1, count: 3 }]
show @total(@items)
show @sorted(@items)
show @title("an  example of A text")
show @described(@items[0])
`;

const entry = `
import { nodeHost, run } from './index.ts';
const host = nodeHost({ root: '/', overrides: { writeOut() {}, writeErr() {} } });
await run(${JSON.stringify(program)}, { file: '/program.mld', host });
`;

/** @throws Error if V8 said nothing that is understood here */
export async function markedEngine() {
  const file = createRequire(path.join(lang, 'index.ts')).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  const bytes = readFileSync(file);
  const { withHints } = await import(
    asUrl(await bundled({ entryPoints: [path.join(lang, 'wasm-hints.ts')] }))
  );
  const called = functionsOf(await bundled({ stdin: { contents: entry, resolveDir: lang, loader: 'ts' } }));
  // V8 counts the imported ones too, which come first.
  const { Module } = globalThis.WebAssembly;
  const imported = Module.imports(new Module(bytes)).filter(({ kind }) => kind === 'function').length;
  return withHints(bytes, new Set([...called].map((index) => index - imported)));
}

async function bundled(input) {
  const { build } = createRequire(import.meta.url)('esbuild');
  const { outputFiles } = await build({
    ...input,
    absWorkingDir: root,
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    conditions: ['source'],
    external: ['quickjs-emscripten-core', '@jitl/*'],
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

const asUrl = (code) => `data:text/javascript;base64,${Buffer.from(code).toString('base64')}`;

/** The functions of WebAssembly that a program called, by their numbers. */
function functionsOf(code) {
  const told = execFileSync(
    process.execPath,
    ['--trace-wasm-compilation-times', '--input-type=module', '-'],
    {
      input: code,
      cwd: lang,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const found = [...told.matchAll(/^Compiled function \S+#(\d+) using /gm)].map(([, number]) =>
    Number(number),
  );
  if (found.length < 100) throw new Error(`V8 named ${found.length} functions that QuickJS called: too few`);
  return new Set(found);
}
