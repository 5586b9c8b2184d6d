/** A module as others call it: its functions, what they take, and one way to run them. */
import { fits, RegistryError, schemaOf } from '@mlld/format';
import type { ExportInfo, ParameterInfo } from '@mlld/lang';

export type CallableFunction = Pick<ExportInfo, 'name' | 'kind' | 'parameters' | 'returns' | 'doc'>;

export interface Callable {
  readonly name: string;
  readonly version: string;
  /** Of the main module's content. */
  readonly digest: string;
  readonly about: string | undefined;
  /** What it and its imports declare that they need, each once. */
  readonly needs: readonly string[];
  readonly functions: readonly CallableFunction[];
  /** Runs a function in a program of its own. Arguments by place. */
  readonly run: (name: string, args: readonly unknown[]) => Promise<unknown>;
}

/** Arguments by place, or by name. */
export type Arguments = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * Calls a function with arguments that were checked against what it declares, and checks what it gives (call.md §5).
 * @throws RegistryError EXPORT_NOT_FOUND, BAD_REQUEST, BAD_SHAPE, and what running throws
 */
export async function callFunction(module: Callable, name: string, given: Arguments): Promise<unknown> {
  const found = module.functions.find((one) => one.name === name);
  if (found === undefined) {
    const names = module.functions.map((one) => one.name).join(', ');
    throw new RegistryError('EXPORT_NOT_FOUND', `${module.name} has no function '${name.slice(0, 100)}'`, {
      hint: `It has: ${names}`,
    });
  }
  const value = await module.run(name, placed(found, given));
  const schema = schemaOf(found.returns);
  if (fits(value ?? null, schema)) return value ?? null;
  throw new RegistryError(
    'BAD_SHAPE',
    `@${name} is declared to give ${found.returns}, and gave something else`,
    {
      hint: 'Tell the author of the module.',
    },
  );
}

function placed({ name, parameters }: CallableFunction, given: Arguments): unknown[] {
  const byPlace: readonly unknown[] = Array.isArray(given)
    ? given
    : byName(name, parameters, given as Readonly<Record<string, unknown>>);
  if (byPlace.length > parameters.length) {
    throw new RegistryError(
      'BAD_REQUEST',
      `@${name} takes ${parameters.length} arguments, found ${byPlace.length}`,
    );
  }
  const args = parameters.map((parameter, i) => checked(name, parameter, byPlace[i]));
  while (args.length > 0 && args.at(-1) === undefined) args.pop();
  return args;
}

function byName(
  name: string,
  parameters: readonly ParameterInfo[],
  given: Readonly<Record<string, unknown>>,
): unknown[] {
  const lost = Object.keys(given).find((key) => !parameters.some((one) => one.name === key));
  if (lost !== undefined)
    throw new RegistryError('BAD_REQUEST', `@${name} has no parameter '${lost.slice(0, 100)}'`);
  return parameters.map((one) => (Object.hasOwn(given, one.name) ? given[one.name] : undefined));
}

function checked(name: string, { name: parameter, type, optional }: ParameterInfo, value: unknown): unknown {
  if (value === undefined || (value === null && optional)) {
    if (optional) return undefined;
    throw new RegistryError('BAD_REQUEST', `@${name}: wanted an argument for '${parameter}', found nothing`);
  }
  if (fits(value, schemaOf(type))) return value;
  throw new RegistryError(
    'BAD_REQUEST',
    `@${name}: wanted ${type} for '${parameter}', found ${Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value}`,
  );
}
