// The styles and scripts of the site, as files whose names hold a hash of their content, and a list of which is which.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './lib.mjs';

const source = path.join(root, 'packages/site/src');

const settings = {
  write: false,
  metafile: true,
  absWorkingDir: root,
  outdir: path.join(root, 'packages/site/dist/site-assets'),
  bundle: true,
  minify: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2023', 'chrome123', 'firefox128', 'safari17.5'],
  conditions: ['source'],
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  logLevel: 'warning',
  legalComments: 'none',
};

/** Writes `assets.json` and the files beside it into each folder. */
export async function buildSiteAssets(folders, plugins) {
  const { build } = createRequire(import.meta.url)('esbuild');
  const files = new Map();
  const keep = ({ outputFiles, metafile }) => {
    for (const { path: file, contents } of outputFiles) files.set(path.basename(file), contents);
    return (entry) => {
      const [file] = Object.entries(metafile.outputs).find(([, one]) => one.entryPoint?.endsWith(entry));
      return path.basename(file);
    };
  };
  const keepHashed = (name, contents) => {
    const { name: stem, ext } = path.parse(name);
    const hashed = `${stem}-${createHash('sha256').update(contents).digest('hex').slice(0, 8)}${ext}`;
    files.set(hashed, contents);
    return hashed;
  };
  const icon = keepHashed('icon.svg', readFileSync(path.join(source, 'styles/icon.svg')));
  const engine = createRequire(path.join(root, 'packages/lang/src/node-host.ts')).resolve(
    '@jitl/quickjs-wasmfile-release-sync/wasm',
  );
  const wasm = keepHashed('quickjs.wasm', readFileSync(engine));
  // In one file: a worker may load no others.
  const worker = keep(
    await build({ ...settings, entryPoints: [path.join(source, 'browser/try-worker.ts')], plugins }),
  );
  const named = keep(
    await build({
      ...settings,
      splitting: true,
      entryPoints: { main: path.join(source, 'browser/main.ts'), site: path.join(source, 'styles/site.css') },
      define: { WORKER_FILE: JSON.stringify(worker('try-worker.ts')), WASM_FILE: JSON.stringify(wasm) },
      plugins,
    }),
  );
  const manifest = { css: named('site.css'), script: named('main.ts'), icon };
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, contents] of files) writeFileSync(path.join(folder, name), contents);
    writeFileSync(path.join(folder, 'assets.json'), `${JSON.stringify(manifest)}\n`);
  }
}
