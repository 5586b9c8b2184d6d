/** The manifest of a template (docs/spec/templates.md §2): `template.yml` of the module, its entry. */
import { decode as d, type Json, type JsonObject, parsePath, printable, RegistryError } from '@mlld/format';
import { parse as parseYaml } from 'yaml';
import { type Condition, parseCondition } from './condition.ts';

export const promptKinds = ['text', 'choice', 'confirm'] as const;

interface PromptBase {
  /** The variable that it fills. */
  readonly name: string;
  readonly ask: string;
  /** Asked only where it holds; else the default counts. */
  readonly when?: Condition;
}
export interface TextPrompt extends PromptBase {
  readonly kind: 'text';
  /** May name variables that were asked before. */
  readonly default?: string;
  readonly check?: TextCheck;
  readonly optional: boolean;
}
export interface ChoicePrompt extends PromptBase {
  readonly kind: 'choice';
  readonly choices: readonly { readonly value: string; readonly label: string }[];
  readonly default: string;
}
export interface ConfirmPrompt extends PromptBase {
  readonly kind: 'confirm';
  readonly default: boolean;
}
export type Prompt = TextPrompt | ChoicePrompt | ConfirmPrompt;

/** Named forms that a text may have to take: a regular expression of a stranger could run for ever. */
export const textChecks = [
  'name',
  'author',
  'module',
  'identifier',
  'version',
  'url',
  'email',
  'line',
  'number',
] as const;
export type TextCheck = (typeof textChecks)[number];

export interface FileRule {
  /** A path, or one with `*` (within a segment) and `**` (any number of segments), below the files' folder. */
  readonly match: string;
  readonly when?: Condition;
  /** Taken byte for byte: neither contents nor variables in them are looked at. */
  readonly verbatim: boolean;
}

export interface TemplateManifest {
  /** Folder of the module whose files become the project. */
  readonly folder: string;
  readonly prompts: readonly Prompt[];
  readonly rules: readonly FileRule[];
  /** Lines to print at the end, with variables; nothing is run. */
  readonly next: readonly string[];
}

export const templateLimits = {
  manifestBytes: 128 * 1024,
  prompts: 50,
  rules: 200,
  next: 20,
  /** Characters of an answer. */
  answerChars: 1000,
  /** Bytes of all that one template writes. */
  bytes: 16 * 1024 * 1024,
} as const;

/** @throws RegistryError BAD_SHAPE, TOO_LARGE, UNSUPPORTED_VERSION */
export function parseManifest(bytes: Uint8Array | string, where = 'template.yml'): TemplateManifest {
  const $ = `${where}: $`;
  const value = d.object(yamlOf(bytes, where), $);
  d.literal('template')(value.type, `${$}.type`);
  if (value.v !== 1)
    throw new RegistryError('UNSUPPORTED_VERSION', `${$}.v: this program reads templates of schema 1`, {
      hint: 'Write v: 1, or update mlld.',
    });
  d.onlyMembers(value, ['type', 'v', 'folder', 'prompts', 'files', 'next'], $);
  const prompts: Prompt[] = [];
  const list = d.array((one: Json | undefined) => one, templateLimits.prompts)(
    value.prompts ?? [],
    `${$}.prompts`,
  );
  for (const [i, one] of list.entries()) prompts.push(promptOf(one, `${$}.prompts[${i}]`, prompts));
  const known = prompts.map(({ name }) => name);
  return {
    folder: d.parsed(parsePath)(value.folder ?? 'files', `${$}.folder`),
    prompts,
    rules: d.array((one, at) => ruleOf(one, at, known), templateLimits.rules)(
      value.files ?? [],
      `${$}.files`,
    ),
    next: d.array(d.text(500), templateLimits.next)(value.next ?? [], `${$}.next`),
  };
}

/** YAML without aliases, tags of its own, or two of the same member. */
function yamlOf(bytes: Uint8Array | string, where: string): Json {
  const text = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes);
  if (text.length > templateLimits.manifestBytes)
    throw new RegistryError('TOO_LARGE', `${where}: wanted at most ${templateLimits.manifestBytes} bytes`);
  try {
    // Through JSON: what is no JSON value (dates, NaN, undefined) does not get further, and `__proto__` is a name like others.
    return JSON.parse(
      JSON.stringify(parseYaml(text, { maxAliasCount: 0, uniqueKeys: true, schema: 'core' }) ?? null),
    ) as Json;
  } catch (cause) {
    throw new RegistryError(
      'BAD_SHAPE',
      `${where}: ${cause instanceof Error ? cause.message.split('\n')[0] : String(cause)}`,
      { cause },
    );
  }
}

/** Names that mean something in a template whatever is asked. */
const reserved = new Set(['project', 'year', 'if', 'else', 'end', 'true', 'false', 'not', 'and', 'or']);

const variableName: d.Decoder<string> = (value, path) => {
  const found = d.string(value, path);
  if (!/^[a-z][a-z0-9_]{0,39}$/.test(found))
    throw d.badShape(path, 'a name of small letters, digits and _', found);
  if (reserved.has(found)) throw d.badShape(path, `a name other than ${[...reserved].join(', ')}`, found);
  return found;
};

function promptOf(value: Json | undefined, path: string, before: readonly Prompt[]): Prompt {
  const found = d.object(value, path);
  const name = variableName(found.name, `${path}.name`);
  if (before.some((one) => one.name === name))
    throw d.badShape(`${path}.name`, 'a name that is asked for once', name);
  const known = before.map((one) => one.name);
  const kind = d.literal(...promptKinds)(found.kind ?? 'text', `${path}.kind`);
  const base = {
    name,
    ask: d.text(200)(found.ask, `${path}.ask`),
    when: d.optional((one: Json | undefined, at: string) => parseCondition(d.text(200)(one, at), known, at))(
      found.when,
      `${path}.when`,
    ),
  };
  const members = ['name', 'kind', 'ask', 'when', 'default'];
  d.onlyMembers(found, [...members, ...(ownMembers[kind] ?? [])], path);
  return d.compact(bodies[kind](found, { base, path })) as Prompt;
}

const ownMembers: Readonly<Record<string, readonly string[]>> = {
  text: ['check', 'optional'],
  choice: ['choices'],
  confirm: [],
};

interface BodyContext {
  readonly base: { readonly name: string; readonly ask: string; readonly when: Condition | undefined };
  readonly path: string;
}

const bodies: Readonly<
  Record<(typeof promptKinds)[number], (value: JsonObject, context: BodyContext) => object>
> = {
  text: (value, { base, path }) => ({
    ...base,
    kind: 'text',
    default: d.optional(d.text(templateLimits.answerChars))(value.default, `${path}.default`),
    check: d.optional(d.literal(...textChecks))(value.check, `${path}.check`),
    optional: d.boolean(value.optional ?? false, `${path}.optional`),
  }),
  choice: (value, { base, path }) => {
    const choices = d.array(choiceOf, 50)(value.choices, `${path}.choices`);
    const values = choices.map((one) => one.value);
    if (values.length < 2 || new Set(values).size < values.length)
      throw d.badShape(`${path}.choices`, 'two or more different values', values);
    return {
      ...base,
      kind: 'choice',
      choices,
      default: d.literal(...values)(value.default ?? values[0], `${path}.default`),
    };
  },
  confirm: (value, { base, path }) => ({
    ...base,
    kind: 'confirm',
    default: d.boolean(value.default ?? false, `${path}.default`),
  }),
};

const choiceOf: d.Decoder<{ value: string; label: string }> = (value, path) => {
  if (typeof value === 'string') return { value: choiceValue(value, path), label: value };
  const found = d.object(value, path);
  d.onlyMembers(found, ['value', 'label'], path);
  const own = choiceValue(found.value, `${path}.value`);
  return { value: own, label: d.optional(d.text(100))(found.label, `${path}.label`) ?? own };
};

const choiceValue: d.Decoder<string> = (value, path) => {
  const found = d.text(100)(value, path);
  if (!/^[\w.+/@ -]+$/.test(found))
    throw d.badShape(path, 'letters, digits and _ . + / @ - and spaces', found);
  return found;
};

function ruleOf(value: Json | undefined, path: string, known: readonly string[]): FileRule {
  const found = d.object(value, path);
  d.onlyMembers(found, ['match', 'when', 'verbatim'], path);
  const when = d.optional((one: Json | undefined, at: string) =>
    parseCondition(d.text(200)(one, at), known, at),
  )(found.when, `${path}.when`);
  return d.compact({
    match: pattern(found.match, `${path}.match`),
    when,
    verbatim: d.boolean(found.verbatim ?? false, `${path}.verbatim`),
  }) as FileRule;
}

const pattern: d.Decoder<string> = (value, path) => {
  const found = d.text(200)(value, path);
  if (!/^[\w.@+*/-]+$/.test(found) || found.startsWith('/') || (found.match(/\*\*?/g)?.length ?? 0) > 6)
    throw d.badShape(path, `a path with at most six * in it, not '${printable(found)}'`, found);
  return found;
};
