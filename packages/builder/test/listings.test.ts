import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { openListings } from '../src/build/listings.ts';
import { openTable } from '../src/build/table.ts';
import { openRepository } from '../src/repository/read.ts';
import { writeFiles } from './registry.ts';

test('an author’s folder is listed again when something came or went, and never while it is fresh', async () => {
  const dir = await tempDir();
  const root = dir.join('repo');
  const table = openTable(dir.path, 'listings');
  const module = (name: string) => mkdirSync(`${root}/modules/${name}`, { recursive: true });
  const age = (author: string) => utimesSync(`${root}/modules/${author}`, 1000, 1000);
  const look = () => {
    const asked: string[] = [];
    const listings = openListings(root, table);
    const repository = openRepository(root);
    const names = repository.names({
      known: listings.known,
      listed: (author, own) => {
        asked.push(author);
        listings.listed(author, own);
      },
    });
    listings.keep(table);
    return { asked, names };
  };
  for (const one of ['alice/a', 'alice/b', 'bob/a']) module(one);
  writeFiles(root, new Map([['modules/carol/stray.txt', 'no folder']]));
  for (const one of ['alice', 'carol']) age(one);

  const names = ['@alice/a', '@alice/b', '@bob/a'];
  expect(look()).toEqual({ asked: ['alice', 'bob'], names });
  // bob's has just changed, and carol's has a finding that each build is to tell.
  expect(look()).toEqual({ asked: ['bob'], names });
  age('bob');
  expect(look().asked).toEqual(['bob']);
  expect(look().asked).toEqual([]);

  module('alice/c');
  rmSync(`${root}/modules/bob`, { recursive: true });
  expect(look()).toEqual({ asked: ['alice'], names: ['@alice/a', '@alice/b', '@alice/c'] });
  expect([...table.keys()]).toEqual([]);
});
