/** The types that mlld code writes behind parameters, in other languages. A type that is not known is any value. */
import { schemaOf } from '@mlld/format';

export function typescriptOf(type: string | undefined): string {
  const schema = schemaOf(type);
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(' | ');
  switch (schema.type) {
    case 'string':
    case 'number':
    case 'boolean':
      return schema.type;
    case 'integer':
      return 'number';
    case 'object':
      return 'Record<string, unknown>';
    case 'array':
      return `Array<${type?.endsWith('[]') ? typescriptOf(type.slice(0, -2)) : 'unknown'}>`;
    default:
      return 'unknown';
  }
}

export function pythonOf(type: string | undefined): string {
  const schema = schemaOf(type);
  if (schema.enum !== undefined)
    return `Literal[${schema.enum.map((one) => JSON.stringify(one)).join(', ')}]`;
  switch (schema.type) {
    case 'string':
      return 'str';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    case 'integer':
      return 'int';
    case 'object':
      return 'dict[str, Any]';
    case 'array':
      return `list[${type?.endsWith('[]') ? pythonOf(type.slice(0, -2)) : 'Any'}]`;
    default:
      return 'Any';
  }
}
