import type { ImportStatement } from '../ast.ts';
import type { Expression } from '../ast-expressions.ts';
import { MlldError, nearest } from '../errors.ts';
import type { Context, Session } from './context.ts';
import { errorAt } from './context.ts';
import type { Module } from './module.ts';
import { define } from './scope.ts';
import { type Executable, executable, setOwn, type Value } from './values.ts';

/**
 * Binds what `import templates from "./folder" as @ns(a, b)` names: each `.att` and `.mtt` file below the folder is a function of
 * these parameters, a folder within it an object of them (`docs/spec/language.md` §4.6).
 */
export async function linkTemplates(
  session: Session,
  module: Module,
  statement: ImportStatement,
): Promise<void> {
  const { host } = session;
  if (module.origin !== null || host.glob === undefined) {
    throw new MlldError('NOT_SUPPORTED', `'import templates' is for files of one's own project`, {
      hint: 'A module brings a template along with: exe @name(a) = template "./name.att"',
    });
  }
  const folder = statement.ref.replace(/\/+$/, '');
  const from = { file: module.file, origin: null };
  const paths = await host.glob({ path: `${folder}/**`, from });
  const files = paths.filter((path) => /\.(?:att|mtt)$/.test(path));
  if (files.length === 0) {
    throw new MlldError('FILE_NOT_FOUND', `there are no templates (.att, .mtt) below '${statement.ref}'`);
  }
  const root = commonFolder(files, folder);
  const all: Record<string, Value> = {};
  for (const path of files) put(all, path.slice(root.length), templateFunction(module, statement, path));
  if (statement.namespace !== undefined) define(module.scope, statement.namespace, all);
  for (const item of statement.names) bind(module, all, item);
}

function bind(module: Module, all: Record<string, Value>, item: ImportStatement['names'][number]): void {
  const { name, alias, start, end } = item;
  if (name === '*') {
    for (const key of Object.keys(all)) define(module.scope, key, all[key]);
    return;
  }
  if (Object.hasOwn(all, name)) {
    define(module.scope, alias ?? name, all[name]);
    return;
  }
  const near = nearest(name, Object.keys(all));
  throw errorAt(
    { module } as Context,
    { start, end },
    {
      code: 'UNKNOWN_EXPORT',
      message: `there is no template '${name}'`,
      hint: near === undefined ? undefined : `Did you mean '@${near}'?`,
    },
  );
}

/** Up to where the written folder ends in the paths that were found. */
function commonFolder(files: readonly string[], folder: string): string {
  const last = folder.split('/').at(-1)!;
  const [first] = files as [string];
  if (last === '.' || last === '..' || last === '') return first.slice(0, first.lastIndexOf('/') + 1);
  for (let at = first.indexOf(`/${last}/`); at >= 0; at = first.indexOf(`/${last}/`, at + 1)) {
    const root = first.slice(0, at + last.length + 2);
    if (files.every((path) => path.startsWith(root))) return root;
  }
  return first.slice(0, first.lastIndexOf('/') + 1);
}

/** `team/lead-dev.att` is `@ns.team.lead_dev`. */
function put(all: Record<string, Value>, path: string, value: Value): void {
  const names = path
    .replace(/\.(?:att|mtt)$/, '')
    .split('/')
    .map((part) => part.replace(/[^\w]/g, '_'));
  let at = all;
  for (const name of names.slice(0, -1)) {
    if (!Object.hasOwn(at, name)) setOwn(at, name, {});
    at = at[name] as Record<string, Value>;
  }
  setOwn(at, names.at(-1)!, value);
}

function templateFunction(module: Module, statement: ImportStatement, path: string): Executable {
  const place = { start: statement.refStart, end: statement.refEnd };
  const body: Expression = {
    kind: 'templateFile',
    path: { kind: 'literal', value: path, ...place },
    ...place,
  };
  const parameters = (statement.namespaceParameters ?? []).map((name) => ({
    name,
    type: undefined,
    optional: true,
    defaultValue: undefined,
    ...place,
  }));
  const name = path
    .split('/')
    .at(-1)!
    .replace(/\.(?:att|mtt)$/, '');
  return executable({ name, parameters, labels: [], body, module, scope: module.scope });
}
