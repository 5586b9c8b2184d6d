/** Rules that run code: the module's tests, and the examples of its documentation. All of it is the author's own. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { kindFacts } from '@mlld/format';
import { type Host, MlldError, type NodeHostOptions, nodeHost, runExamples, runTests } from '@mlld/lang';
import { type Module, textOf } from '../module/read.ts';
import type { Environment } from '../process.ts';
import { nameOf, writtenImports } from '../release.ts';
import { type Finding, finding } from './finding.ts';

export interface RunOptions {
  readonly env: Environment;
  /** Gives the modules that are imported. Without it, code that imports others is not run. */
  readonly resolveModule?: NodeHostOptions['resolveModule'] | undefined;
  /** Whether an imported module may use what it needs. Default: no. */
  readonly grant?: Host['grant'] | undefined;
}

/** How many failures of one file are told. */
const FAILURES = 20;

export async function checkByRunning(module: Module, options: RunOptions): Promise<Finding[]> {
  if (!kindFacts[module.kind].isCode) return [];
  const missing = options.resolveModule === undefined ? importsOthers(module) : undefined;
  if (missing !== undefined) {
    return [
      finding(
        'test/not-run',
        { file: module.entry },
        `tests and examples were not run: they import ${missing}`,
      ),
    ];
  }
  const host = hostFor(module, options);
  const findings: Finding[] = [];
  for (const file of module.tests) findings.push(...(await checkTests(module, file, host)));
  if (module.tests.length === 0 && module.kind === 'module') {
    findings.push(finding('test/none', { file: module.entry }, 'there are no tests'));
  }
  return [...findings, ...(await checkExamples(module, host))];
}

function importsOthers(module: Module): string | undefined {
  const own = nameOf(module);
  return [...writtenImports(module).keys()].find((name) => name !== own);
}

/** Real files and processes, as when the author runs it; only what is printed goes nowhere. */
function hostFor(module: Module, { env, resolveModule, grant }: RunOptions): Host {
  return nodeHost({
    root: module.root,
    ...(resolveModule === undefined ? {} : { resolveModule }),
    overrides: {
      writeOut: () => {},
      writeErr: () => {},
      env: (name) => env[name],
      // A module without a digest is one at hand, the author's own; of others the user decides.
      grant: async (request) => request.module.digest === '' || ((await grant?.(request)) ?? false),
    },
  });
}

async function checkTests(module: Module, file: string, host: Host): Promise<Finding[]> {
  const absolute = path.join(module.root, file);
  try {
    const results = await runTests(await readFile(absolute, 'utf8'), { file: absolute, host });
    if (results.length === 0) return [finding('test/none', { file }, `${file} has no @test_… in it`)];
    return results
      .filter((one) => !one.passed)
      .slice(0, FAILURES)
      .map(({ name, message, place }) =>
        finding('test/fails', { file, line: place.line, column: place.column }, `@${name} fails: ${message}`),
      );
  } catch (cause) {
    if (!(cause instanceof MlldError)) throw cause;
    const { position, message, hint } = cause;
    return [finding('test/fails', { file, line: position?.line, column: position?.column, hint }, message)];
  }
}

async function checkExamples(module: Module, host: Host): Promise<Finding[]> {
  const source = textOf(module, module.entry);
  const broken =
    module.sources.get(module.entry)?.diagnostics.some((one) => one.severity === 'error') ?? true;
  // What can't be read can't be run: code/syntax has told.
  if (broken) return [];
  const readme = module.layout === 'directory' ? textOf(module, 'README.md') : '';
  const results = await runExamples(source, {
    file: path.join(module.root, module.entry),
    name: nameOf(module),
    host,
    ...(readme === '' ? {} : { readme }),
  });
  return results
    .filter((one) => one.status === 'failed')
    .slice(0, FAILURES)
    .map(({ example, message, actual }) => {
      const printed =
        actual === undefined
          ? ''
          : `: printed ${JSON.stringify(actual.slice(0, 200))}, wanted ${JSON.stringify(example.expected?.slice(0, 200))}`;
      const file = example.place.file === 'README.md' ? 'README.md' : module.entry;
      return finding(
        'docs/example-fails',
        { file, line: example.place.line },
        `the example fails: ${message}${printed}`,
      );
    });
}
