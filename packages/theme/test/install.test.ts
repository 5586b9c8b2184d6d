import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { tempDir } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import {
  install,
  installed,
  type Machine,
  parseTheme,
  planInstall,
  starter,
  uninstall,
} from '../src/index.ts';

const theme = parseTheme(starter('Tide'));
const info = (version = '1.0.0') => ({
  author: 'alice',
  name: 'tide',
  version,
  about: 'A theme',
  license: 'CC0',
});

async function machineWith(...folders: string[]): Promise<Machine> {
  const dir = await tempDir('mlld-theme-');
  for (const folder of folders) await mkdir(dir.join(folder), { recursive: true });
  return { home: dir.path, platform: 'linux', env: {} };
}

async function filesOf(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile()).map((one) => path.join(one.parentPath, one.name));
  const read = async (file: string) => [path.relative(folder, file), await readFile(file, 'utf8')] as const;
  return new Map(await Promise.all(files.sort().map(read)));
}

describe('install', () => {
  test('writes where the programs that are here look, and is undone', async () => {
    const machine = await machineWith('.vim', '.config/nvim', '.vscode/extensions', '.config/bat');
    await writeFile(
      path.join(machine.home, '.vscode/extensions/extensions.json'),
      '[{"identifier":{"id":"a.b"}}]',
    );
    await mkdir(path.join(machine.home, '.vim/colors'));
    await writeFile(path.join(machine.home, '.vim/colors/tide-dark.vim'), 'mine');
    const before = await filesOf(machine.home);
    const plan = planInstall(theme, info(), { machine });
    expect(plan.places.map(({ id }) => id)).toEqual(['vscode', 'bat', 'vim', 'nvim']);
    expect(await filesOf(machine.home)).toEqual(before);
    await install(plan);
    const list = JSON.parse(
      await readFile(path.join(machine.home, '.vscode/extensions/extensions.json'), 'utf8'),
    );
    expect(list.map((one: { identifier: { id: string } }) => one.identifier.id)).toEqual([
      'a.b',
      'alice.tide',
    ]);
    expect(
      existsSync(path.join(machine.home, '.vscode/extensions', list[1].relativeLocation, 'package.json')),
    ).toBe(true);
    expect(await readFile(path.join(machine.home, '.vim/colors/tide-dark.vim'), 'utf8')).toContain(
      'g:colors_name',
    );
    expect(await installed(machine)).toMatchObject([{ name: '@alice/tide@1.0.0', done: true }]);
    await uninstall('@alice/tide', machine);
    expect(await filesOf(machine.home)).toEqual(before);
    await expect(uninstall('@alice/tide', machine)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('of a newer version takes the place of the older one; undone, all is as before both', async () => {
    const machine = await machineWith('.vscode/extensions', '.vim');
    const before = await filesOf(machine.home);
    await install(planInstall(theme, info(), { machine }));
    await install(planInstall(theme, info('1.1.0'), { machine }));
    expect(await readdir(path.join(machine.home, '.vscode/extensions'))).toEqual(['alice.tide-1.1.0']);
    await uninstall('@alice/tide', machine);
    expect(await filesOf(machine.home)).toEqual(before);
  });

  test("leaves what others changed since, and takes its entry out of the editor's list", async () => {
    const machine = await machineWith('.vscode/extensions', '.vim');
    const list = path.join(machine.home, '.vscode/extensions/extensions.json');
    await writeFile(list, '[]');
    await install(planInstall(theme, info(), { machine }));
    const entries = JSON.parse(await readFile(list, 'utf8'));
    await writeFile(list, JSON.stringify([...entries, { identifier: { id: 'c.d' } }]));
    const own = path.join(machine.home, '.vim/colors/tide-dark.vim');
    await writeFile(own, 'changed by hand');
    expect((await uninstall('@alice/tide', machine)).kept).toEqual([own]);
    expect(JSON.parse(await readFile(list, 'utf8'))).toEqual([{ identifier: { id: 'c.d' } }]);
    expect(await readFile(own, 'utf8')).toBe('changed by hand');
  });

  test('that fails in the middle writes nothing; one that was interrupted is undone by the next', async () => {
    const machine = await machineWith('.vim', '.config/nvim/colors');
    await install(planInstall(theme, info(), { machine, names: ['vim'] }));
    const before = await filesOf(path.join(machine.home, '.vim'));
    const plan = planInstall(theme, info('2.0.0'), { machine, names: ['vim', 'nvim'] });
    const impossible = { path: path.join(machine.home, '.vim/colors/tide-dark.vim/inside'), content: 'x' };
    await expect(install({ ...plan, files: [...plan.files, impossible] })).rejects.toThrow();
    expect(await filesOf(path.join(machine.home, '.vim'))).toEqual(before);
    expect(await readdir(path.join(machine.home, '.config/nvim/colors'))).toEqual([]);
    expect(await installed(machine)).toMatchObject([{ name: '@alice/tide@1.0.0', done: true }]);
    // As a kill after the first rename leaves it.
    await install(plan);
    const journal = JSON.parse(await readFile(plan.journal, 'utf8'));
    await writeFile(plan.journal, JSON.stringify({ ...journal, done: false }));
    await install(planInstall(theme, info('2.0.0'), { machine, names: ['vim'] }));
    expect(await readdir(path.join(machine.home, '.config/nvim/colors'))).toEqual([]);
    await uninstall('@alice/tide', machine);
    expect(await filesOf(path.join(machine.home, '.vim'))).toEqual(new Map());
  });

  test('asks for programs that it knows', async () => {
    const machine = await machineWith();
    expect(() => planInstall(theme, info(), { machine })).toThrow(/none of the programs/);
    expect(() => planInstall(theme, info(), { machine, names: ['emacs'] })).toThrow(/emacs/);
    expect(() => planInstall(theme, info(), { machine, names: ['textmate'] })).toThrow(/TextMate/);
  });
});
