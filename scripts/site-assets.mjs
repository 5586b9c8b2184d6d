// The styles and scripts of the site, as files whose names hold a hash of their content, and a list of which is which.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { root } from './lib.mjs';

const source = path.join(root, 'packages/site/src');

/** Writes `assets.json` and the files beside it into each folder. */
export async function buildSiteAssets(folders, plugins) {
  const { build } = createRequire(import.meta.url)('esbuild');
  const { outputFiles, metafile } = await build({
    write: false,
    metafile: true,
    absWorkingDir: root,
    entryPoints: {
      main: path.join(source, 'browser/main.ts'),
      worker: path.join(source, 'browser/try-worker.ts'),
      site: path.join(source, 'styles/site.css'),
    },
    outdir: path.join(root, 'packages/site/dist/assets'),
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: ['es2023', 'chrome123', 'firefox128', 'safari17.5'],
    conditions: ['source'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    loader: { '.wasm': 'file' },
    logLevel: 'warning',
    legalComments: 'none',
    plugins,
  });
  const files = new Map(outputFiles.map(({ path: file, contents }) => [path.basename(file), contents]));
  const icon = readFileSync(path.join(source, 'styles/icon.svg'));
  const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
  files.set(iconName, icon);
  const named = (entry) => {
    const [file] = Object.entries(metafile.outputs).find(([, one]) => one.entryPoint?.endsWith(entry)) ?? [];
    return path.basename(file);
  };
  const manifest = { css: named('styles/site.css'), script: named('browser/main.ts'), icon: iconName };
  for (const folder of folders) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    for (const [name, contents] of files) writeFileSync(path.join(folder, name), contents);
    writeFileSync(path.join(folder, 'assets.json'), `${JSON.stringify(manifest)}\n`);
  }
}
