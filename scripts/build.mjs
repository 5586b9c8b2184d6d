// Builds everything: each package to dist/ (tsc, with types), and the `mlld` command as one bundle in chunks.
//
// The command is bundled because each module file a program loads costs it about 0.2 ms at start: the code of
// one command becomes a few chunks that are loaded when that command is called. Third-party packages stay
// outside of the bundle and are loaded from node_modules when they are first needed.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureInstalled, root, runBin } from './lib.mjs';

ensureInstalled();
const bundleOnly = process.argv.includes('--bundle-only');
if (!bundleOnly) runBin('typescript/bin/tsc', ['-b', 'tsconfig.build.json']);
await bundle();

async function bundle() {
  const { build } = createRequire(import.meta.url)('esbuild');
  const outdir = path.join(root, 'packages/cli/dist/bundle');
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { mlld: 'packages/cli/src/bin.ts' },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    conditions: ['source'],
    chunkNames: 'chunk-[name]-[hash]',
    logLevel: 'warning',
    legalComments: 'none',
    plugins: [
      {
        name: 'third-party-stays-outside',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, (args) => {
            if (args.kind === 'entry-point' || args.path.startsWith('@mlld/')) return undefined;
            return { path: args.path, external: true };
          });
        },
      },
    ],
  });
}
