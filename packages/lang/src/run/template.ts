import type { TemplateExpression, TemplateHole, TemplateLoop, TemplatePart } from '../ast-expressions.ts';
import { type Context, errorAt, innerScope, step } from './context.ts';
import { evaluate, evaluateIfKnown, isKnownName } from './evaluate.ts';
import { entriesOf } from './loops.ts';
import { define } from './scope.ts';
import { isObject, isTruthy, toTemplateText as toText, unwrap, type Value } from './values.ts';

/** A template with its holes filled in. */
export async function renderTemplate(context: Context, template: TemplateExpression): Promise<string> {
  let text = '';
  for (const part of template.parts) {
    text += typeof part === 'string' ? part : await renderPart(context, part);
    if (text.length > context.session.limits.stringLength) {
      throw errorAt(context, template, {
        code: 'MEMORY_LIMIT',
        message: 'the template gives too long a text',
      });
    }
  }
  return text;
}

async function renderPart(context: Context, part: Exclude<TemplatePart, string>): Promise<string> {
  if (part.kind === 'loop') return renderLoop(context, part);
  if (isPlainText(context, part)) return part.raw;
  const shorter = withoutSuffix(context, part) ?? (await withoutFieldSuffix(context, part));
  if (shorter !== undefined) return (await renderHole(context, shorter.hole)) + shorter.suffix;
  return renderHole(context, part);
}

/** `@name-suffix` where only `@name` is known: the suffix is text. */
function withoutSuffix(
  context: Context,
  hole: TemplateHole,
): { hole: TemplateHole; suffix: string } | undefined {
  const { value } = hole;
  if (value.kind !== 'name' || !value.name.includes('-') || isKnownName(context, value.name))
    return undefined;
  for (let at = value.name.lastIndexOf('-'); at > 0; at = value.name.lastIndexOf('-', at - 1)) {
    const name = value.name.slice(0, at);
    if (isKnownName(context, name))
      return { hole: { ...hole, value: { ...value, name } }, suffix: value.name.slice(at) };
  }
  return undefined;
}

/** `@name.field-suffix` where only `field` is there: the suffix is text. */
async function withoutFieldSuffix(
  context: Context,
  hole: TemplateHole,
): Promise<{ hole: TemplateHole; suffix: string } | undefined> {
  const { value } = hole;
  const last = value.kind === 'access' ? value.path.at(-1) : undefined;
  if (value.kind !== 'access' || last?.kind !== 'field' || !last.name.includes('-')) return undefined;
  const path = value.path.slice(0, -1);
  const object = unwrap(await evaluate(context, path.length === 0 ? value.object : { ...value, path }));
  if (!isObject(object) || Object.hasOwn(object, last.name)) return undefined;
  const at = last.name.indexOf('-');
  const field = { ...last, name: last.name.slice(0, at) };
  if (!Object.hasOwn(object, field.name)) return undefined;
  return { hole: { ...hole, value: { ...value, path: [...path, field] } }, suffix: last.name.slice(at) };
}

/** `@name/` and `me@host`: where no such name is known, they are text. */
function isPlainText(context: Context, hole: TemplateHole): boolean {
  const { value } = hole;
  const root = value.kind === 'access' ? value.object : value;
  if (root.kind !== 'name' || root.bare || hole.optional || isKnownName(context, root.name)) return false;
  const { text } = context.module.source;
  return /\w/.test(text[hole.start - 1] ?? '') || text[hole.end] === '/';
}

async function renderHole(context: Context, hole: TemplateHole): Promise<string> {
  const value = await holeValue(context, hole);
  if (hole.snippet !== undefined) return isTruthy(value) ? renderTemplate(context, hole.snippet) : '';
  if (hole.optional) return isTruthy(value) ? toText(value) : '';
  if (hole.fallback !== undefined && (value === null || value === undefined)) {
    return toText(await evaluate(context, hole.fallback));
  }
  return toText(value);
}

/** The value of a hole; an unknown name in one that may be left out is nothing. */
export async function holeValue(context: Context, hole: TemplateHole): Promise<Value> {
  return hole.optional || hole.fallback !== undefined
    ? evaluateIfKnown(context, hole.value)
    : evaluate(context, hole.value);
}

async function renderLoop(context: Context, loop: TemplateLoop): Promise<string> {
  const source = await evaluate(context, loop.source);
  let text = '';
  for (const { key, value, mx } of entriesOf(context, loop, source)) {
    step(context, loop);
    const inner = innerScope(context);
    define(inner.scope, loop.valueName, value, mx);
    if (loop.keyName !== undefined) define(inner.scope, loop.keyName, key);
    text += await renderTemplate(inner, loop.body);
  }
  return text;
}
