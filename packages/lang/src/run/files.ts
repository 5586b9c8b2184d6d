import type { OutputStatement } from '../ast.ts';
import type { FileExpression, TemplateFileExpression } from '../ast-expressions.ts';
import { readMetadata } from '../metadata.ts';
import { createParser } from '../parse/state.ts';
import { readTemplate } from '../parse/template.ts';
import { createSource } from '../source.ts';
import { type Context, errorAt } from './context.ts';
import { evaluate } from './evaluate.ts';
import { tryJson } from './json.ts';
import { permit } from './permission.ts';
import { createScope, define } from './scope.ts';
import { cutSections } from './sections.ts';
import { log, show } from './statements.ts';
import { renderTemplate } from './template.ts';
import {
  isArray,
  isFile,
  isObject,
  type LoadedFile,
  loadedFile,
  toDisplay,
  toJson,
  toText,
  unwrap,
  type Value,
} from './values.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

/** `<path>`: one file, or all that a pattern matches. */
export async function loadFile(context: Context, node: FileExpression): Promise<Value> {
  const path = await renderTemplate(context, node.path);
  if (node.selector !== undefined) {
    throw errorAt(context, node, {
      code: 'NOT_SUPPORTED',
      message: 'selecting definitions in source files is not supported by this runner',
    });
  }
  if (/[*?]/.test(path)) return loadMatching(context, node, path);
  const file = await readOne(context, node, path);
  if (file === null) {
    if (node.optional) return null;
    throw notFound(context, node, path);
  }
  return present(context, node, file);
}

function notFound(context: Context, node: Place, path: string): Error {
  return errorAt(context, node, {
    code: 'FILE_NOT_FOUND',
    message: `there is no file '${path}'`,
    hint: "Paths are relative to the file that names them; '@root/…' starts at the project. '<path>?' gives null instead.",
  });
}

async function loadMatching(context: Context, node: FileExpression, pattern: string): Promise<Value> {
  const request = { path: pattern, from: { file: context.module.file, origin: context.module.origin } };
  await permit(context, node, { need: 'filesystem', detail: pattern });
  const paths = (await context.session.host.glob?.(request)) ?? [];
  const files: Value[] = [];
  for (const path of paths) {
    const file = await readOne(context, node, path);
    if (file !== null) files.push(await present(context, { ...node, optional: true }, file));
  }
  return node.sections.length === 0 ? files : files.filter((file) => file !== null && file !== '');
}

async function readOne(context: Context, node: Place, path: string): Promise<LoadedFile | null> {
  await permit(context, node, { need: 'filesystem', detail: path });
  const { host } = context.session;
  if (host.readFile === undefined)
    throw errorAt(context, node, { code: 'NOT_SUPPORTED', message: 'files cannot be read here' });
  const found = await host.readFile({
    path,
    from: { file: context.module.file, origin: context.module.origin },
  });
  return found === null ? null : describeFile(found.text, found.path, host.root ?? '');
}

export async function fileExists(context: Context, path: string, node: Place): Promise<boolean> {
  await permit(context, node, { need: 'filesystem', detail: path });
  const { host } = context.session;
  const request = { path, from: { file: context.module.file, origin: context.module.origin } };
  if (/[*?]/.test(path)) return ((await host.glob?.(request)) ?? []).length > 0;
  return (await host.readFile?.(request).catch(() => null)) != null;
}

async function describeFile(text: string, path: string, root: string): Promise<LoadedFile> {
  const parts = path.split('/');
  const relative = root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
  const front = /^---\r?\n([\s\S]*?)\r?\n---[ \t]*(?:\r?\n|$)/.exec(text);
  const fm =
    front === null
      ? {}
      : await readMetadata(front[1]!, { file: path, code: 'FRONTMATTER' }).catch(() => ({}));
  const data = dataOf(text, path);
  const mx = {
    type: isArray(data) ? 'array' : isObject(data) ? 'object' : 'text',
    filename: parts.at(-1)!,
    relative,
    absolute: path,
    path,
    ext: /\.[^./]+$/.exec(path)?.[0] ?? '',
    dirname: parts.at(-2) ?? '',
    relativeDir: relative.includes('/') ? relative.slice(0, relative.lastIndexOf('/')) : '.',
    absoluteDir: path.slice(0, path.lastIndexOf('/')) || '/',
    tokens: Math.ceil(text.length / 4),
    fm: { ...fm } as Value,
    text,
    data,
  };
  return loadedFile({ text, data, mx });
}

function dataOf(text: string, path: string): Value {
  if (path.endsWith('.json')) return tryJson(text) ?? text;
  if (!path.endsWith('.jsonl')) return text;
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const items = lines.map(tryJson);
  return items.includes(undefined) ? text : items;
}

/** Sections and `as "template"` of a loaded file. */
async function present(context: Context, node: FileExpression, file: LoadedFile): Promise<Value> {
  let result: Value = file;
  if (node.sections.length > 0 || node.without.length > 0) {
    const wanted = await Promise.all(
      node.sections.map(async ({ title, optional }) => ({
        title: await renderTemplate(context, title),
        optional,
      })),
    );
    const without = await Promise.all(node.without.map((title) => renderTemplate(context, title)));
    const text = cutSections(file.text, wanted, without);
    if (typeof text !== 'string') {
      if (node.optional) return null;
      throw errorAt(context, node, {
        code: 'FILE_NOT_FOUND',
        message: `'${toText(file.mx.relative)}' has no section '${text.missing}'`,
        hint: text.titles.length === 0 ? undefined : `It has: ${text.titles.slice(0, 10).join(', ')}`,
      });
    }
    result = loadedFile({ text, data: text, mx: { ...file.mx, text, data: text } });
  }
  if (node.as === undefined) return result;
  const inner = { ...context, scope: createScope(context.scope) };
  define(inner.scope, '<>', result);
  return renderTemplate(inner, node.as);
}

// ---- template files

/** `template "path"`: the file's text as a template over the names that are known here. */
export async function loadTemplateFile(context: Context, node: TemplateFileExpression): Promise<string> {
  const path = toText(await evaluate(context, node.path));
  const { host } = context.session;
  const from = { file: context.module.file, origin: context.module.origin };
  if (context.module.origin !== null && !/^\.\/(?!.*\.\.)/.test(path))
    await permit(context, node, { need: 'filesystem', detail: path });
  const found = (await host.readFile?.({ path, from })) ?? null;
  if (found === null) throw notFound(context, node, path);
  const source = createSource(found.text, found.path);
  const parser = createParser(source);
  const style = path.endsWith('.mtt') ? 'mustacheFile' : 'file';
  const template = readTemplate(parser, style, 0);
  const module = { ...context.module, source, file: found.path };
  return (await renderTemplate({ ...context, module }, template)).replace(/\r?\n$/, '');
}

// ---- output

/** `output value to target`, as a statement or as a stage. */
export async function writeOutput(
  context: Context,
  node: OutputStatement,
  piped: { value: Value } | undefined,
): Promise<void> {
  const value = node.value === undefined ? piped?.value : await evaluate(context, node.value);
  const { target } = node;
  if (target.kind === 'stdout') show(context, value);
  else if (target.kind === 'stderr') log(context, value);
  else {
    const path = toText(await evaluate(context, target.path));
    await permit(context, node, { need: 'filesystem', detail: path });
    const { host } = context.session;
    if (host.writeFile === undefined)
      throw errorAt(context, node, { code: 'NOT_SUPPORTED', message: 'files cannot be written here' });
    const text = fileText(value, path, node);
    await host.writeFile({
      path,
      from: { file: context.module.file, origin: context.module.origin },
      text,
      append: node.append,
    });
  }
}

function fileText(value: Value, path: string, node: OutputStatement): string {
  const plain = isFile(value) ? value.text : unwrap(value);
  if (path.endsWith('.jsonl'))
    return `${toJson(typeof plain === 'string' ? (tryJson(plain) ?? plain) : plain)}\n`;
  const asJson = node.format === 'json' || path.endsWith('.json') || isArray(plain) || isObject(plain);
  const text = asJson && typeof plain !== 'string' ? toJson(plain, 2) : toDisplay(plain);
  return text.endsWith('\n') ? text : `${text}\n`;
}
