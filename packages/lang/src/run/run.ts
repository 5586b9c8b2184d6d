import type { Dialect, Program } from '../ast.ts';
import { limits as defaults, type Limits } from '../limits.ts';
import type { Context, Session } from './context.ts';
import type { Host } from './host.ts';
import { closeServers } from './mcp.ts';
import type { Module } from './module.ts';
import { createModule, linkImports } from './modules.ts';
import { createSandboxPool } from './quickjs.ts';
import { printResult, runStatements } from './statements.ts';
import { isFlow, toPlain, type Value, type ValueObject } from './values.ts';

export interface RunOptions {
  readonly file: string;
  readonly host: Host;
  /** Default: by the file's ending and text. */
  readonly dialect?: Dialect;
  /** What `@payload` holds. */
  readonly args?: { readonly [name: string]: unknown };
  /** Whether the user's own code may use processes and files. Default: true. */
  readonly allowOwnCode?: boolean;
}

export interface RunResult {
  /** What the program returned with `=>`, as JSON's values; undefined if it did not. */
  readonly value: unknown;
}

/** Runs a program and prints what it returns. @throws MlldError, or what the host threw */
export async function run(source: string, options: RunOptions): Promise<RunResult> {
  const runner = await openProgram(source, options);
  try {
    const value = await runner.run();
    if (value !== undefined) printResult(runner.context, value);
    return { value: toPlain(value) };
  } finally {
    await runner.close();
  }
}

export interface OpenProgram {
  readonly context: Context;
  readonly module: Module;
  readonly run: () => Promise<Value>;
  readonly close: () => Promise<void>;
}

/** Reads a program and all that it imports; `run` then runs its top level. */
export async function openProgram(source: string, options: RunOptions): Promise<OpenProgram> {
  const session = createSession(options);
  const module = createModule(
    { source, file: options.file, origin: null },
    { isMain: true, dialect: options.dialect },
  );
  session.modules.set(options.file, Promise.resolve(module));
  const close = (): Promise<void> => {
    session.pool.dispose();
    return closeServers(session);
  };
  try {
    await linkImports(session, module);
  } catch (error) {
    await close();
    throw error;
  }
  const context: Context = {
    session,
    module,
    scope: module.scope,
    pure: false,
    depth: 0,
    mx: {},
    piped: undefined,
  };
  return {
    context,
    module,
    run: () => runProgram(context, module.program),
    close,
  };
}

export function createSession({ host, args, allowOwnCode }: RunOptions): Session {
  const limits: Limits = { ...defaults, ...host.limits };
  const deadline = Date.now() + limits.programTime;
  const timeLeft = (): number => deadline - Date.now();
  return {
    host,
    limits,
    pool: createSandboxPool({ limits, guard: host.guard, compileWasm: host.compileWasm, timeLeft }),
    modules: new Map(),
    grants: new Map(),
    servers: new Map(),
    allowOwnCode: allowOwnCode ?? true,
    args: (args ?? {}) as ValueObject,
    deadline,
    steps: 0,
  };
}

async function runProgram(context: Context, program: Program): Promise<Value> {
  for (const statement of program.body) {
    if (statement.kind === 'text') {
      if (program.dialect === 'markdown') writeProse(context, statement);
      continue;
    }
    if (statement.kind === 'exe') continue;
    const done = await runStatements(context, [statement]);
    if (done !== undefined && !isFlow(done.value)) return done.value;
  }
  return undefined;
}

/** The prose of a Markdown program is part of what it prints. */
function writeProse({ session, module }: Context, { start, end }: { start: number; end: number }): void {
  const text = module.source.text.slice(start, end);
  if (text !== '') session.host.writeOut(text);
}
