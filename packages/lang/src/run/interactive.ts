import type { Statement } from '../ast.ts';

import { parse } from '../parse/document.ts';
import { builtinNames } from './builtins.ts';
import type { Context } from './context.ts';
import { evaluate } from './evaluate.ts';
import { closeServers } from './mcp.ts';
import { methodNames } from './methods.ts';
import type { Module } from './module.ts';
import { createModule, exportNames, linkImports } from './modules.ts';
import { createSession, type RunOptions } from './run.ts';
import { createScope, lookup, visibleNames } from './scope.ts';
import { runStatements } from './statements.ts';
import {
  isArray,
  isExecutable,
  isFlow,
  isFunction,
  isNamespace,
  isObject,
  isServer,
  toDisplay,
  typeName,
  unwrap,
  type Value,
} from './values.ts';

/** What one entry gave. */
export interface Entry {
  /** The value of an entry that is one, as text; undefined if the entry only acts. What it shows, the host prints. */
  readonly shown: string | undefined;
}

/** A program that is written piece by piece: names stay, imports too. */
export interface Interactive {
  /** @throws MlldError, or what the host threw; what was defined before the failure stays */
  readonly enter: (source: string) => Promise<Entry>;
  /** The entry is not finished: a bracket, a template or code in it is open. */
  readonly isOpen: (source: string) => boolean;
  /** What can be named here, without `@`. */
  readonly names: () => string[];
  /** Fields and methods of what a path such as `user.tags` holds; reads what is there, calls nothing. */
  readonly fields: (path: string) => string[];
  /** The type of a value, and of a function its signature. @throws MlldError */
  readonly typeOf: (source: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

export function openInteractive(options: RunOptions): Interactive {
  const session = createSession(options);
  const scope = createScope(undefined);
  let last: Module | undefined;

  /** A module of its own for each entry, so that errors show its lines; names, code and secrets are shared. */
  async function open(source: string): Promise<Context> {
    // The time that a program may take counts for each entry.
    session.deadline = Date.now() + session.limits.programTime;
    session.steps = 0;
    const module = createModule(
      { source, file: options.file, origin: null },
      { isMain: true, dialect: 'strict', scope },
    );
    const auths = new Map([...(last?.auths ?? []), ...module.auths]);
    Object.assign(module, { auths, sandbox: last?.sandbox });
    for (const [language, names] of last?.shadows ?? []) {
      module.shadows.set(language, new Map([...names, ...(module.shadows.get(language) ?? [])]));
    }
    last = module;
    await linkImports(session, module);
    return { session, module, scope, pure: false, depth: 0, mx: {}, piped: undefined };
  }

  return {
    enter: async (source) => {
      const context = await open(source);
      const { body } = context.module.program;
      const statement = body.at(-1);
      const value = statement === undefined ? undefined : plainValue(statement);
      const done = await runStatements(context, value === undefined ? body : body.slice(0, -1));
      if (done !== undefined) return { shown: isFlow(done.value) ? undefined : describe(done.value) };
      return { shown: value === undefined ? undefined : describe(await evaluate(context, value)) };
    },
    isOpen,
    names: () => [...new Set([...visibleNames(scope), ...builtinNames])].filter((name) => /^\w/.test(name)),
    fields: (path) => fieldsOf(valueAt(scope, path)),
    typeOf: async (source) => {
      const context = await open(source);
      const [statement] = context.module.program.body;
      const value = statement?.kind === 'expression' ? await evaluate(context, statement.value) : undefined;
      return signature(value);
    },
    close: async () => {
      session.pool.dispose();
      await closeServers(session);
    },
  };
}

/** An expression that shows nothing by itself: its value is what the user wants to see. */
function plainValue(statement: Statement): Extract<Statement, { kind: 'expression' }>['value'] | undefined {
  if (statement.kind !== 'expression') return undefined;
  const { value } = statement;
  if (value.kind === 'when' || value.kind === 'for' || value.kind === 'code' || value.kind === 'command')
    return value;
  const calls = value.kind === 'access' && value.path.some(({ kind }) => kind === 'call');
  return calls ? undefined : value;
}

function isOpen(source: string): boolean {
  const { diagnostics } = parse(source, { dialect: 'strict' });
  const first = diagnostics.find(({ severity }) => severity === 'error');
  if (first === undefined) return false;
  const { code, message, place } = first;
  if (code === 'UNCLOSED') return !/this (?:string|text|'<')/.test(message);
  return place.offset >= source.trimEnd().length;
}

function describe(value: Value): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return 'null';
  return isFunction(value) || isNamespace(value) || isServer(value) ? signature(value) : toDisplay(value);
}

/** `exe @f(a: string, b?)`, `module with @a, @b`, `array of 3`. */
function signature(value: Value): string {
  if (isExecutable(value)) {
    const parameters = value.parameters.map(
      ({ name, type, optional }) => `${name}${optional ? '?' : ''}${type === undefined ? '' : `: ${type}`}`,
    );
    return `exe @${value.name}(${parameters.join(', ')})`;
  }
  if (isFunction(value)) return `function @${value.name}`;
  if (isNamespace(value))
    return `module with ${exportNames(value.module)
      .map((name) => `@${name}`)
      .join(', ')}`;
  if (isServer(value)) return `server ${value.server.name} with ${value.server.tools.length} tools`;
  const plain = unwrap(value);
  if (isArray(plain)) return `array of ${plain.length}`;
  if (isObject(plain)) return `object with ${Object.keys(plain).join(', ') || 'nothing'}`;
  return typeName(plain);
}

/** What a path of names holds, without computing anything. */
function valueAt(scope: Parameters<typeof lookup>[0], path: string): Value {
  const [root = '', ...rest] = path.replace(/^@/, '').split('.');
  const binding = lookup(scope, root)?.binding;
  if (binding?.imported !== undefined) return undefined;
  let value: Value = binding?.value;
  for (const name of rest) {
    const plain = unwrap(value);
    if (isArray(plain)) value = plain[Number(name)];
    else value = isObject(plain) && Object.hasOwn(plain, name) ? plain[name] : undefined;
  }
  return value;
}

function fieldsOf(value: Value): string[] {
  if (isNamespace(value)) return exportNames(value.module);
  if (isServer(value)) return [...value.server.tools.map(({ name }) => name), 'resource', 'prompt', 'tools'];
  const plain = unwrap(value);
  const own = isObject(plain) ? Object.keys(plain) : [];
  return typeof plain === 'string' || isArray(plain) ? [...own, ...methodNames] : own;
}
