import { type Analysis, analyse } from './analyse.ts';
import type { ExeStatement, Statement } from './ast.ts';
import type { Example } from './docs.ts';
import { MlldError } from './errors.ts';
import type { Context } from './run/context.ts';
import { callValue } from './run/evaluate.ts';
import type { Host } from './run/host.ts';
import { type OpenProgram, openProgram, type RunOptions, run } from './run/run.ts';
import { lookup } from './run/scope.ts';
import { runStatements } from './run/statements.ts';
import { isTruthy, toText, type Value } from './run/values.ts';
import { type Place, placeAt } from './source.ts';

export interface TestResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why it failed. */
  readonly message: string | undefined;
  readonly error: MlldError | undefined;
  readonly place: Place;
  /** Milliseconds. */
  readonly time: number;
}

/**
 * Runs the tests of a `*.test.mld`: each variable `test_…` whose value is truthy passes, and each function `test_…`
 * without parameters whose result is (`docs/spec/language.md` §8). One that fails does not stop the others.
 * @throws MlldError if the file cannot be read at all
 */
export async function runTests(source: string, options: RunOptions): Promise<TestResult[]> {
  const program = await openProgram(source, options);
  const results: TestResult[] = [];
  try {
    for (const statement of program.module.program.body) {
      if (statement.kind === 'text' || statement.kind === 'exe') continue;
      const result = await runTestStatement(program, statement);
      if (result !== undefined) results.push(result);
    }
    for (const statement of program.module.program.body) {
      if (statement.kind === 'exe' && isTest(statement.name) && statement.parameters.length === 0) {
        results.push(await runTestFunction(program, statement));
      }
    }
  } finally {
    await program.close();
  }
  return results;
}

function isTest(name: string): boolean {
  return /^test_/.test(name);
}

async function runTestStatement(
  { context }: OpenProgram,
  statement: Statement,
): Promise<TestResult | undefined> {
  const name = statement.kind === 'var' && isTest(statement.name) ? statement.name : undefined;
  if (name === undefined) return runHelper(context, statement);
  return timed(context, { name, start: statement.start }, async () => {
    await runStatements(context, [statement]);
    return lookup(context.scope, name)?.binding.value;
  });
}

/** A line that prepares tests is none itself, unless it fails. */
async function runHelper(context: Context, statement: Statement): Promise<TestResult | undefined> {
  const name = statement.kind === 'var' ? statement.name : statement.kind;
  const result = await timed(context, { name, start: statement.start }, async () => {
    await runStatements(context, [statement]);
    return true;
  });
  return result.passed ? undefined : result;
}

function runTestFunction({ context }: OpenProgram, statement: ExeStatement): Promise<TestResult> {
  const { name, start, end } = statement;
  return timed(context, { name, start }, () =>
    callValue(context, {
      callee: lookup(context.scope, name)?.binding.value,
      args: [],
      node: { start, end },
    }),
  );
}

async function timed(
  context: Context,
  { name, start }: { name: string; start: number },
  test: () => Promise<Value>,
): Promise<TestResult> {
  const place = placeAt(context.module.source, start);
  const begun = performance.now();
  try {
    const value = await test();
    const passed = isTruthy(value);
    const message = passed
      ? undefined
      : `its value is ${toText(value) === '' ? 'empty' : toText(value).slice(0, 200)}`;
    return { name, passed, message, error: undefined, place, time: performance.now() - begun };
  } catch (error) {
    if (!(error instanceof MlldError)) throw error;
    return { name, passed: false, message: error.message, error, place, time: performance.now() - begun };
  }
}

// ---- examples

export interface ExampleResult {
  readonly example: Example;
  /** `skipped`: it does not import the module, or imports others too. */
  readonly status: 'passed' | 'failed' | 'skipped';
  /** What it printed, without the last line feed; undefined if it was not run to its end. */
  readonly actual: string | undefined;
  /** Why it failed or was skipped. */
  readonly message: string | undefined;
  readonly error: MlldError | undefined;
}

export interface ExampleOptions {
  readonly file: string;
  /** `@author/name`: what the examples import. */
  readonly name: string;
  readonly host: Host;
  /** The README of a directory module, whose examples are run too. */
  readonly readme?: string;
}

/** Runs the examples of a module's documentation that import the module, and compares what they print. */
export async function runExamples(source: string, options: ExampleOptions): Promise<ExampleResult[]> {
  const { file, readme } = options;
  const analysis = await analyse(source, readme === undefined ? { file } : { file, readme });
  const results: ExampleResult[] = [];
  for (const example of examplesOf(analysis)) results.push(await runExample(source, example, options));
  return results;
}

function examplesOf({ docs }: Analysis): Example[] {
  return docs.sections.flatMap(({ examples }) => examples);
}

async function runExample(source: string, example: Example, options: ExampleOptions): Promise<ExampleResult> {
  const exampleFile = `${options.file}#${example.place.line}.mld`;
  const { imports, diagnostics } = await analyse(example.code, { file: exampleFile, dialect: 'strict' });
  const skipped = { example, status: 'skipped', actual: undefined, error: undefined } as const;
  const foreign = imports.find(({ ref, kind }) => kind !== 'builtin' && !isSelf(ref, options.name));
  if (foreign !== undefined) return { ...skipped, message: `it imports '${foreign.ref}' too` };
  if (imports.length === 0) return { ...skipped, message: `it does not import ${options.name}` };
  const mistake = diagnostics.find(({ severity }) => severity === 'error');
  if (mistake !== undefined) {
    return { example, status: 'failed', actual: undefined, message: mistake.message, error: undefined };
  }
  return compareOutput(source, example, { ...options, exampleFile });
}

/** With or without a version: `@alice/strings`, `@alice/strings@^1`. */
function isSelf(ref: string, name: string): boolean {
  return ref === name || ref.startsWith(`${name}@`);
}

async function compareOutput(
  source: string,
  example: Example,
  { host, file, name, exampleFile }: ExampleOptions & { exampleFile: string },
): Promise<ExampleResult> {
  let printed = '';
  const inner: Host = {
    ...host,
    writeOut: (text) => {
      printed += text;
    },
    writeErr: () => {},
    resolveImport: async (request) =>
      isSelf(request.ref, name) ? { source, file, origin: null } : host.resolveImport(request),
  };
  try {
    await run(example.code, { file: exampleFile, host: inner, dialect: 'strict' });
  } catch (error) {
    if (!(error instanceof MlldError)) throw error;
    return { example, status: 'failed', actual: undefined, message: error.message, error };
  }
  const actual = printed.replace(/\r?\n$/, '');
  const passed = example.expected === undefined || plain(actual) === plain(example.expected);
  const message = passed ? undefined : `it prints something else than the documentation says`;
  return { example, status: passed ? 'passed' : 'failed', actual, message, error: undefined };
}

/** White space at the ends of lines does not count. */
function plain(text: string): string {
  return text.replace(/[ \t\r]+$/gm, '').trim();
}
