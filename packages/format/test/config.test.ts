import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import {
  emptyConfig,
  encodeConfig,
  type ModuleName,
  parseConfig,
  parseDnsSetting,
  parseModuleName,
} from '../src/index.ts';

const strings: ModuleName = parseModuleName('@alice/strings');

describe('mlld-config.json', () => {
  it('keeps what is not ours, in its order', () => {
    const text = JSON.stringify({
      scriptDir: 'llm/run',
      resolvers: { prefixes: [{ prefix: '@', resolver: 'LOCAL' }] },
      dependencies: { '@bob/lists': '^1.0.0' },
      projectname: 'hello',
    });
    const config = parseConfig(text);
    const written = encodeConfig({
      ...config,
      dependencies: new Map([...config.dependencies, [strings, '~2.0.0']]),
    });
    expect(JSON.parse(written)).toEqual({
      ...JSON.parse(text),
      dependencies: { '@alice/strings': '~2.0.0', '@bob/lists': '^1.0.0' },
    });
    expect(Object.keys(JSON.parse(written)).filter((key) => key !== 'dependencies')).toEqual([
      'scriptDir',
      'resolvers',
      'projectname',
    ]);
    expect(Object.keys(JSON.parse(written).dependencies)).toEqual(['@alice/strings', '@bob/lists']);
  });

  it('is read as it was written', () => {
    const written = encodeConfig({ ...emptyConfig, devDependencies: new Map([[strings, 'latest']]) });
    expect(parseConfig(written).devDependencies).toEqual(new Map([[strings, 'latest']]));
    expect(encodeConfig(parseConfig(written))).toBe(written);
  });

  it('gives a scope to one registry', () => {
    const config = parseConfig(
      '{"registries":{"@bob":"https://modules.example.com/"},"registry":"../registry"}',
    );
    expect([...config.registries]).toEqual([['bob', 'https://modules.example.com/']]);
    expect(config.registry).toBe('../registry');
  });

  it.each([
    ['{"registries":{"bob":"https://x.example.org/"}}', 'BAD_NAME'],
    ['{"registries":{"@Bob":"https://x.example.org/"}}', 'BAD_NAME'],
    ['{"registries":{"@bob/lists":"https://x.example.org/"}}', 'BAD_NAME'],
    ['{"dependencies":{"strings":"1.0.0"}}', 'BAD_NAME'],
    ['{"dependencies":{"@alice/strings":"not a range"}}', 'BAD_REF'],
    ['{"dependencies":{"@alice/strings":1}}', 'BAD_SHAPE'],
    ['{"dependencies":["@alice/strings"]}', 'BAD_SHAPE'],
    ['{"registry":1}', 'BAD_SHAPE'],
    ['{"dependencies":{},"dependencies":{}}', 'BAD_JSON'],
    ['[]', 'BAD_SHAPE'],
    ['', 'BAD_JSON'],
  ])('%s is %s', (text, wanted) => {
    expect(codeOf(() => parseConfig(text))).toBe(wanted);
  });

  it.each([
    ['system', { kind: 'system' }],
    ['off', { kind: 'off' }],
    ['127.0.0.1:5353', { kind: 'server', address: '127.0.0.1:5353' }],
    ['https://dns.example.org/dns-query', { kind: 'https', url: 'https://dns.example.org/dns-query' }],
  ])('dns %s', (text, wanted) => {
    expect(parseDnsSetting(text)).toEqual(wanted);
  });
});
