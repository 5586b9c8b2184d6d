/** Builds in a new clone with what the last build, in another one, has kept: there all folders have other times. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { gitRepo, makeTempDir, git as runGit, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookAtFolders } from '../src/build/folders.ts';
import { readState } from '../src/build/state.ts';
import { openRepository } from '../src/repository/read.ts';
import { build } from './core.ts';
import {
  keysetFiles,
  merge,
  metadataFile,
  readTree,
  releaseFiles,
  smallRegistry,
  writeFiles,
} from './registry.ts';

type Files = ReadonlyMap<string, string | null>;

/** More modules than are asked about one by one, and than a build renders anew without rendering everything. */
const many = merge(...Array.from({ length: 120 }, (_, i) => metadataFile(`@carol/m${i}`, ['carol'])));
const lists = (version: string) => releaseFiles({ name: '@bob/lists', version, minute: 9 });
const releases = (name: string, minute = 1) => releaseFiles({ name, version: '1.0.0', minute });
const loose = (minute: number) => releases('@carol/m7', minute);
const dave = releases('@dave/new');
const gone = (files: Files): Files => new Map([...files.keys()].map((file) => [file, null]));

let dir: TempDir;
let count = 0;

beforeAll(async () => {
  dir = await makeTempDir();
  const ignore = new Map([['.gitignore', '3.0.0.json*\n']]);
  await gitRepo(dir.join('origin'), Object.fromEntries(merge(smallRegistry(), many, ignore)));
  await build(dir.join('origin'), { out: dir.join('kept'), offline: true });
});

afterAll(() => dir.remove());

async function clone(...words: string[]): Promise<string> {
  const target = dir.join(`clone-${count++}`);
  await runGit(['clone', '-q', ...words, `file://${dir.join('origin')}`, target], { cwd: dir.path });
  return target;
}

/** With times to the nanosecond, as archives keep them. */
function copyOfKept(): string {
  const out = dir.join(`out-${count++}`);
  for (const end of ['', '.state']) execFileSync('cp', ['-a', dir.join(`kept${end}`), out + end]);
  return out;
}

/** What a build in a new folder gives. */
async function clean(repo: string): Promise<Map<string, string>> {
  const out = dir.join('clean');
  for (const folder of [out, `${out}.state`]) rmSync(folder, { recursive: true, force: true });
  await build(repo, { out, offline: true });
  return readTree(out);
}

const commit = (repo: string, ...words: string[]) =>
  runGit(['-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'x', ...words], {
    cwd: repo,
  });
const add = (repo: string) => runGit(['add', '.'], { cwd: repo });

interface Case {
  readonly what: string;
  /** Before the last build, in another clone. */
  readonly before?: (repo: string) => unknown;
  readonly after: (repo: string) => unknown;
  readonly rendered: number;
}

const cases: readonly Case[] = [
  { what: 'nothing', after: () => {}, rendered: 0 },
  {
    what: 'a commit',
    after: async (repo) => {
      writeFiles(repo, lists('0.4.0'));
      await add(repo);
      await commit(repo);
    },
    rendered: 1,
  },
  {
    what: 'files that git does not know, or ignores, or does not look at, an edited one, folders that came or went',
    after: async (repo) => {
      const unseen = 'modules/carol/m9/metadata.json';
      await runGit(['update-index', '--skip-worktree', unseen], { cwd: repo });
      const edited = merge(metadataFile('@carol/m8', ['bob']), metadataFile('@carol/m9', ['bob']));
      const ignored = releaseFiles({ name: '@alice/strings', version: '3.0.0', minute: 9 });
      writeFiles(repo, merge(lists('0.4.0'), ignored, edited, dave, keysetFiles('dave')));
      writeFiles(repo, new Map([['modules/carol/m3', null]]));
      mkdirSync(`${repo}/modules/carol/m4/empty`);
    },
    rendered: 7,
  },
  {
    what: 'files that git did not know at the last build, or that were edited then, are others or gone',
    before: (repo) => {
      writeFiles(repo, merge(loose(1), releases('@carol/m8'), dave));
      writeFiles(repo, gone(lists('0.3.0')));
    },
    after: (repo) => writeFiles(repo, loose(2)),
    // One of them imports what was deleted.
    rendered: 5,
  },
];

for (const { what, before, after, rendered } of cases)
  test(`in a new clone: ${what}`, async () => {
    const out = copyOfKept();
    if (before !== undefined) {
      const last = await clone();
      await before(last);
      expect(await build(last, { out, offline: true })).toMatchObject({ full: false });
    }
    const repo = await clone();
    await after(repo);
    expect(await build(repo, { out, offline: true })).toMatchObject({ full: false, rendered });
    expect(readTree(out)).toEqual(await clean(repo));
    // What folders look like was written down again: the next build asks about none.
    const kept = new Map(readState(`${out}.state`, [])?.folders.entries());
    const { modules } = lookAtFolders(repo, openRepository(repo), { kept }).differing;
    expect(modules.length).toBeLessThan(10);
  });

test('where how files are checked out changed, all folders with other times count', async () => {
  const [repo, out] = [await clone(), copyOfKept()];
  writeFiles(repo, new Map([['.gitattributes', 'metadata.json eol=crlf\n']]));
  await add(repo);
  await commit(repo);
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: true });
});

test('a shallow clone is built as a whole, unless it has what was built', async () => {
  const [repo, out] = [await clone('--depth', '1'), copyOfKept()];
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: false, rendered: 0 });
  const old = copyOfKept();
  writeFiles(dir.join('origin'), lists('0.5.0'));
  await add(dir.join('origin'));
  await commit(dir.join('origin'));
  const shallow = await clone('--depth', '1');
  expect(await build(shallow, { out: old, offline: true })).toMatchObject({ full: true });
  expect(readTree(old)).toEqual(await clean(shallow));
});

test('where commits are all that counts, nothing else is looked for; where they are not, everything is looked at again', async () => {
  const [repo, out] = [await clone(), copyOfKept()];
  const committed = { out, offline: true, committed: true };
  writeFiles(repo, lists('0.4.0'));
  await add(repo);
  await commit(repo);
  writeFiles(repo, merge(metadataFile('@carol/m8', ['bob']), dave, keysetFiles('dave')));
  expect(await build(repo, committed)).toMatchObject({ full: false, rendered: 1 });
  await runGit(['rm', '-rq', 'modules/carol/m3'], { cwd: repo });
  await commit(repo);
  expect(await build(repo, committed)).toMatchObject({ full: false, rendered: 1 });
  const untouched = dir.join('untouched');
  await runGit(['clone', '-q', repo, untouched], { cwd: dir.path });
  expect(readTree(out)).toEqual(await clean(untouched));
  expect(await build(untouched, committed)).toMatchObject({ full: false, rendered: 0 });
  expect(await build(repo, { out, offline: true })).toMatchObject({ full: true });
  expect(readTree(out)).toEqual(await clean(repo));
  await add(repo);
  await commit(repo);
  expect(await build(repo, committed)).toMatchObject({ full: false });
  expect(readTree(out)).toEqual(await clean(repo));
});
