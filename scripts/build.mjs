// Builds everything: each package to dist/ (tsc, with types), and the `mlld` command as one bundle in chunks.
//
// The command is bundled because each module file a program loads costs it about 0.2 ms at start: all its code is one pack of chunks
// (pack.mjs), of which a command loads what it needs, compiled as it was the last time. mlld.cjs, which the system starts, reads the
// pack. Third-party packages stay outside of the bundle and are loaded from node_modules when they are first needed. Code of threads
// lies beside the pack, in chunks of its own.

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { markedEngine } from './engine.mjs';
import { ensureInstalled, root, runBin } from './lib.mjs';
import { packOf } from './pack.mjs';
import { buildSiteAssets } from './site-assets.mjs';

/**
 * Part of the pack, because what is waited for most loads them, and Node would load each of their files by itself: the glue of the
 * JavaScript engine, five files, and the comparison of versions, twenty-one.
 */
const inside = /^(?:quickjs-emscripten-core$|@jitl\/quickjs-|semver\/)/;

const thirdPartyStaysOutside = {
  name: 'third-party-stays-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, (args) => {
      if (args.kind === 'entry-point' || args.path.startsWith('@mlld/')) return undefined;
      return inside.test(args.path) ? undefined : { path: args.path, external: true };
    });
  },
};

// esbuild puts all that an index file names into one chunk, used or not: a locked program would load the code that
// compares versions, and `semver` with it. So `import { a } from '@mlld/x'` is read as an import from the file that has `a`, and
// `const { a } = await import('@mlld/x')` likewise.
const importsGoPastIndexes = {
  name: 'imports-go-past-indexes',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]packages[\\/][a-z]+[\\/]src[\\/].*\.tsx?$/ }, ({ path: file }) => ({
      loader: file.endsWith('x') ? 'tsx' : 'ts',
      contents: readFileSync(file, 'utf8')
        .replace(/^import \{([^}]*)\} from '@mlld\/([a-z]+)';$/gm, (_, names, pkg) =>
          namesIn(names)
            .map((name) => importOf(name.split(' as '), { pkg, from: path.dirname(file) }))
            .join('\n'),
        )
        .replace(/\bconst \{([^}]*)\} = await import\('@mlld\/([a-z]+)'\);/g, (_, names, pkg) =>
          namesIn(names)
            .map((name) => lateImportOf(name.split(/: */), { pkg, from: path.dirname(file) }))
            .join(' '),
        ),
    }));
  },
};

ensureInstalled();
const bundleOnly = process.argv.includes('--bundle-only');
if (!bundleOnly) runBin('typescript/bin/tsc', ['-b', 'tsconfig.build.json']);
await bundle();
// Beside the code that reads them: of the bundle, and of the package.
await buildSiteAssets(
  ['packages/cli/dist/site-assets', 'packages/site/dist/site-assets'].map((folder) =>
    path.join(root, folder),
  ),
  [importsGoPastIndexes],
);

async function bundle() {
  const { build } = createRequire(import.meta.url)('esbuild');
  const outdir = path.join(root, 'packages/cli/dist/bundle');
  const shared = {
    write: false,
    absWorkingDir: root,
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    conditions: ['source'],
    jsx: 'automatic',
    jsxImportSource: 'hono/jsx',
    logLevel: 'warning',
    legalComments: 'none',
  };
  const split = {
    ...shared,
    splitting: true,
    format: 'esm',
    chunkNames: 'chunk-[name]-[hash]',
    plugins: [thirdPartyStaysOutside, importsGoPastIndexes],
  };
  const entryPoints = { main: 'packages/cli/src/main.ts', run: 'packages/cli/src/commands/run.ts' };
  const pack = packOf((await build({ ...split, entryPoints })).outputFiles);
  const threads = await build({ ...split, entryPoints: workers() });
  const start = await build({
    ...shared,
    entryPoints: { mlld: 'packages/cli/src/start.ts' },
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: {
      'import.meta.url': 'importMetaUrl',
      packName: JSON.stringify(pack.name),
      packDigest: JSON.stringify(pack.digest),
    },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
    plugins: [importsGoPastIndexes],
  });
  const engineFile = { path: path.join(outdir, 'quickjs.wasm'), contents: await markedEngine() };
  const packFile = { path: path.join(outdir, pack.name), contents: pack.contents };
  replaceBundle(outdir, [packFile, engineFile, ...threads.outputFiles, ...start.outputFiles]);
}

/** The code of threads, which is looked for beside the pack under its own name. */
function workers() {
  const files = ['builder', 'lang', 'server'].flatMap((name) => {
    const folder = path.join('packages', name, 'src');
    const names = readdirSync(path.join(root, folder), { recursive: true });
    return names.filter((one) => one.endsWith('-worker.ts')).map((one) => path.join(folder, one));
  });
  return Object.fromEntries(files.map((file) => [path.basename(file, '.ts'), file]));
}

/** A command that runs meanwhile must find what it loads late: what it may need stays for ten minutes. */
function replaceBundle(outdir, outputFiles) {
  mkdirSync(outdir, { recursive: true });
  // The entry is the last one: it names the pack.
  for (const { path: file, contents } of outputFiles) {
    writeFileSync(`${file}.${process.pid}`, contents);
    renameSync(`${file}.${process.pid}`, file);
  }
  const current = new Set(outputFiles.map(({ path: file }) => path.basename(file)));
  for (const name of readdirSync(outdir)) {
    const file = path.join(outdir, name);
    const age = Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
    if (!current.has(name) && age > 600_000) rmSync(file, { force: true, recursive: true });
  }
}

/** Those between braces, but for types. */
function namesIn(text) {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '));
}

/** `a as b` of a package, as an import from the file that exports `a`. */
function importOf([exported, local = exported], place) {
  const { target, all, name } = exportOf(exported, place);
  return all ? `import * as ${local} from ${target};` : `import { ${name} as ${local} } from ${target};`;
}

/** The same of `const { a: b } = await import(…)`. */
function lateImportOf([exported, local = exported], place) {
  const { target, all, name } = exportOf(exported, place);
  return `const ${all ? local : `{ ${name}: ${local} }`} = await import(${target});`;
}

function exportOf(exported, { pkg, from }) {
  const found = exportsOf(pkg).get(exported);
  if (found === undefined) throw new Error(`@mlld/${pkg} does not export '${exported}'`);
  const target = JSON.stringify(`./${path.relative(from, found.file).replaceAll(path.sep, '/')}`);
  return { ...found, target };
}

/** What the index of a package exports, by name; it has to say `export { … } from './file.ts'` of each. */
function exportsOf(pkg) {
  const index = path.join(root, 'packages', pkg, 'src/index.ts');
  const exports = new Map();
  for (const [, alias, names, target] of readFileSync(index, 'utf8').matchAll(
    /^export (?:\* as (\w+)|\{([^}]*)\}) from '([^']+)';$/gm,
  )) {
    const file = path.resolve(path.dirname(index), target);
    if (alias !== undefined) exports.set(alias, { file, all: true });
    for (const entry of (names ?? '').split(',')) {
      const [name, exported = name] = entry.trim().split(' as ');
      exports.set(exported, { file, name, all: false });
    }
  }
  return exports;
}
