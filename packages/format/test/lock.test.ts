import { codeOf } from '@mlld/testing';
import { describe, expect, it } from 'vitest';
import { emptyLock, encodeLock, parseLock } from '../src/index.ts';
import { testdata } from './table.ts';

const hash = '87afe1bcd8fe7bf426253ae7edfa71476819b1d8b90e95a86544c711f5ce5c57';
const other = '5f2b3f6e3f0f5a9df0b0a9f6f0ce7f7f4b8d2f6b0e9b3a1c2d3e4f5061728394';
const entry = {
  version: '^1.0.0',
  resolved: hash,
  source: 'registry://@alice/strings@1.2.0',
  integrity: `sha256:${hash}`,
  fetchedAt: '2026-01-31T12:00:00.000Z',
  registryVersion: '1.2.0',
  registry: 'registry.example.org',
  entry: 'index.mld',
  files: { 'README.md': other },
  sources: ['https://example.org/strings/'],
  evidence: 2,
  needs: ['js'],
};
const lockOf = (change: object, key = '@alice/strings') =>
  JSON.stringify({ lockfileVersion: 1, modules: { [key]: { ...entry, ...change } } });

describe("today's lock files", () => {
  it('of mlld 2.0.5 keep the wish, the version and the hash', () => {
    const lock = parseLock(testdata('mlld-lock-2.0.5.json'));
    expect(lock.modules.size).toBe(0);
    expect([...lock.legacy]).toEqual([
      ['@mlld/array', { wanted: '^2.0.0', version: '2.1.0', entrySha256: hash }],
    ]);
    expect(lock.createdAt).toBe('2026-11-22T06:40:56.478Z');
  });

  it('of mlld 2.0.5 are still theirs after we wrote them', () => {
    const again = JSON.parse(encodeLock(parseLock(testdata('mlld-lock-2.0.5.json'))));
    expect(again.lockfileVersion).toBe(1);
    expect(again.modules['@mlld/array']).toMatchObject({
      version: '^2.0.0',
      resolved: hash,
      integrity: `sha256:${hash}`,
      registryVersion: '2.1.0',
    });
    expect(again.metadata.createdAt).toBe('2026-11-22T06:40:56.478Z');
  });

  it('of 2025 keep the hash', () => {
    const lock = parseLock(testdata('mlld-lock-2025.json'));
    expect([...lock.legacy]).toEqual([['@alice/json-utils', { wanted: 'latest', entrySha256: hash }]]);
  });
});

describe('our lock file', () => {
  it('has the members that mlld 2.0.5 reads', () => {
    const lock = parseLock(lockOf({}));
    const { modules } = JSON.parse(encodeLock(lock));
    expect(modules['@alice/strings']).toMatchObject({
      version: '^1.0.0',
      resolved: hash,
      source: 'registry://@alice/strings@1.2.0',
      integrity: `sha256:${hash}`,
      fetchedAt: '2026-01-31T12:00:00.000Z',
      registryVersion: '1.2.0',
      sourceUrl: 'https://example.org/strings/index.mld',
    });
  });

  it('changes only the lines of the module that changed', () => {
    const before = parseLock(lockOf({}));
    const modules = new Map(before.modules);
    const strings = modules.get('@alice/strings')!;
    modules.set('@alice/lists', { ...strings, name: '@alice/lists' as typeof strings.name });
    modules.delete('@alice/strings');
    modules.set('@alice/strings', strings);
    const lines = new Set(encodeLock({ ...before, modules }).split('\n'));
    for (const line of encodeLock(before).split('\n')) expect(lines.has(line), line).toBe(true);
  });

  it('is written and read when empty', () => {
    expect(parseLock(encodeLock(emptyLock))).toEqual(emptyLock);
  });

  it.each([
    ['a path that leaves the module', { files: { '../../x': other } }],
    ['a hash in capitals', { resolved: hash.toUpperCase() }],
    ['a short hash', { resolved: hash.slice(1) }],
    ['a version that is none', { registryVersion: '1.2' }],
    ['an import pinned to a range', { imports: { '@alice/lists': '^1.0.0' } }],
    ['an import of a bad name', { imports: { '@Alice/lists': '1.0.0' } }],
    ['an evidence level of 5', { evidence: 5 }],
    ['no evidence level', { evidence: undefined }],
    ['sources that are no list', { sources: 'https://example.org/' }],
    ['a registry that is no text', { registry: 1 }],
  ])('with %s is BAD_LOCK', (_name, change) => {
    expect(codeOf(() => parseLock(lockOf(change)))).toBe('BAD_LOCK');
  });

  it('with a key that is not its name and version is BAD_LOCK', () => {
    expect(codeOf(() => parseLock(lockOf({}, '@alice/strings@1.2.0')))).toBe('ok');
    expect(codeOf(() => parseLock(lockOf({}, '@alice/strings@1.3.0')))).toBe('BAD_LOCK');
    expect(codeOf(() => parseLock(lockOf({}, 'strings')))).toBe('BAD_LOCK');
  });

  it.each([
    ['no JSON', '<<<<<<< HEAD'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a newer form', '{"lockfileVersion":2}'],
    ['modules as a list', '{"modules":[]}'],
    ['a module as a text', '{"modules":{"@alice/strings":"1.2.0"}}'],
    ['an author as a text', '{"authors":{"alice":"x"}}'],
    ['an author of a bad name', `{"authors":{"Alice":{"keyset":1,"sha256":"${hash}"}}}`],
    ['keyset 0', `{"authors":{"alice":{"keyset":0,"sha256":"${hash}"}}}`],
    ['a hundred thousand levels', '['.repeat(100_000) + ']'.repeat(100_000)],
  ])('of %s is BAD_LOCK', (_name, text) => {
    expect(codeOf(() => parseLock(text))).toBe('BAD_LOCK');
  });

  it('takes no member from elsewhere', () => {
    expect(parseLock('{"__proto__":{"modules":{"x":1}}}')).toEqual(emptyLock);
    expect(codeOf(() => parseLock('{"modules":{"__proto__":{"registry":"x"}}}'))).toBe('BAD_LOCK');
  });
});

describe('what a user agreed to of an MCP server', () => {
  const mcp = {
    granted: ['env:WEATHER_TOKEN', 'host:api.example.org'],
    config: { place: 'Oslo' },
    surface: other,
  };
  it('is kept', () => {
    const lock = parseLock(lockOf({ mcp }));
    expect(lock.modules.get('@alice/strings' as never)?.mcp?.config.get('place')).toBe('Oslo');
    expect(JSON.parse(encodeLock(lock)).modules['@alice/strings'].mcp).toEqual(mcp);
  });

  it.each([{ granted: 'all' }, { granted: [], config: { a: 1 } }, { granted: [], surface: 'x' }])(
    '%j is refused',
    (bad) => {
      expect(codeOf(() => parseLock(lockOf({ mcp: bad })))).toBe('BAD_LOCK');
    },
  );
});
