// Builds everything: each package to dist/ (tsc, with types), and the `mlld` command as one bundle in chunks.
//
// The command is bundled because each module file a program loads costs it about 0.2 ms at start: the code of
// one command becomes a few chunks that are loaded when that command is called. Third-party packages stay
// outside of the bundle and are loaded from node_modules when they are first needed.
//
// What is waited for most often, `mlld run`, has a way of its own: mlld.cjs, which the system starts, loads program.cjs, one
// file of CommonJS with all that a program may come to need, and hands every other command to mlld.js and its chunks.

import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureInstalled, root, runBin } from './lib.mjs';
import { buildSiteAssets } from './site-assets.mjs';

/** The glue of the JavaScript engine is part of program.cjs: five files, of which Node would load each by itself. */
const engine = /^(?:quickjs-emscripten-core$|@jitl\/quickjs-)/;

const thirdPartyStaysOutside = (inside) => ({
  name: 'third-party-stays-outside',
  setup({ onResolve }) {
    onResolve({ filter: /^[^./]/ }, (args) => {
      if (args.kind === 'entry-point' || args.path.startsWith('@mlld/')) return undefined;
      return inside?.test(args.path) ? undefined : { path: args.path, external: true };
    });
  },
});

// esbuild puts all that an index file names into one chunk, used or not: a locked program would load the code that
// compares versions, and `semver` with it. So `import { a } from '@mlld/x'` is read as an import from the file that has `a`.
const importsGoPastIndexes = {
  name: 'imports-go-past-indexes',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]packages[\\/][a-z]+[\\/]src[\\/].*\.tsx?$/ }, ({ path: file }) => ({
      loader: file.endsWith('x') ? 'tsx' : 'ts',
      contents: readFileSync(file, 'utf8').replace(
        /^import \{([^}]*)\} from '@mlld\/([a-z]+)';$/gm,
        (_, names, pkg) =>
          names
            .split(',')
            .map((name) => name.trim())
            .filter((name) => name !== '' && !name.startsWith('type '))
            .map((name) => importOf(name, { pkg, from: path.dirname(file) }))
            .join('\n'),
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
  const chunks = await build({
    ...shared,
    entryPoints: { mlld: 'packages/cli/src/bin.ts', main: 'packages/cli/src/main.ts', ...workers() },
    splitting: true,
    format: 'esm',
    chunkNames: 'chunk-[name]-[hash]',
    plugins: [thirdPartyStaysOutside(), importsGoPastIndexes],
  });
  const single = {
    ...shared,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
  };
  const program = await build({
    ...single,
    entryPoints: { program: 'packages/cli/src/program.ts' },
    // V8 knows no way to import from code that it kept compiled.
    supported: { 'dynamic-import': false },
    // Its text is read at each start. Names stay: they stand in traces of errors.
    minifyWhitespace: true,
    plugins: [thirdPartyStaysOutside(engine), importsGoPastIndexes],
  });
  assertAscii(program.outputFiles[0]);
  const start = await build({
    ...single,
    entryPoints: { mlld: 'packages/cli/src/start.ts' },
    define: { ...single.define, programDigest: JSON.stringify(digest(program.outputFiles[0].contents)) },
    plugins: [importsGoPastIndexes],
  });
  const wasm = createRequire(path.join(root, 'packages/lang/src/node-host.ts')).resolve(
    '@jitl/quickjs-wasmfile-release-sync/wasm',
  );
  const engineFile = { path: path.join(outdir, 'quickjs.wasm'), contents: readFileSync(wasm) };
  replaceBundle(
    outdir,
    [chunks, program, start].flatMap(({ outputFiles }) => outputFiles).concat(engineFile),
  );
}

/** The code of threads, which is looked for beside the bundle under its own name. */
function workers() {
  const files = ['builder', 'lang', 'server'].flatMap((name) => {
    const folder = path.join('packages', name, 'src');
    const names = readdirSync(path.join(root, folder), { recursive: true });
    return names.filter((one) => one.endsWith('-worker.ts')).map((one) => path.join(folder, one));
  });
  return Object.fromEntries(files.map((file) => [path.basename(file, '.ts'), file]));
}

function digest(contents) {
  return createHash('sha256').update(contents).digest('hex').slice(0, 32);
}

/** The command reads it as Latin-1, which is quicker, and the same for ASCII alone. */
function assertAscii({ path: file, contents }) {
  const at = contents.findIndex((octet) => octet > 0x7f);
  if (at < 0) return;
  const text = new TextDecoder().decode(contents.subarray(Math.max(0, at - 100), at + 20));
  throw new Error(`${path.basename(file)}: wanted ASCII, found at ${at}: ${text}`);
}

/** A command that runs meanwhile must find its chunks, which it loads late: what it may need stays for ten minutes. */
function replaceBundle(outdir, outputFiles) {
  mkdirSync(outdir, { recursive: true });
  const entries = ['mlld.js', 'mlld.cjs'];
  const rank = ({ path: file }) => entries.indexOf(path.basename(file));
  const entryLast = outputFiles.toSorted((a, b) => rank(a) - rank(b));
  for (const { path: file, contents } of entryLast) {
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

/** `a as b` of a package, as an import from the file that exports `a`. */
function importOf(name, { pkg, from }) {
  const [exported, local = exported] = name.split(' as ');
  const found = exportsOf(pkg).get(exported);
  if (found === undefined) throw new Error(`@mlld/${pkg} does not export '${exported}'`);
  const target = JSON.stringify(`./${path.relative(from, found.file).replaceAll(path.sep, '/')}`);
  return found.all
    ? `import * as ${local} from ${target};`
    : `import { ${found.name} as ${local} } from ${target};`;
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
