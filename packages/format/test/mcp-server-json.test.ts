import { readFileSync } from 'node:fs';
import { codeOf } from '@mlld/testing';
import { Ajv } from 'ajv';
import * as formats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json, parseServerJson, validateServerJson } from '../src/index.ts';

const data = (name: string) =>
  JSON.parse(readFileSync(new URL(`testdata/mcp/${name}`, import.meta.url), 'utf8')) as Json;
const ajv = new Ajv({ strict: false, allErrors: true });
const addFormats = (formats.default ?? formats) as unknown as (to: Ajv) => void;
addFormats(ajv);
/** The schema as its project publishes it (MIT). */
const official = ajv.compile(data('server.schema.json') as object);
const examples = data('server-examples.json') as unknown as Record<string, Json>[];
const good = {
  $schema: 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json',
  name: 'org.example/weather',
  description: 'Weather of the next days',
  version: '1.0.0',
  packages: [
    {
      registryType: 'npm',
      identifier: '@example/weather',
      version: '1.0.0',
      transport: { type: 'stdio' },
      packageArguments: [{ type: 'positional', valueHint: 'place', isRequired: true }],
      environmentVariables: [{ name: 'WEATHER_TOKEN', isSecret: true, isRequired: true }],
    },
  ],
  remotes: [
    {
      type: 'streamable-http',
      url: 'https://{tenant}.example.org/mcp',
      variables: { tenant: { isRequired: true } },
      headers: [{ name: 'authorization', isSecret: true }],
    },
  ],
};
/** The good one with one thing changed: `packages.0.version` becomes `value`; undefined takes it away. */
function changed(path: string, value: unknown): Json {
  const copy = structuredClone(good) as never;
  const parts = path.split('.');
  const last = parts.pop() ?? '';
  let at = copy as Record<string, never>;
  for (const part of parts) at = at[part] as never;
  if (value === undefined) delete at[last];
  else at[last] = value as never;
  return copy;
}
const issues = (value: Json, type: 'schema' | 'semantic') =>
  validateServerJson(value)
    .filter((one) => one.type === type)
    .map((one) => one.path);

describe('server.json', () => {
  it('of the official examples is good, by the schema and by us', () => {
    expect(examples.length).toBeGreaterThan(5);
    for (const one of examples) {
      expect([one.name, official(one)]).toEqual([one.name, true]);
      expect([one.name, validateServerJson(one).filter(({ type }) => type === 'schema')]).toEqual([
        one.name,
        [],
      ]);
    }
  });

  it('with all parts is good', () => {
    expect(validateServerJson(good as unknown as Json)).toEqual([]);
    expect(parseServerJson(JSON.stringify(good)).packages?.[0]?.identifier).toBe('@example/weather');
  });

  it.each([
    ['name', 'weather', '$.name'],
    ['name', undefined, '$'],
    ['description', 'x'.repeat(101), '$.description'],
    ['version', 7, '$.version'],
    ['packages.0.transport', { type: 'websocket' }, '$.packages[0].transport.type'],
    ['packages.0.transport', { type: 'sse' }, '$.packages[0].transport'],
    ['packages.0.identifier', undefined, '$.packages[0]'],
    ['packages.0.fileSha256', 'ABC', '$.packages[0].fileSha256'],
    ['packages.0.packageArguments.0', { type: 'positional' }, '$.packages[0].packageArguments[0]'],
    ['packages.0.packageArguments.0', { type: 'named' }, '$.packages[0].packageArguments[0]'],
    ['packages.0.packageArguments.0.format', 'path', '$.packages[0].packageArguments[0].format'],
    ['packages.0.environmentVariables.0.isSecret', 'yes', '$.packages[0].environmentVariables[0].isSecret'],
    ['remotes.0.type', 'stdio', '$.remotes[0].type'],
    ['remotes.0.url', 'ftp://example.org', '$.remotes[0].url'],
    ['icons', [{ src: 'https://example.org/i.png', sizes: ['48'] }], '$.icons[0].sizes[0]'],
  ])('%s = %j breaks the schema at %s', (path, value, where) => {
    const one = changed(path, value);
    expect(official(one)).toBe(false);
    expect(issues(one, 'schema')).toContain(where);
  });

  it.each([
    ['version', '^1.2.0', '$.version'],
    ['version', '1.x', '$.version'],
    ['version', '>=1.0.0 <2', '$.version'],
    ['version', '1.0.0 - 2.0.0', '$.version'],
    ['version', '1.0.0 || 2.0.0', '$.version'],
    ['version', 'latest', '$.version'],
    ['name', 'org.example-/weather', '$.name'],
    ['websiteUrl', 'http://example.org', '$.websiteUrl'],
    ['repository', { url: 'https://github.com/alice', source: 'github' }, '$.repository.url'],
    [
      'repository',
      { url: 'https://github.com/alice/tools', source: 'github', subfolder: '../up' },
      '$.repository.subfolder',
    ],
    ['packages.0.identifier', 'two words', '$.packages[0].identifier'],
    ['packages.0.version', undefined, '$.packages[0]'],
    ['packages.0.fileSha256', 'a'.repeat(64), '$.packages[0]'],
    [
      'packages.0.packageArguments.0',
      { type: 'named', name: '--dir <path>' },
      '$.packages[0].packageArguments[0].name',
    ],
    [
      'packages.0.packageArguments.0',
      { type: 'named', name: '--dir', value: '--dir=x' },
      '$.packages[0].packageArguments[0].value',
    ],
    ['packages.0.packageArguments.0.choices', [], '$.packages[0].packageArguments[0]'],
    ['remotes.0.url', 'https://{who}.example.org/mcp', '$.remotes[0].url'],
    [
      'packages',
      [{ registryType: 'mcpb', identifier: 'https://example.org/a.mcpb', transport: { type: 'stdio' } }],
      '$.packages[0]',
    ],
    [
      '_meta',
      { 'io.modelcontextprotocol.registry/publisher-provided': { x: 'y'.repeat(4096) } },
      '$._meta.io.modelcontextprotocol.registry/publisher-provided',
    ],
  ])('%s = %j means nothing, at %s', (path, value, where) => {
    expect(issues(changed(path, value), 'semantic')).toContain(where);
  });

  it.each(['1.0.0', '0.4.0-beta', '2026.8.31', 'v1', '1.2.3-rc.1+build'])('%s is a version', (version) => {
    expect(validateServerJson(changed('version', version))).toEqual([]);
  });

  it('is read strictly', () => {
    expect(codeOf(() => parseServerJson('{"name":"a/b","name":"a/c"}'))).toBe('BAD_JSON');
    expect(codeOf(() => parseServerJson('{}'))).toBe('BAD_SHAPE');
    expect(codeOf(() => parseServerJson(`"${'x'.repeat(300_000)}"`))).toBe('TOO_LARGE');
  });

  it('of any shape is good or told what is wrong, and what the schema refuses is never good', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          ...['name', 'version', 'packages', 'packages.0', 'packages.0.transport', 'remotes.0', 'icons'],
          ...['packages.0.packageArguments.0', 'packages.0.environmentVariables.0', 'repository', '_meta'],
        ),
        fc.jsonValue({ maxDepth: 3 }),
        (path, value) => {
          const one = changed(path, value);
          if (!official(one)) expect(validateServerJson(one)).not.toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('canonical JSON', () => {
  it('is that of RFC 8785', () => {
    const value = {
      numbers: [Number('333333333.33333329'), 1e30, 4.5, 2e-3, 0.000000000000000000000000001],
      string: '€$\u000f\nA\'B"\\\\"/',
      literals: [null, true, false],
    };
    expect(canonicalJson(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
    expect(
      canonicalJson({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, ö: 7 }),
    ).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"\u{1f600}":5,"\ufb33":3}');
  });

  it('does not depend on how a value was written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses what two readers would read otherwise', () => {
    expect(codeOf(() => canonicalJson('\ud800'))).toBe('BAD_JSON');
    expect(codeOf(() => canonicalJson(Number.NaN))).toBe('BAD_JSON');
  });
});
