import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { nodeHost, openInteractive } from '@mlld/lang';
import { afterAll, expect, test } from 'vitest';
import { complete } from '../src/repl/complete.ts';
import { readEntries } from '../src/repl/loop.ts';
import type { Report } from '../src/report.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-repl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function collecting(): { report: Report; out: string[]; aside: string[] } {
  const out: string[] = [];
  const aside: string[] = [];
  const none = { update: () => {}, done: () => {} };
  const report: Report = {
    print: (text = '') => void out.push(text),
    write: (text) => void out.push(text),
    json: () => {},
    note: (text) => void aside.push(text),
    warn: (text) => void aside.push(text),
    detail: () => {},
    table: () => {},
    progress: () => none,
    style: (_, text) => text,
  };
  return { report, out, aside };
}

async function piped(text: string): Promise<{ status: number; out: string; aside: string }> {
  const { report, out, aside } = collecting();
  const writeOut = (part: string): void => void out.push(part.replace(/\n$/, ''));
  const host = nodeHost({ root: folder, overrides: { writeOut, writeErr: () => {} } });
  const program = openInteractive({ file: path.join(folder, 'repl.mld'), host });
  const input = new PassThrough();
  input.end(text);
  const modules = async () => [];
  const status = await readEntries({ program, modules, cwd: folder, env: { HOME: folder }, report, input });
  await program.close();
  return { status, out: out.join('\n'), aside: aside.join('\n') };
}

test('runs what comes through a pipe: values, entries of many lines, files of the folder', async () => {
  writeFileSync(path.join(folder, 'lib.mld'), 'exe @twice(text) = `@text@text`\nexport { @twice }\n');
  const { status, out } = await piped(
    'var @a = [\n1,\n2]\n@a.length\nimport { @twice } from "./lib"\nshow @twice("x")\nexe @f(n) = js {\n  return n + 1\n}\n@f(1) | @twice',
  );
  expect(out).toBe('2\nxx\n22');
  expect(status).toBe(0);
});

test('shows a mistake with its lines and goes on; the status says that there was one', async () => {
  const { status, out, aside } = await piped('var @a = 1\nshow @aa\nshow @a\nvar @b = [1,\n\nshow @a');
  expect(out).toBe('1\n1');
  expect(aside).toContain('UNKNOWN_NAME');
  expect(aside).toContain('1 | show @aa');
  expect(aside).toContain("Did you mean '@a'?");
  expect(aside).toContain('UNCLOSED');
  expect(status).toBe(1);
});

test('knows its own commands', async () => {
  writeFileSync(path.join(folder, 'more.mld'), 'var @more = 3\n');
  const { out, aside } = await piped(
    '.load more.mld\n@more\n.type @more\nexe @g(a: string, b?) = `x`\n.type @g\n.save kept.mld\n.save kept.mld\n.loud\n.help\n.exit\nshow "never"',
  );
  expect(out).toContain('3\nnumber\nexe @g(a: string, b?)\n.help');
  expect(out).not.toContain('never');
  expect(readFileSync(path.join(folder, 'kept.mld'), 'utf8')).toBe(
    'var @more = 3\n@more\nexe @g(a: string, b?) = `x`\n',
  );
  expect(aside).toContain('kept.mld');
  expect(aside).toContain('Did you mean .load?');
});

test.each([
  ['show @us', [['@user'], '@us']],
  ['show @user.na', [['name'], 'na']],
  ['import { @a } from @al', [['@alice/csv', '@alice/strings'], '@al']],
  ['import @bob', [['@bob/json'], '@bob']],
  ['expo', [['export'], 'expo']],
  ['.lo', [['.load'], '.lo']],
  ['show 1 + ', [[], '']],
])('completes %j', async (line, expected) => {
  const program = {
    names: () => ['user', 'x'],
    fields: (at: string) => (at === 'user' ? ['name', 'mail'] : []),
  };
  const modules = async () => ['@alice/strings', '@bob/json', '@alice/csv'];
  expect(await complete(line, { program, modules })).toEqual(expected);
});
