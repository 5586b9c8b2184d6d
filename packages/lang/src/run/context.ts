import { MlldError, type MlldErrorCode } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { frameAt, placeAt } from '../source.ts';
import type { Host } from './host.ts';
import type { McpServer } from './mcp-host.ts';
import type { Module } from './module.ts';
import type { SandboxPool } from './quickjs.ts';
import { createScope, type Scope } from './scope.ts';
import type { Value, ValueObject } from './values.ts';

/** One run of a program: what all its modules share. */
export interface Session {
  readonly host: Host;
  readonly limits: Limits;
  readonly pool: SandboxPool;
  /** File -> module; a module is read once. */
  readonly modules: Map<string, Promise<Module>>;
  /** Module and need -> the user's answer. */
  readonly grants: Map<string, Promise<boolean>>;
  /** The MCP servers of this run, to be ended with it. */
  readonly servers: Map<string, Promise<McpServer>>;
  /** Whether the user's own code (not imported from a registry) may use processes and files. */
  readonly allowOwnCode: boolean;
  /** What `@payload` holds. */
  readonly args: ValueObject;
  /** Milliseconds since the epoch at which the program must be done. */
  deadline: number;
  steps: number;
}

/** Where an expression is evaluated. */
export interface Context {
  readonly session: Session;
  readonly module: Module;
  readonly scope: Scope;
  /** While the value of an imported module's variable is found: nothing may act. */
  readonly pure: boolean;
  /** Calls within each other. */
  readonly depth: number;
  /** What `@mx` holds here. */
  readonly mx: ValueObject;
  /** The value on its way through a pipeline: `@input`, `@p`. */
  readonly piped: Piped | undefined;
}

export interface Piped {
  readonly input: Value;
  /** Outputs of the stages before, the pipeline's input first. */
  readonly history: readonly Value[];
  /** What `@p` holds. */
  readonly state: ValueObject;
}

/** A node, as far as errors need it. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

export function innerScope(context: Context): Context {
  return { ...context, scope: createScope(context.scope) };
}

/** An error at a place of the module that is running. */
export function errorAt(context: Context, node: Place, parts: ErrorParts): MlldError {
  const { source } = context.module;
  return new MlldError(parts.code, parts.message, {
    position: placeAt(source, node.start),
    frame: frameAt(source, node.start, node.end),
    hint: parts.hint,
    cause: parts.cause,
  });
}

export interface ErrorParts {
  readonly code: MlldErrorCode;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

/** The same error with the place of the call, if it has none of its own. */
export function placed(context: Context, node: Place, error: unknown): unknown {
  if (!(error instanceof MlldError) || error.position !== undefined) return error;
  const { code, message, hint } = error;
  return errorAt(context, node, { code, message, hint, cause: error.cause ?? undefined });
}

/** Fails if nothing may act here. */
export function acts(context: Context, node: Place, what: string): void {
  if (!context.pure) return;
  throw errorAt(context, node, {
    code: 'IMPORT_EFFECT',
    message: `'${what}' stands in a variable of an imported module, and importing must not act`,
    hint: 'Make it a function: exe @name() = …',
  });
}

const stepsBetweenLooks = 256;

/** Counts a step, and ends a program that runs too long. */
export function step(context: Context, node: Place): void {
  const { session } = context;
  session.steps++;
  if (session.steps % stepsBetweenLooks !== 0) return;
  if (session.steps > session.limits.steps) {
    throw errorAt(context, node, {
      code: 'STEP_LIMIT',
      message: `the program took more than ${session.limits.steps} steps`,
      hint: 'Does a loop never end?',
    });
  }
  if (Date.now() > session.deadline) {
    throw errorAt(context, node, {
      code: 'TIME_LIMIT',
      message: `the program ran longer than ${session.limits.programTime} ms`,
      hint: 'Give it more with --timeout.',
    });
  }
}
