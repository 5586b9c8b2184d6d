import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Base, buildMeaning, type SearchAnswer, type SearchRecord } from '@mlld/search';
import { BUNDLE, cliEnvironment, runCli, tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { packedFiles, packing, record } from '../../search/test/fixture/index-files.ts';
import { type BrowseState, draw, press } from '../src/search-browse.ts';

const module = (name: string, about: string, more: Partial<SearchRecord> = {}): SearchRecord =>
  record(name, { about, version: '1.2.0', keywords: ['text'], exports: ['padStart'], ...more });

const records = [
  module('@alice/strings', 'Pad and wrap text', { score: 70 }),
  module('@bob/lists', 'Sort and group lists', { keywords: ['list', 'sort'], exports: ['groupBy'] }),
  module('@carol/old-strings', 'Pad text', { deprecated: true }),
  module('@mallory/evil', 'Shows \u202eother\u202c titles', { keywords: ['title'] }),
];

/** One text of one module: what it says of columns. */
function vectorsOf({ info, records: there }: Base) {
  const bytes = Int8Array.from({ length: 64 }, (_, i) => (i === 3 ? 127 : 0));
  const at = there.findIndex(({ name }) => name === '@alice/strings');
  return buildMeaning(
    {
      ...{ base: info.id, provider: 'learnt', model: 'words', dims: 64, each: 1 },
      entries: [{ module: at, label: 'padStart', bytes }],
      terms: { tokenizing: { kind: 'stems' }, rows: [{ key: 'column', scale: 1, bytes }] },
    },
    packing,
  );
}

function writeIndex(folder: string): void {
  const info = JSON.stringify({ v: 1, name: 'registry.example.org', title: 'Test' });
  const files = packedFiles({ base: records, meaning: vectorsOf, trending: ['@bob/lists'] });
  for (const [file, bytes] of [...files, ['registry.json', info] as const]) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), bytes);
  }
}

async function desk() {
  const dir = await tempDir();
  const dist = dir.join('dist');
  writeIndex(dist);
  const run = (...args: string[]) =>
    runCli([...args, '--registry', dist], { cwd: dir.path, env: { HOME: dir.path } });
  return { run, dist };
}

test('search prints a table, JSON, and reasons; the copy in the cache answers offline', async () => {
  const { run } = await desk();
  const table = await run('search', 'pad', 'text');
  expect([table.code, table.stdout.split('\n').map((line) => line.split('\t')[0])]).toEqual([
    0,
    ['@alice/strings', '@carol/old-strings', ''],
  ]);
  const json = JSON.parse((await run('search', 'padStart', '--json', '--facets', '--offline')).stdout);
  expect(json).toMatchObject({
    registry: 'registry.example.org',
    total: 3,
    facets: { licence: [{ value: 'CC0', count: 3 }] },
  });
  const { stdout } = await run('search', 'strings', '--explain', '--offline');
  expect(stdout).toMatch(/^@alice\/strings {2}signed\n {2}4\.\d+ = 4 \(is called so\) \+ /);
  for (const words of [['--sort', 'trending'], ['sort:trending']])
    expect((await run('search', ...words, '--offline')).stdout).toMatch(/^@bob\/lists\t/);
  const nothing = await run('search', 'zzzzzz', '--offline');
  expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([1, '', "No module fits 'zzzzzz'.\n"]);
});

test('a question finds what shares none of its words, explains itself, and is answered offline again', async () => {
  const { run } = await desk();
  const table = await run('search', '--like', 'columns', 'of', 'equal', 'width');
  expect(table.code).toBe(0);
  expect(table.stdout.split('\n')[0]?.split('\t').slice(0, 3)).toEqual([
    '@alice/strings',
    '1.2.0',
    'padStart',
  ]);
  expect(table.stderr).toContain('learnt from which words stand together');
  const again = await run('search', '--like', 'columns', '--offline', '--explain');
  expect(again.stdout).toMatch(/^@alice\/strings {2}signed\n {2}0\.0164 = 1\/\(60 \+ 1\) by meaning\n/);
  const json = JSON.parse((await run('search', '--like', 'columns author:alice', '--json')).stdout);
  expect(json).toMatchObject({
    meaning: { provider: 'learnt' },
    hits: [{ record: { name: '@alice/strings' }, like: { meaning: { place: 1, label: 'padStart' } } }],
  });
});

test('a question whose files were never asked for says so offline', async () => {
  const { run } = await desk();
  await run('search', 'pad');
  const { stderr } = await run('search', '--like', 'columns', '--offline');
  expect(stderr).toContain('error[OFFLINE]');
});

test('what stands in an index reaches a terminal without what turns its text around', async () => {
  const { run } = await desk();
  const { stdout } = await run('search', 'title');
  expect(stdout).toContain('@mallory/evil');
  expect(stdout).not.toMatch(/[\u202c\u202e]/);
});

test('similar names what shares words, and says when there is no such module', async () => {
  const { run } = await desk();
  expect((await run('similar', '@alice/strings')).stdout).toMatch(/^@carol\/old-strings\t/);
  const missing = await run('similar', '@alice/nothing');
  expect([missing.code, missing.stderr]).toEqual([3, expect.stringContaining('error[MODULE_NOT_FOUND]')]);
});

test.each([
  [['search'], 'USAGE'],
  [['search', 'x', '--limit', '0'], 'USAGE'],
  [['search', 'x', '--sort', 'price'], 'USAGE'],
  [['search', '--like', 'x', '--sort', 'score'], 'USAGE'],
])('%j is %s', async (words, code) => {
  const { run } = await desk();
  const { stderr } = await run(...words);
  expect(stderr).toContain(`error[${code}]`);
});

test('a registry without an index is an error that says so', async () => {
  const { run, dist } = await desk();
  const { rm } = await import('node:fs/promises');
  await rm(path.join(dist, 'search'), { recursive: true });
  const { stderr } = await run('search', 'pad');
  expect(stderr).toContain('error[FILE_NOT_FOUND]');
});

const answer: SearchAnswer = {
  hits: records.map((one) => ({
    record: one,
    why: { match: 'all', score: 2, rank: 2, text: 0, factor: 1, words: [] },
  })),
  total: 4,
  corrections: [],
  notes: [],
};
const state: BrowseState = { query: 'pa', at: 0, byMeaning: false, answer };
const keys = (...names: (string | { sequence: string })[]) =>
  names.reduce<ReturnType<typeof press>>(
    (step, name) =>
      step.kind === 'end'
        ? step
        : press(step.state, typeof name === 'string' ? { name, sequence: '' } : name),
    { kind: 'state', state },
  );

test('keys move, type, choose and leave', () => {
  expect(keys('down', 'down', 'up', 'return')).toEqual({ kind: 'end', chosen: '@bob/lists' });
  expect(keys('pagedown', 'return')).toEqual({ kind: 'end', chosen: '@mallory/evil' });
  expect(keys({ sequence: 'd' }, 'backspace', 'backspace')).toMatchObject({ state: { query: 'p', at: 0 } });
  expect(keys({ sequence: '\u001b[Z' })).toMatchObject({ state: { query: 'pa' } });
  expect(keys('escape')).toEqual({ kind: 'end' });
  expect(keys('down', 'tab')).toEqual({
    kind: 'state',
    state: { query: 'pa', at: 0, byMeaning: true, answer: undefined },
  });
  expect(keys('tab', 'tab')).toMatchObject({ state: { byMeaning: false } });
});

test('the screen shows what was typed, the modules and the chosen one, no wider than the terminal', () => {
  const lines = draw({ ...state, at: 1 }, { width: 40, height: 24, color: false });
  expect(lines.slice(0, 3)).toEqual([
    'Search: pa█',
    '  @alice/strings  Pad and wrap text',
    '› @bob/lists  Sort and group lists',
  ]);
  expect(lines.join('\n')).toContain('mlld add @bob/lists');
  expect(lines.at(-1)).toBe('Tab by meaning · Esc leave');
  expect(draw({ ...state, byMeaning: true }, { width: 80, height: 24, color: false }).at(-1)).toBe(
    '↑↓ choose · Enter print its name · Tab by words · Esc leave',
  );
  for (const [width, height] of [
    [40, 24],
    [12, 6],
    [80, 9],
    [3, 3],
  ] as const)
    for (const at of [0, 3]) {
      const screen = draw({ ...state, at }, { width, height, color: false });
      expect(Math.max(...screen.map((line) => line.length))).toBeLessThan(Math.max(width, 2));
      expect(screen.length).toBeLessThan(Math.max(height, 5));
      // The chosen one is always seen.
      expect(screen.filter((line) => line.startsWith('›'))).toHaveLength(1);
    }
});

/** The command on a terminal of its own, which `script` makes. Keys are pressed when something is shown. */
async function onTerminal(dist: string, steps: readonly (readonly [shown: string, keys: string])[]) {
  const dir = await tempDir();
  const words = [process.execPath, BUNDLE, 'search', '--registry', dist].map((one) => `'${one}'`).join(' ');
  const env = cliEnvironment(dir.path, { TERM: 'xterm', NO_COLOR: '1' });
  const child = spawn(
    'script',
    ['-qec', `stty cols 60 rows 20; ${words}; echo "ended $?"; stty -a`, '/dev/null'],
    {
      cwd: dir.path,
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: 20_000,
    },
  );
  let screen = '';
  const left = [...steps];
  child.stdout.on('data', (part: Buffer) => {
    screen += String(part);
    const [next] = left;
    if (next === undefined || !screen.includes(next[0])) return;
    screen = '';
    left.shift();
    child.stdin.write(next[1]);
  });
  await new Promise((resolve) => child.on('close', resolve));
  return { left, screen };
}

test.skipIf(spawnSync('script', ['--version']).error !== undefined)(
  'on a terminal words are followed as they are typed, Tab asks by meaning, and Ctrl-C leaves it as it was',
  async () => {
    const { dist } = await desk();
    const { left, screen } = await onTerminal(dist, [
      ['Esc leave', 'columns'],
      ['0 modules', '\t'],
      ['@alice/strings padStart', '\t'],
      ['0 modules', '\u0015sort'],
      ['› @bob/lists', '\u0003'],
    ]);
    expect(left).toEqual([]);
    expect(screen).toContain('ended 130');
    // Raw mode has neither: what is typed next is seen, and Ctrl-C works.
    expect(screen).toMatch(/(?<!-)\becho\b/);
    expect(screen).toMatch(/(?<!-)\bisig\b/);
    const chosen = await onTerminal(dist, [
      ['Esc leave', 'sort'],
      ['› @bob/lists', '\r'],
    ]);
    expect(chosen.screen).toMatch(/@bob\/lists\r?\nended 0/);
  },
);
