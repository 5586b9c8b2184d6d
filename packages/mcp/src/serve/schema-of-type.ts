/** JSON Schema of the types that mlld code writes behind parameters: for tools, as docs/spec/language.md §2 says. */
import type { JsonObject } from '@mlld/format';

const simple: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['text', 'string'],
  ['number', 'number'],
  ['integer', 'integer'],
  ['boolean', 'boolean'],
  ['object', 'object'],
  ['array', 'array'],
]);

/** A type that is not known is any value: what a tool takes is checked by its module in the end. */
export function schemaOfType(type: string | undefined): JsonObject {
  const name = type?.trim().toLowerCase() ?? '';
  if (name.endsWith('[]')) return { type: 'array', items: schemaOfType(name.slice(0, -2)) };
  const known = simple.get(name);
  return known === undefined ? {} : { type: known };
}

/** Whether a value is what a schema of `schemaOfType` says. */
export function fits(value: unknown, schema: JsonObject): boolean {
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return typeof value === schema.type;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value) && value.every((one) => fits(one, (schema.items ?? {}) as JsonObject));
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
    default:
      return true;
  }
}
