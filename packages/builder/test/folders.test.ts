import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { lookAtFolders } from '../src/build/folders.ts';
import { openTable } from '../src/build/table.ts';
import { openRepository, repositoryOf } from '../src/repository/read.ts';
import { folderTree } from '../src/repository/tree.ts';
import { writeFiles } from './registry.ts';

test('an author’s folder is listed again when something came or went, and never while it is fresh', async () => {
  const dir = await tempDir();
  const root = dir.join('repo');
  const table = openTable(dir.path, 'folders');
  const module = (name: string) => mkdirSync(`${root}/modules/${name}`, { recursive: true });
  const age = (author: string) => utimesSync(`${root}/modules/${author}`, 1000, 1000);
  const look = () => {
    const tree = folderTree(root);
    const listed: string[] = [];
    const list = (folder: string) => {
      if (/^modules\/./.test(folder)) listed.push(folder.slice(8));
      return tree.list(folder);
    };
    const repository = repositoryOf({ ...tree, list });
    const folders = lookAtFolders(root, repository, { kept: new Map(table.entries()) });
    folders.keep(table);
    const { differing, surelyDiffering } = folders;
    return { listed, names: repository.names(), differing, surelyDiffering };
  };
  for (const one of ['alice/a', 'alice/b', 'bob/a']) module(one);
  mkdirSync(`${root}/authors/alice/keyset`, { recursive: true });
  writeFiles(root, new Map([['modules/carol/stray.txt', 'no folder']]));
  for (const one of ['alice', 'carol']) age(one);

  const names = ['@alice/a', '@alice/b', '@bob/a'];
  const same = { modules: [], authors: [] };
  expect(look()).toEqual({
    listed: ['alice', 'bob', 'carol'],
    names,
    differing: { modules: names, authors: ['alice'] },
    surelyDiffering: { modules: names, authors: ['alice'] },
  });
  // bob's has just changed, and carol's has a finding that each build is to tell.
  expect(look()).toEqual({ listed: ['bob', 'carol'], names, differing: same, surelyDiffering: same });
  age('bob');
  expect(look().listed).toEqual(['bob', 'carol']);
  expect(look().listed).toEqual(['carol']);

  module('alice/c');
  writeFileSync(`${root}/modules/alice/a/1.0.0.json`, '');
  writeFileSync(`${root}/authors/alice/keyset/1.json`, '');
  rmSync(`${root}/modules/bob`, { recursive: true });
  expect(look()).toEqual({
    listed: ['alice', 'carol'],
    names: ['@alice/a', '@alice/b', '@alice/c'],
    differing: { modules: ['@alice/a', '@alice/c', '@bob/a'], authors: ['alice'] },
    surelyDiffering: { modules: ['@alice/c', '@bob/a'], authors: [] },
  });
  expect([...table.keys()].sort()).toEqual(['authors/alice', 'modules/alice', 'modules/carol']);
});

test('a folder that is distrusted is taken as changed until it is looked at without', async () => {
  const dir = await tempDir();
  const root = dir.join('repo');
  const table = openTable(dir.path, 'folders');
  for (const one of ['modules/alice/a', 'modules/alice/b', 'authors/alice'])
    mkdirSync(`${root}/${one}`, { recursive: true });
  const look = () => lookAtFolders(root, openRepository(root), { kept: new Map(table.entries()) });
  const [two, one] = [['@alice/a', '@alice/b'], { modules: ['@alice/b'], authors: ['alice'] }];
  for (const [distrusted, differing] of [
    [['modules/alice/b/1.0.0.json', 'authors/alice/x/', 'modules/nobody/x', 'modules/x'], one],
    [['modules/alice/'], { modules: two, authors: [] }],
    [['modules/', 'authors/'], { modules: two, authors: ['alice'] }],
    [[], { modules: [], authors: [] }],
  ] as const) {
    const first = look();
    first.distrust(distrusted);
    first.keep(table);
    const { differing: found, surelyDiffering } = look();
    expect([found, surelyDiffering]).toEqual([differing, differing]);
  }
});
