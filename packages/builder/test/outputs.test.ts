import { rmSync } from 'node:fs';
import { layout, type ModuleName, parseIndex } from '@mlld/format';
import { gitRepo, tempDir } from '@mlld/testing';
import { expect, test } from 'vitest';
import { build } from '../src/index.ts';
import type { Output } from '../src/outputs/output.ts';
import {
  changeFiles,
  merge,
  metadataFile,
  readTree,
  releaseFiles,
  signer,
  smallRegistry,
  writeFiles,
} from './registry.ts';

/** Stars counted in rows, told in line 1 of the index (as an advisory, the member that there is) and in a file. */
const counted: Output = {
  name: 'counted',
  version: 1,
  owns: ['counted/', 'counted.txt'],
  reads: ['stars'],
  early({ statements, rows }, { all, paths }) {
    for (const file of all ? statements.list('stars') : paths) {
      const said = file.startsWith('stars/') ? statements.read(file)?.said : undefined;
      if (said?.type === 'star') rows.set(file, said.name);
      else rows.delete(file);
    }
    const names = [...rows.entries()].map(([, name]) => name as ModuleName).sort();
    const notes = new Map(names.map((name) => [name, { advisories: [`starred`] }]));
    return { files: [['counted.txt', names.map((name) => `${name}\n`).join('')]], notes };
  },
  async *late(facts, { all, modules }) {
    const names = all ? facts.names() : modules;
    for (const name of names) {
      const file = `counted/${name.slice(1)}.json`;
      const module = await facts.module(name);
      const { header, versions, record } = module ?? {};
      expect(facts.record(name)).toEqual(record);
      const text = JSON.stringify([header?.about, versions?.length, record?.exports, record?.advisories]);
      yield [file, module && text];
    }
    yield [
      'counted/all',
      facts
        .names()
        .map((name) => `${name} ${facts.record(name)?.version}\n`)
        .join(''),
    ];
  },
};

const star = (by: string, name: string) => {
  const said = { type: 'star', v: 1, registry: 'registry.example.org', n: 1, by, name };
  const text = `${JSON.stringify({ ...said, starred: true, at: '2026-01-02T00:00:00Z' }, null, 2)}\n`;
  const file = `stars/${by}/${name.slice(1)}/1.json`;
  return new Map([
    [file, text],
    [`${file}.sig`, signer(by).sign(text, 'mlld-star@v1')],
  ]);
};

const steps: readonly ReadonlyMap<string, string | null>[] = [
  star('bob', '@alice/strings'),
  merge(releaseFiles({ name: '@alice/strings', version: '1.3.0', minute: 20 }), star('alice', '@bob/lists')),
  new Map([['stars/bob/alice/strings/1.json', null]]),
  new Map([['modules/alice/report', null]]),
  metadataFile('@bob/lists', ['bob']),
  changeFiles('@bob/lists', 1, { type: 'deprecate', message: 'gone' }),
];

for (const kind of ['in a git work tree', 'in a folder'] as const)
  test(`an output ${kind} gives step by step what it gives at once`, { timeout: 60_000 }, async () => {
    const dir = await tempDir();
    const [repo, out, fresh] = [dir.join('repo'), dir.join('out'), dir.join('fresh')];
    const outputs = [counted];
    writeFiles(repo, smallRegistry());
    const git = kind === 'in a folder' ? undefined : await gitRepo(repo);
    const commit = async () => {
      await git?.commit({});
    };
    await commit();
    await build(repo, { out, offline: true, outputs });
    for (const step of steps) {
      writeFiles(repo, step);
      await commit();
      expect(await build(repo, { out, offline: true, outputs })).toMatchObject({ full: false });
      for (const folder of [fresh, `${fresh}.state`]) rmSync(folder, { recursive: true, force: true });
      await build(repo, { out: fresh, offline: true, outputs });
      expect(readTree(out)).toEqual(readTree(fresh));
    }
    const index = parseIndex(readTree(out).get(layout.index('@bob/lists' as ModuleName)) ?? '');
    expect(index.header.advisories).toEqual(['starred']);
    expect(readTree(out).get('counted/all')).toBe('@alice/strings 1.3.0\n@bob/lists 0.3.0\n');
    expect(await build(repo, { out, offline: true, outputs })).toMatchObject({ rendered: 0, written: 0 });
  });

test('an output of another version writes everything anew, and what it no longer gives is gone', async () => {
  const dir = await tempDir();
  const [repo, out] = [dir.join('repo'), dir.join('out')];
  writeFiles(repo, smallRegistry());
  await build(repo, { out, offline: true, outputs: [counted] });
  expect(readTree(out).has('counted/bob/lists.json')).toBe(true);
  const changed: Output = { ...counted, version: 2, late: () => [['counted/only', 'one']] };
  expect(await build(repo, { out, offline: true, outputs: [changed] })).toMatchObject({ full: true });
  expect([...readTree(out).keys()].filter((file) => file.startsWith('counted'))).toEqual([
    'counted.txt',
    'counted/only',
  ]);
});
