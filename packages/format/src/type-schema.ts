/** The types that mlld code writes behind parameters, as JSON Schema (docs/spec/language.md §2). A type that is not known is any value. */

// An alias, unlike an interface, is a JSON object to the compiler.
export type Schema = {
  readonly type?: string;
  readonly items?: Schema;
  readonly enum?: readonly string[];
};

const simple: ReadonlyMap<string, string> = new Map([
  ['string', 'string'],
  ['text', 'string'],
  ['number', 'number'],
  ['integer', 'integer'],
  ['boolean', 'boolean'],
  ['object', 'object'],
  ['array', 'array'],
]);

/** JSON Schema (2020-12) of a type. */
export function schemaOf(type: string | undefined): Schema {
  const name = type?.trim() ?? '';
  if (name.endsWith('[]')) return { type: 'array', items: schemaOf(name.slice(0, -2)) };
  const choices = name.split('|').map((one) => /^\s*"([^"\\]*)"\s*$/.exec(one)?.[1]);
  if (name !== '' && choices.every((one) => one !== undefined)) return { type: 'string', enum: choices };
  const known = simple.get(name.toLowerCase());
  return known === undefined ? {} : { type: known };
}

/** Whether a value is what a schema of `schemaOf` says. */
export function fits(value: unknown, schema: Schema): boolean {
  switch (schema.type) {
    case 'string':
      return typeof value === 'string' && (schema.enum === undefined || schema.enum.includes(value));
    case 'number':
    case 'boolean':
      return typeof value === schema.type;
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value) && value.every((one) => fits(one, schema.items ?? {}));
    case 'object':
      return value !== null && typeof value === 'object' && !Array.isArray(value);
    default:
      return true;
  }
}
