/** OpenAPI 3.1 of a module (docs/spec/call.md §4): a path a function, and the same for every call. */

import { schemaOf } from '@mlld/format';
import type { Callable, CallableFunction } from './callable.ts';

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: { type: 'string' }, message: { type: 'string' }, hint: { type: 'string' } },
    },
  },
};

export function openApi(module: Callable, server?: string): object {
  const { name, version, about, digest, needs, functions } = module;
  return {
    openapi: '3.1.0',
    info: {
      title: name,
      version,
      description: about ?? `The functions of the mlld module ${name}.`,
      'x-mlld-digest': `sha256:${digest}`,
      'x-mlld-needs': needs,
    },
    ...(server === undefined ? {} : { servers: [{ url: server }] }),
    paths: Object.fromEntries(functions.map((one) => [`/${one.name}`, { post: operation(one) }])),
    components: { schemas: { Error: errorSchema } },
  };
}

function operation(one: CallableFunction): object {
  const required = one.parameters.filter(({ optional }) => !optional).map(({ name }) => name);
  const failed = (description: string) => ({
    description,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
  });
  return {
    operationId: one.name,
    summary: `@${one.name}`,
    ...(one.doc === undefined ? {} : { description: one.doc }),
    requestBody: {
      required: required.length > 0,
      content: { 'application/json': { schema: inputSchema(one, required) } },
    },
    responses: {
      200: {
        description: 'What the function gives',
        content: {
          'application/json': {
            schema: {
              type: 'object',
              required: ['value'],
              properties: { value: schemaOf(one.returns) },
              additionalProperties: false,
            },
          },
        },
      },
      400: failed('The arguments are not what the function takes'),
      403: failed('The function needs what was not granted'),
      500: failed('The function failed'),
    },
  };
}

function inputSchema({ parameters }: CallableFunction, required: readonly string[]): object {
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, type }) => [name, schemaOf(type)])),
    required,
    additionalProperties: false,
  };
}
