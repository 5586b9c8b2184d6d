// Fails on an import between packages that ARCHITECTURE.md does not allow, on an import that a package does not
// declare (npm hoists, so it would work by accident), on Node's modules in the packages that must run in a
// browser, and on anything heavy in the chunks that `mlld run` loads for a locked program.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import path from 'node:path';
import { root } from './lib.mjs';
import { loadedAtOnce, readPack } from './pack.mjs';

/** package -> packages of ours that it may import. */
const allowed = {
  format: [],
  lang: [],
  trust: ['format'],
  sandbox: ['format'],
  search: ['format'],
  client: ['format', 'trust', 'search'],
  site: ['format', 'lang', 'search', 'trust'],
  builder: ['format', 'lang', 'trust', 'search', 'site', 'theme', 'template'],
  publish: ['format', 'lang', 'trust', 'builder', 'theme', 'template'],
  server: ['format', 'trust', 'builder', 'client'],
  mcp: ['format', 'sandbox'],
  lsp: ['format', 'lang'],
  export: ['format', 'lang'],
  theme: ['format', 'lang'],
  template: ['format'],
  cli: [
    'format',
    'lang',
    'trust',
    'sandbox',
    'client',
    'builder',
    'publish',
    'server',
    'search',
    'site',
    'mcp',
    'lsp',
    'export',
    'theme',
    'template',
  ],
};
/** Packages that run in a browser as they are. */
const noNode = ['format', 'search'];
/** Third-party packages that the format package may use: they run in a browser. */
const builtins = new Set([...builtinModules, ...builtinModules.map((m) => `node:${m}`)]);
const problems = [];

for (const [name, mayImport] of Object.entries(allowed)) {
  const home = path.join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }));
  checkReferences(home, declared);
  for (const file of sources(path.join(home, 'src'))) {
    for (const specifier of importsOf(file)) checkImport({ name, mayImport, declared, file, specifier });
  }
}
checkColdPath();

if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}
console.log('boundaries hold');

/** `tsc -b` builds what a package refers to: a reference that is missing fails on a fresh clone alone. */
function checkReferences(home, declared) {
  const { references = [] } = JSON.parse(readFileSync(path.join(home, 'tsconfig.json'), 'utf8'));
  const built = new Set(references.map((one) => `@mlld/${path.basename(one.path)}`));
  for (const name of declared)
    if (name.startsWith('@mlld/') && !built.has(name))
      problems.push(`${path.relative(root, home)}/tsconfig.json: wanted a reference to ${name}`);
}

function checkImport({ name, mayImport, declared, file, specifier }) {
  const where = path.relative(root, file);
  if (specifier.startsWith('.')) {
    const target = path.resolve(path.dirname(file), specifier);
    if (!target.startsWith(path.join(root, 'packages', name, 'src') + path.sep)) {
      problems.push(`${where}: '${specifier}' leaves the package; import it by its name`);
    }
    return;
  }
  if (builtins.has(specifier)) {
    if (noNode.includes(name)) problems.push(`${where}: '${specifier}', but ${name} must run in a browser`);
    if (!specifier.startsWith('node:')) problems.push(`${where}: write 'node:${specifier}'`);
    return;
  }
  const pkg = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (!declared.has(pkg)) problems.push(`${where}: '${pkg}' is not in ${name}'s package.json`);
  if (pkg.startsWith('@mlld/') && !mayImport.includes(pkg.slice('@mlld/'.length))) {
    problems.push(`${where}: ${name} may not import ${pkg}`);
  }
}

/**
 * mlld.cjs, which the system starts, and the chunks of the pack that a locked program runs from load at once nothing but these: what
 * they cost together is less than each of Node's networks, processes or terminals.
 */
function checkColdPath() {
  const bundle = path.join(root, 'packages/cli/dist/bundle');
  const start = path.join(bundle, 'mlld.cjs');
  if (!existsSync(start)) return;
  const text = readFileSync(start, 'utf8');
  const pack = path.join(bundle, /"(mlld-[0-9a-f]+\.pack)"/.exec(text)?.[1] ?? '');
  const chunks = readPack(readFileSync(pack));
  const cheap = ['crypto', 'fs', 'os', 'path', 'url', 'util', 'vm'].map((name) => `node:${name}`);
  const queue = new Set(['main.js', 'run.js']);
  const found = [...text.matchAll(/require\(['"]([^'"]+)['"]\)/g)].map(([, name]) => ['mlld.cjs', name]);
  for (const chunk of queue)
    for (const name of loadedAtOnce(chunks.get(chunk)))
      if (name.startsWith('./')) queue.add(name.slice(2));
      else found.push([chunk, name]);
  for (const [where, name] of found)
    if (!cheap.includes(name)) problems.push(`cold path: ${where} loads '${name}' at start`);
}

function sources(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx)$/.test(entry.name))
    .map((entry) => path.join(entry.parentPath ?? entry.path, entry.name));
}

function importsOf(file) {
  const text = stripComments(readFileSync(file, 'utf8'));
  const found = staticImportsOf(text);
  for (const match of text.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push(match[1]);
  return found;
}

function staticImportsOf(text) {
  const found = [];
  for (const match of text.matchAll(/^\s*(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]/gm))
    found.push(match[1]);
  for (const match of text.matchAll(/^\s*import\s*['"]([^'"]+)['"]/gm)) found.push(match[1]);
  return found;
}

function stripComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}
