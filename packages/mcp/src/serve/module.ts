/** A module's exports as tools, and its documentation as a resource (docs/spec/mcp-api.md §8). */
import { fits, type JsonObject, limits, RegistryError, schemaOf } from '@mlld/format';
import type { CallOptions, Served, ServedResource, ServedResult, ServedTool } from './tool.ts';
import { visible, visibleLine, visibleValue } from './untrusted.ts';

export interface ServedParameter {
  readonly name: string;
  readonly type: string | undefined;
  readonly optional: boolean;
}

export interface ServedExport {
  readonly name: string;
  readonly kind: 'exe' | 'var';
  readonly parameters: readonly ServedParameter[];
  readonly returns: string | undefined;
  /** Markdown. */
  readonly doc: string | undefined;
  readonly examples: readonly { readonly code: string; readonly expected: string | undefined }[];
}

export interface ModuleToServe {
  /** `@alice/strings@1.0.0`, or the name of a file. */
  readonly of: string;
  readonly version: string;
  readonly about: string | undefined;
  readonly exports: readonly ServedExport[];
  /** The module computes and does nothing else: no needs, no imports. */
  readonly pure: boolean;
  /** Markdown, the whole of it. */
  readonly documentation: string | undefined;
  /** Runs an export as a program would that imports it. Arguments by place; a constant has none. */
  readonly run: (name: string, args: readonly unknown[], options: CallOptions) => Promise<RunOutcome>;
}

export interface RunOutcome {
  readonly value: unknown;
  /** What it showed while it ran. */
  readonly printed: string;
}

/** @throws RegistryError EXPORT_NOT_FOUND if there is nothing to offer, or a wanted export is not there; TOO_LARGE */
export function serveModule(module: ModuleToServe, wanted: readonly string[] = []): Served {
  const exports = chosen(module, wanted);
  const tools = exports.filter(({ kind }) => kind === 'exe');
  if (tools.length > limits.mcpServedTools)
    throw new RegistryError(
      'TOO_LARGE',
      `${module.of} exports ${tools.length} functions, and a server offers at most ${limits.mcpServedTools} tools`,
      {
        hint: 'Name those that you want: --only name.',
      },
    );
  const names = toolNames(tools.map(({ name }) => name));
  return {
    name: serverName(module.of),
    title: module.of,
    version: module.version,
    instructions: visible(
      `The exports of the mlld module ${module.of} as tools.${module.about === undefined ? '' : ` ${visibleLine(module.about)}`}`,
      2000,
    ),
    tools: tools.map((one) => toolOf(module, one, names.get(one.name) ?? one.name)),
    resources: resourcesOf(module, exports),
  };
}

function chosen({ of, exports }: ModuleToServe, wanted: readonly string[]): readonly ServedExport[] {
  const plain = wanted.map((name) => name.replace(/^@/, ''));
  const lost = plain.find((name) => !exports.some((one) => one.name === name));
  if (lost !== undefined || exports.length === 0) {
    const has = exports.map(({ name }) => name).join(', ');
    throw new RegistryError(
      'EXPORT_NOT_FOUND',
      lost === undefined ? `${of} exports nothing` : `${of} exports no '${visibleLine(lost, 100)}'`,
      {
        hint: has === '' ? undefined : `It exports: ${has}`,
      },
    );
  }
  return plain.length === 0 ? exports : exports.filter(({ name }) => plain.includes(name));
}

/** `alice-strings` of `@alice/strings@1.0.0`: what clients take as a name. */
export function serverName(of: string): string {
  const base = of.startsWith('@')
    ? of.slice(1).replace(/@.*$/, '')
    : of.replace(/^.*[/\\]/, '').replace(/\.ml?ld(?:\.md)?$|\.md$/, '');
  return (
    base
      .replace(/[^A-Za-z0-9_-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 64) || 'module'
  );
}

/** `greetUser` is the tool `greet_user`; two exports that would become one keep their own names. */
export function toolNames(names: readonly string[]): ReadonlyMap<string, string> {
  const snake = (name: string) =>
    name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
      .toLowerCase()
      .slice(0, 64);
  const taken = new Map<string, number>();
  for (const name of names) taken.set(snake(name), (taken.get(snake(name)) ?? 0) + 1);
  return new Map(names.map((name) => [name, taken.get(snake(name)) === 1 ? snake(name) : name.slice(0, 64)]));
}

function toolOf(module: ModuleToServe, one: ServedExport, name: string): ServedTool {
  const result = schemaOf(one.returns);
  return {
    name,
    title: `@${one.name}`,
    description: descriptionOf(module, one),
    input: inputOf(one),
    output: {
      type: 'object',
      properties: { result, printed: { type: 'string' } },
      required: ['result'],
      additionalProperties: false,
    },
    hints: module.pure
      ? { readOnlyHint: true, idempotentHint: true, openWorldHint: false }
      : { readOnlyHint: false, destructiveHint: true, openWorldHint: true },
    call: async (args, options) => {
      const { value, printed } = await module.run(one.name, placed(one, args), options);
      return resultOf({ of: `@${one.name}`, value, printed, schema: result });
    },
  };
}

function descriptionOf({ of }: ModuleToServe, { name, doc, examples }: ServedExport): string {
  const parts = [doc?.trim() || `@${name} of ${of}.`];
  for (const { code, expected } of examples.slice(0, 3))
    parts.push(`Example:\n${code.trim()}${expected === undefined ? '' : `\n→ ${expected}`}`);
  return visible(parts.join('\n\n'), 4000);
}

function inputOf({ parameters, doc }: ServedExport): JsonObject {
  const about = parameterDocs(doc ?? '');
  const properties = Object.fromEntries(
    parameters.map(({ name, type }) => {
      const description = about.get(name);
      return [name, { ...schemaOf(type), ...(description === undefined ? {} : { description }) }];
    }),
  );
  const required = parameters.filter(({ optional }) => !optional).map(({ name }) => name);
  return {
    type: 'object',
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
  };
}

/** What list items of the documentation say: `` - `text`: what is padded ``. */
function parameterDocs(doc: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [, name = '', text = ''] of doc.matchAll(
    /^[ \t]{0,3}[-*][ \t]+`@?(\w{1,100})`(?:[ \t]*\([^()\n]{0,100}\))?[ \t]*(?:[:\u2013\u2014]|-)[ \t]+([^\n]{1,500})/gm,
  ))
    if (!found.has(name)) found.set(name, visibleLine(text, 300));
  return found;
}

/** Arguments in the order of the parameters; what is left out in between is null, and at the end not given. */
function placed({ parameters }: ServedExport, args: Readonly<Record<string, unknown>>): unknown[] {
  const values = parameters.map(({ name }) => (Object.hasOwn(args, name) ? args[name] : undefined));
  while (values.length > 0 && values.at(-1) === undefined) values.pop();
  return values.map((value) => value ?? null);
}

interface Outcome extends RunOutcome {
  readonly of: string;
  readonly schema: JsonObject;
}

function resultOf({ of, value, printed, schema }: Outcome): ServedResult {
  const result = visibleValue(value ?? null);
  if (!fits(result, schema)) {
    const text = `${of} returned ${value === null || value === undefined ? 'nothing' : Array.isArray(value) ? 'an array' : `a ${typeof value}`}, and declares ${String(schema.type)}`;
    return { text, isError: true };
  }
  const shown = visible(printed);
  const text = typeof result === 'string' ? result : JSON.stringify(result, null, 2);
  return {
    text: shown === '' ? text : `${text}\n\nIt showed:\n${shown}`,
    structured: { result, ...(shown === '' ? {} : { printed: shown }) },
  };
}

function resourcesOf(module: ModuleToServe, exports: readonly ServedExport[]): ServedResource[] {
  const { of, documentation } = module;
  const constants = exports
    .filter(({ kind }) => kind === 'var')
    .map(
      ({ name, doc }): ServedResource => ({
        name: `@${name}`,
        uri: `mlld://value/${name}`,
        title: `@${name}`,
        description: visibleLine(doc ?? `The constant @${name} of ${of}`, 300),
        mimeType: 'application/json',
        read: async () => {
          const options: CallOptions = { signal: new AbortController().signal, progress: () => {} };
          const { value } = await module.run(name, [], options);
          return JSON.stringify(visibleValue(value ?? null), null, 2);
        },
      }),
    );
  if (documentation === undefined) return constants;
  return [
    {
      name: 'documentation',
      uri: 'mlld://documentation',
      title: `Documentation of ${of}`,
      description: 'What the module is for, and how its functions are called',
      mimeType: 'text/markdown',
      read: async () => visible(documentation),
    },
    ...constants,
  ];
}
