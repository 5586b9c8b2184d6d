/** An npm package: ES modules without dependencies, typed. */
import type { CallableFunction } from '../callable.ts';
import { commentText, javascriptNames, packageName } from '../names.ts';
import { typescriptOf } from '../types.ts';
import { clientSource } from './javascript-client.ts';
import { readme } from './readme.ts';
import { bundleFile, type PackageFiles, type TargetInput } from './target.ts';

export function javascriptPackage(input: TargetInput, target: 'js' | 'ts'): PackageFiles {
  const { module, bundle } = input;
  const own = packageName(module.name);
  const names = javascriptNames(module.functions.map(({ name }) => name));
  const manifest = {
    name: own,
    version: module.version,
    description: module.about ?? `The mlld module ${module.name}`,
    type: 'module',
    exports: target === 'ts' ? { '.': { types: './index.d.ts', default: './index.js' } } : './index.js',
    ...(target === 'ts' ? { types: './index.d.ts' } : {}),
    engines: { node: '>=20.19' },
    files: ['index.js', 'client.js', bundleFile, ...(target === 'ts' ? ['index.d.ts'] : [])],
  };
  const usable = [...names.values()][0] ?? 'open';
  const usage = [
    '```js',
    `import { ${usable}, open } from '${own}';`,
    '',
    `await ${usable}(/* … */);`,
    '```',
    '',
    '`open()` starts a process of its own and gives the same functions, with `close()`. Each function returns a promise.',
  ].join('\n');
  return new Map([
    ['package.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['index.js', indexSource(input, names)],
    ['client.js', clientSource],
    ...(target === 'ts' ? ([['index.d.ts', declarations(input, names)]] as const) : []),
    ['README.md', readme(input, { title: own, usage, grant: "`open({ grant: ['need'] })`" })],
    [bundleFile, bundle],
  ]);
}

type Names = ReadonlyMap<string, string>;

function indexSource({ module, bundleDigest }: TargetInput, names: Names): string {
  const rows = module.functions.map((one) => {
    const own = names.get(one.name)!;
    return `  ${own}: (...args) => module.call(${JSON.stringify(one.name)}, args),`;
  });
  const exports = module.functions.map((one) => {
    const own = names.get(one.name)!;
    return `${docComment(one)}export const ${own} = (...args) => (shared ??= open()).${own}(...args);\n`;
  });
  return `// Made with mlld export from ${module.name} ${module.version}.
import { start } from './client.js';

const digest = 'sha256:${bundleDigest}';

/** Starts a process of its own. \`grant\`: what the module may use of what it declares. */
export function open(options = {}) {
  const module = start(new URL('./${bundleFile}', import.meta.url), digest, options);
  return {
${rows.map((row) => `  ${row}`).join('\n')}
    close: () => module.close(),
  };
}

let shared;

${exports.join('\n')}`;
}

function docComment({ doc, parameters, returns }: CallableFunction): string {
  const lines = [
    ...(doc === undefined ? [] : commentText(doc.trim()).split('\n')),
    ...parameters.map(
      ({ name, type, optional }) => `@param {${typescriptOf(type)}} ${optional ? `[${name}]` : name}`,
    ),
    `@returns {Promise<${typescriptOf(returns)}>}`,
  ];
  return `/**\n${lines.map((line) => ` * ${line}`.trimEnd()).join('\n')}\n */\n`;
}

function declarations({ module }: TargetInput, names: Names): string {
  const signatures = module.functions.map((one) => [names.get(one.name)!, signature(one), one] as const);
  return `// Made with mlld export from ${module.name} ${module.version}.

export interface Options {
  /** What the module may use of what it declares: ${module.needs.map((need) => `'${need}'`).join(', ') || 'it declares nothing'}. */
  readonly grant?: readonly string[];
  /** The command; default: the environment variable MLLD_COMMAND, else mlld. */
  readonly mlld?: string;
  /** Folder of the project whose files a module with that need may use. */
  readonly cwd?: string;
}

/** What a call fails with; \`code\` says why. */
export interface MlldError extends Error {
  readonly code: string;
  readonly hint?: string;
}

export interface Module {
${signatures.map(([name, [parameters, result]]) => `  ${name}(${parameters}): ${result};`).join('\n')}
  /** Ends the process. */
  close(): Promise<void>;
}

/** Starts a process of its own. */
export function open(options?: Options): Module;

${signatures.map(([name, [parameters, result], one]) => `${docComment(one)}export function ${name}(${parameters}): ${result};\n`).join('\n')}`;
}

/** A parameter can be left out if all behind it can. */
function signature({ parameters, returns }: CallableFunction): readonly [string, string] {
  const names = javascriptNames(parameters.map(({ name }) => name));
  const list = parameters.map(({ name, type, optional }, i) => {
    const own = names.get(name)!;
    if (!optional) return `${own}: ${typescriptOf(type)}`;
    const last = parameters.slice(i).every((one) => one.optional);
    return last ? `${own}?: ${typescriptOf(type)}` : `${own}: ${typescriptOf(type)} | undefined`;
  });
  return [list.join(', '), `Promise<${typescriptOf(returns)}>`];
}
