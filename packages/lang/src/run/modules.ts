import type { Dialect, ExeStatement, ImportStatement, Language, Program } from '../ast.ts';
import { errorOf, MlldError, nearest } from '../errors.ts';
import { parse } from '../parse/document.ts';
import { type Context, errorAt, type Session } from './context.ts';
import { bindingValue } from './evaluate.ts';
import type { ImportRequest, Origin, ResolvedImport } from './host.ts';
import { tryJson } from './json.ts';
import { linkMcp } from './mcp.ts';
import type { Module } from './module.ts';
import { type Binding, createScope, define, defineImported, defineLazy, type Scope } from './scope.ts';
import { linkTemplates } from './template-folder.ts';
import { executable, getOwn, isObject, namespace, type Value } from './values.ts';

export interface ModuleOptions {
  readonly isMain: boolean;
  readonly dialect?: Dialect | undefined;
  /** Where its names go. Default: a scope of its own. */
  readonly scope?: Scope;
}

/** Reads a module and what its top level defines. Nothing of it runs. @throws MlldError if it has mistakes */
export function createModule(resolved: ResolvedImport, { isMain, dialect, scope }: ModuleOptions): Module {
  const options = dialect === undefined ? { file: resolved.file } : { file: resolved.file, dialect };
  const { source, program, diagnostics } = parse(resolved.source, options);
  const first = diagnostics.find(({ severity }) => severity === 'error');
  if (first !== undefined) throw errorOf(first);
  const module: Module = {
    file: resolved.file,
    origin: resolved.origin,
    source,
    program,
    scope: scope ?? createScope(undefined),
    isMain,
    exports: exportsOf(program),
    needs: needsOf(program),
    shadows: shadowsOf(program),
    auths: authsOf(program),
    sandbox: undefined,
    frontmatter: undefined,
  };
  for (const statement of program.body) {
    if (statement.kind === 'exe') defineExe(module, statement);
    else if (statement.kind === 'var' && !isMain) defineLazy(module.scope, statement.name, statement.value);
    else if (statement.kind === 'return' && !isMain && statement.value !== undefined)
      defineLazy(module.scope, 'default', statement.value);
  }
  return module;
}

function defineExe(module: Module, { name, parameters, labels, body }: ExeStatement): void {
  define(module.scope, name, executable({ name, parameters, labels, body, module, scope: module.scope }));
}

function exportsOf(program: Program): Module['exports'] {
  const statements = program.body.filter((statement) => statement.kind === 'export');
  const names = statements.flatMap((statement) => statement.names);
  if (statements.length === 0 || names.some(({ name }) => name === '*')) return undefined;
  return new Map(names.map(({ name, alias }) => [alias ?? name, name]));
}

function needsOf(program: Program): Map<string, Set<string>> {
  const needs = new Map<string, Set<string>>();
  for (const statement of program.body) {
    if (statement.kind !== 'needs') continue;
    for (const { name, list } of statement.needs)
      needs.set(name, new Set([...(needs.get(name) ?? []), ...list]));
  }
  const declared = /^needs:[ \t]*\[([^\]]*)\]/m.exec(program.frontmatter?.text ?? '')?.[1] ?? '';
  for (const name of declared.match(/\w+/g) ?? []) if (!needs.has(name)) needs.set(name, new Set());
  return needs;
}

function shadowsOf(program: Program): Map<Language, Map<string, string>> {
  const shadows = new Map<Language, Map<string, string>>();
  for (const statement of program.body) {
    if (statement.kind !== 'shadow') continue;
    const names = shadows.get(statement.language) ?? new Map<string, string>();
    for (const { name, local } of statement.names) names.set(local, name);
    shadows.set(statement.language, names);
  }
  return shadows;
}

function authsOf(program: Program): Map<string, string> {
  const auths = new Map<string, string>();
  for (const statement of program.body) {
    if (statement.kind !== 'auth') continue;
    const { value } = statement;
    if (value.kind === 'literal' && typeof value.value === 'string') auths.set(statement.name, value.value);
    if (value.kind !== 'object') continue;
    const as = value.entries.find(({ key }) => key === 'as')?.value;
    if (as?.kind === 'literal' && typeof as.value === 'string') auths.set(statement.name, as.value);
  }
  return auths;
}

// ---- linking

/** Fetches all that a module imports, and what that imports, side by side; binds the imported names. */
export async function linkImports(
  session: Session,
  module: Module,
  linked: Set<Module> = new Set(),
  depth = 0,
): Promise<void> {
  if (linked.has(module)) return;
  linked.add(module);
  if (depth > session.limits.importDepth) {
    throw new MlldError(
      'IMPORT_CYCLE',
      `more than ${session.limits.importDepth} modules import each other in a chain`,
    );
  }
  const imports = module.program.body.filter((statement) => statement.kind === 'import');
  await Promise.all(
    imports.map(async (statement) => {
      const target = await importOne(session, module, statement);
      if (target === undefined) return;
      await linkImports(session, target, linked, depth + 1);
      bindNames(module, { statement, target });
    }),
  );
}

async function importOne(
  session: Session,
  module: Module,
  statement: ImportStatement,
): Promise<Module | undefined> {
  const { importKind } = statement;
  if (importKind === 'builtin') {
    bindBuiltin(session, module, statement);
    return undefined;
  }
  if (importKind === 'mcp') {
    await linkMcp(session, module, statement).catch((error: unknown) => {
      throw importError(module, statement, error);
    });
    return undefined;
  }
  if (statement.type === 'templates') {
    await linkTemplates(session, module, statement).catch((error: unknown) => {
      throw importError(module, statement, error);
    });
    return undefined;
  }
  if (importKind === 'node') {
    const refused = new MlldError('NOT_SUPPORTED', "'import … from node' is not supported by this runner", {
      hint: 'Call the package in a function: exe @f(a) = node { … }',
    });
    throw importError(module, statement, refused);
  }
  const request: ImportRequest = {
    ref: statement.ref,
    kind: importKind,
    from: { file: module.file, origin: module.origin },
    names: statement.names.map(({ name }) => name),
    ttl: statement.ttl,
    trust: statement.trust,
  };
  try {
    const resolved = await session.host.resolveImport(request);
    return await loadModule(session, resolved);
  } catch (error) {
    throw importError(module, statement, error);
  }
}

function loadModule(session: Session, resolved: ResolvedImport): Promise<Module> {
  let module = session.modules.get(resolved.file);
  if (module === undefined) {
    module = Promise.resolve().then(() => createModule(resolved, { isMain: false }));
    session.modules.set(resolved.file, module);
  }
  return module;
}

/** Errors of this package get the place of the import; those of the host pass as they are. */
function importError(module: Module, statement: ImportStatement, error: unknown): unknown {
  if (!(error instanceof MlldError) || error.position !== undefined) return error;
  const context = { module } as Context;
  const { code, message, hint } = error;
  return errorAt(context, { start: statement.refStart, end: statement.refEnd }, { code, message, hint });
}

function bindNames(
  module: Module,
  { statement, target }: { statement: ImportStatement; target: Module },
): void {
  if (statement.namespace !== undefined) define(module.scope, statement.namespace, namespace(target));
  for (const { name, alias, start, end } of statement.names) {
    if (name === '*') {
      for (const item of exportNames(target))
        defineImported(module.scope, item, { module: target, name: item });
      continue;
    }
    if (!isExported(target, name)) {
      throw unknownExport({ module } as Context, { module: target, name, node: { start, end } });
    }
    defineImported(module.scope, alias ?? name, { module: target, name });
  }
}

function isExported(module: Module, name: string): boolean {
  const local = module.exports === undefined ? name : name === 'default' ? name : module.exports.get(name);
  return local !== undefined && (module.scope.names.has(local) || isImportedName(module, local));
}

/** Whether a module imports the name itself, to be bound when its own imports are there. */
function isImportedName({ program }: Module, name: string): boolean {
  return program.body.some(
    (statement) =>
      statement.kind === 'import' &&
      (statement.namespace === name || statement.names.some((item) => (item.alias ?? item.name) === name)),
  );
}

/** Names that other modules can import. */
export function exportNames(module: Module): string[] {
  if (module.exports !== undefined) return [...module.exports.keys()];
  return [...module.scope.names]
    .filter(([name, binding]) => name !== 'default' && binding.imported === undefined)
    .map(([name]) => name);
}

interface ExportRequest {
  readonly module: Module;
  readonly name: string;
  readonly node: { readonly start: number; readonly end: number };
}

function unknownExport(context: Context, { module, name, node }: ExportRequest): MlldError {
  const names = exportNames(module);
  const near = nearest(name, names);
  const shown = names
    .slice(0, 12)
    .map((item) => `@${item}`)
    .join(', ');
  return errorAt(context, node, {
    code: 'UNKNOWN_EXPORT',
    message: `${describeModule(module)} does not export '@${name}'`,
    hint:
      near !== undefined
        ? `Did you mean '@${near}'?`
        : shown === ''
          ? 'It exports nothing.'
          : `It exports ${shown}${names.length > 12 ? ', …' : ''}`,
  });
}

function describeModule({ origin, file }: Module): string {
  return origin === null ? file : `${origin.name}@${origin.version}`;
}

const maxReexports = 64;

/** The value of an export; variables get theirs when they are first asked for. */
export async function exportedValue(
  context: Context,
  { name, node, from }: { name: string; node: { start: number; end: number }; from: Context },
): Promise<Value> {
  let { module } = context;
  let wanted = name;
  for (let hops = 0; hops < maxReexports; hops++) {
    if (!isExported(module, wanted)) throw unknownExport(from, { module, name: wanted, node });
    const local = module.exports?.get(wanted) ?? wanted;
    const binding: Binding | undefined = module.scope.names.get(local);
    if (binding === undefined) break;
    if (binding.imported === undefined) {
      const inner: Context = { ...context, module, depth: context.depth + 1 };
      return bindingValue(inner, { name: local, binding, scope: module.scope }, node);
    }
    module = binding.imported.module;
    wanted = binding.imported.name;
  }
  throw errorAt(from, node, { code: 'IMPORT_CYCLE', message: `'@${name}' is exported in a circle` });
}

// ---- built-in modules

/** `import { @NAME } from @input|@payload|@stdin|@env`. Imported modules see only variables that begin with MLLD_. */
function bindBuiltin(session: Session, module: Module, statement: ImportStatement): void {
  const node = { start: statement.refStart, end: statement.refEnd };
  if (statement.namespace !== undefined) define(module.scope, statement.namespace, session.args);
  for (const { name, alias } of statement.names) {
    const value = getOwn(session.args, name) ?? environment(session, module.origin, name);
    if (value === undefined && module.isMain && statement.ref === 'input') {
      defineLazy(module.scope, alias ?? name, {
        kind: 'access',
        object: { kind: 'name', name: 'input', bare: false, ...node },
        path: [{ kind: 'field', name, ...node }],
        ...node,
      });
    } else define(module.scope, alias ?? name, value);
  }
}

function environment({ host }: Session, origin: Origin | null, name: string): Value {
  if (origin !== null && !name.startsWith('MLLD_')) return undefined;
  const text = host.env?.(name);
  if (text === undefined) return undefined;
  const data = tryJson(text);
  return isObject(data) ? data : text;
}
