import { writeFile } from 'node:fs/promises';
import { parseKeyset, parseMetadata, parseRelease } from '@mlld/format';
import { git, gitRepo } from '@mlld/testing';
import { verifyRelease } from '@mlld/trust';
import { describe, expect, test } from 'vitest';
import { desk, REGISTRY, REGISTRY_JSON, STRINGS, under } from './support.ts';

const RELEASE = 'modules/alice/strings/1.0.0.json';
const BRANCH = 'publish/alice/strings/1.0.0';

/** What a maintainer of the registry does. */
async function mergeFirst(url: string): Promise<void> {
  const headers = { authorization: 'token bob-token', 'user-agent': 'test' };
  const merged = await fetch(`${url}/repos/registry/modules/pulls/1/merge`, { method: 'PUT', headers });
  expect(merged.status).toBe(200);
}

describe('by pull request', () => {
  test('a single file goes to a gist, signed, with the first keyset of its author', async () => {
    const d = await desk();
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const result = await d.publish(under(dir, 'strings.mld.md'));
    expect(result).toMatchObject({
      status: 'proposed',
      name: '@alice/strings',
      version: '1.0.0',
      reference: `${d.github.gitUrl}/registry/modules/pull/1`,
    });
    expect(d.github.gists('alice')).toHaveLength(1);
    const [pull] = d.github.pulls('registry/modules');
    expect(pull).toMatchObject({ title: 'Publish @alice/strings 1.0.0', state: 'open' });
    const proposed = (file: string) => d.github.readFile('Alice/modules', file, BRANCH);
    const release = parseRelease((await proposed(RELEASE)) ?? '');
    expect(release).toMatchObject({
      registry: REGISTRY,
      publishedBy: 101,
      needs: [],
      license: 'CC0',
      entry: 'strings.mld.md',
    });
    expect(release.exports).toEqual([
      { name: 'greet', kind: 'exe', params: [{ name: 'name' }], about: 'Greets a person.' },
      { name: 'shout', kind: 'exe', params: [{ name: 'text' }], about: 'Makes a text loud.' },
    ]);
    expect(release.source).toMatchObject({ type: 'gist', gistId: d.github.gists('alice')[0] });
    expect(await (await fetch(`${release.sources[0]}strings.mld.md`)).text()).toBe(STRINGS);
    const keyset = parseKeyset((await proposed('authors/alice/keyset/1.json')) ?? '');
    expect(keyset.anchors).toEqual({ github: { id: 101, login: 'Alice' } });
    expect(parseMetadata((await proposed('modules/alice/strings/metadata.json')) ?? '', 'm')).toMatchObject({
      owners: ['alice'],
      createdBy: 101,
    });
  });

  test('what was proposed verifies', async () => {
    const d = await desk();
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await d.publish(dir);
    const text = async (file: string) => `${await d.github.readFile('Alice/modules', file, BRANCH)}\n`;
    const keyset = {
      statement: await text('authors/alice/keyset/1.json'),
      signatures: [await text('authors/alice/keyset/1.json.sig')],
    };
    const bundle = {
      v: 1 as const,
      statement: await text(RELEASE),
      signatures: [await text(`${RELEASE}.sig`)],
      keysets: [keyset],
    };
    const verified = verifyRelease(bundle, {
      registry: REGISTRY,
      name: '@alice/strings' as never,
      version: '1.0.0',
    });
    expect(verified.evidence).toBe(2);
  });

  test('a folder in a pushed repository is published from its commit', async () => {
    const d = await desk();
    await d.github.createRepo({ owner: 'alice', name: 'mods' });
    const repo = await gitRepo(d.home.join('mods'), {
      'tools/strings/module.yml':
        'name: strings\nauthor: alice\nversion: 1.0.0\nabout: Small helpers\nlicense: CC0\n',
      'tools/strings/index.mld': '>> Greets.\nexe @greet(name) = `Hello @name`\nexport { @greet }\n',
      'tools/strings/README.md': '# strings\n',
      'tools/strings/lib/more.mld': 'exe @more() = `more`\nexport { @more }\n',
    });
    await repo.git('remote', 'add', 'origin', `${d.github.gitUrl}/alice/mods.git`);
    const path = under(repo.dir, 'tools/strings');
    await expect(d.publish(path)).rejects.toMatchObject({ code: 'COMMIT_NOT_PUSHED' });
    await git(
      ['push', '--quiet', `${d.github.gitUrl.replace('//', '//x:alice-token@')}/alice/mods.git`, 'main'],
      { cwd: repo.dir },
    );
    await writeFile(under(path, 'index.mld'), 'exe @greet(name) = `Hi @name`\nexport { @greet }\n');
    await expect(d.publish(path)).rejects.toMatchObject({
      code: 'DIRTY_TREE',
      data: { files: ['index.mld'] },
    });
    await repo.git('checkout', '--', '.');
    const result = await d.publish(path);
    const head = await repo.git('rev-parse', 'HEAD');
    expect(result.sources).toEqual([`${d.github.rawUrl}/Alice/mods/${head}/tools/strings/`]);
    const release = parseRelease((await d.github.readFile('Alice/modules', RELEASE, BRANCH)) ?? '');
    expect(release.files.map((file) => file.path)).toEqual([
      'README.md',
      'index.mld',
      'lib/more.mld',
      'module.yml',
    ]);
    expect(release.source).toMatchObject({
      type: 'directory',
      entryPoint: 'index.mld',
      repository: { commit: head, path: 'tools/strings' },
    });
    expect(d.github.gists('alice')).toEqual([]);
  });

  test('a bump in a repository is committed and pushed with the version', async () => {
    const d = await desk({ choices: ['patch'] });
    await d.github.createRepo({ owner: 'alice', name: 'mods' });
    const repo = await gitRepo(d.home.join('mods'), { 'strings.mld.md': STRINGS });
    await repo.git('remote', 'add', 'origin', `${d.github.gitUrl}/alice/mods.git`);
    await repo.git('config', 'credential.helper', '!f() { echo username=x; echo password=alice-token; }; f');
    await repo.git('push', '--quiet', '--set-upstream', 'origin', 'main');
    await d.publish(repo.dir);
    await mergeFirst(d.github.url);
    expect(await d.publish(repo.dir)).toMatchObject({ status: 'already-published' });
    await repo.commit({ 'strings.mld.md': STRINGS.replace('Makes a text loud.', 'Makes a text very loud.') });
    await repo.git('push', '--quiet');
    const result = await d.publish(repo.dir);
    expect(result).toMatchObject({ status: 'proposed', version: '1.0.1' });
    expect(await d.github.readFile('alice/mods', 'strings.mld.md')).toContain('\nversion: 1.0.1\n');
    expect(await repo.git('log', '-1', '--format=%s')).toBe('Release @alice/strings 1.0.1');
    expect(result.sources[0]).toContain(await repo.git('rev-parse', 'HEAD'));
  });

  test('a private repository, and a dirty one with --gist, are published as a gist', async () => {
    const d = await desk();
    await d.github.createRepo({ owner: 'alice', name: 'hidden', private: true });
    const repo = await gitRepo(d.home.join('hidden'), { 'strings.mld.md': STRINGS });
    await repo.git('remote', 'add', 'origin', `${d.github.gitUrl}/alice/hidden.git`);
    expect((await d.publish(repo.dir, { dryRun: true })).plan?.place).toContain('gist');
    expect(d.notes.join()).toContain('private');
    await d.github.createRepo({ owner: 'alice', name: 'open', files: { 'README.md': 'x' } });
    await repo.git('remote', 'set-url', 'origin', `${d.github.gitUrl}/alice/open.git`);
    await writeFile(under(repo.dir, 'strings.mld.md'), `${STRINGS}\n`);
    await expect(d.publish(repo.dir)).rejects.toMatchObject({ code: 'DIRTY_TREE' });
    expect(await d.publish(repo.dir, { gist: true })).toMatchObject({ status: 'proposed' });
    expect(d.github.gists('alice')).toHaveLength(1);
  });

  test('a fork that takes its time is waited for', async () => {
    const d = await desk({ forkDelay: 700 });
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    expect(await d.publish(dir)).toMatchObject({ status: 'proposed' });
  });

  test('running again proposes nothing twice; after the merge it says that it is published', async () => {
    const d = await desk();
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const first = await d.publish(dir);
    const again = await d.publish(dir);
    expect(again.reference).toBe(first.reference);
    expect(d.github.gists('alice')).toHaveLength(1);
    expect(d.github.pulls('registry/modules')).toHaveLength(1);
    await mergeFirst(d.github.url);
    expect(await d.publish(dir)).toMatchObject({ status: 'already-published' });
  });

  test('without the notes of the first run, GitHub itself tells what was begun', async () => {
    const d = await desk();
    const one = await d.folder('one', { 'strings.mld.md': STRINGS });
    const first = await d.publish(one);
    const before = await d.github.readFile('Alice/modules', RELEASE, BRANCH);
    const two = await d.folder('two', { 'strings.mld.md': STRINGS });
    expect((await d.publish(two, { now: new Date(Date.now() + 5000) })).reference).toBe(first.reference);
    expect(d.github.gists('alice')).toHaveLength(1);
    expect(d.github.pulls('registry/modules')).toHaveLength(1);
    expect(await d.github.readFile('Alice/modules', RELEASE, BRANCH)).toBe(before);
  });

  test('a changed module renews its own open pull request', async () => {
    const d = await desk();
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const first = await d.publish(dir);
    await writeFile(under(dir, 'strings.mld.md'), STRINGS.replace('Hello', 'Hi'));
    const second = await d.publish(dir);
    expect(second.reference).toBe(first.reference);
    expect(second.digest).not.toBe(first.digest);
    expect(parseRelease((await d.github.readFile('Alice/modules', RELEASE, BRANCH)) ?? '').digest).toBe(
      second.digest,
    );
  });

  test('a dry run makes nothing public', async () => {
    const d = await desk();
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const result = await d.publish(dir, { dryRun: true });
    expect(result).toMatchObject({ status: 'dry-run', plan: { place: 'a new public gist of Alice' } });
    expect(d.github.requests.every((request) => request.method === 'GET')).toBe(true);
  });

  test('a missing token, a missing key and a foreign name are told apart', async () => {
    const out = await desk({ signedIn: false });
    const dir = await out.folder('strings', { 'strings.mld.md': STRINGS });
    await expect(out.publish(dir)).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
    const keyless = await desk({ keyOnGitHub: false });
    const there = await keyless.folder('strings', { 'strings.mld.md': STRINGS });
    await expect(keyless.publish(there)).rejects.toMatchObject({ code: 'NO_SIGNING_KEY' });
    const foreign = await keyless.folder('foreign', {
      'strings.mld.md': STRINGS.replace('author: alice', 'author: bob'),
    });
    await expect(keyless.publish(foreign)).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(keyless.github.gists('alice')).toEqual([]);
  });
});

describe('the rules of the registry', () => {
  const OTHERS = {
    'registry.json': REGISTRY_JSON,
    'modules/alice/strings/metadata.json': `${JSON.stringify({ name: 'strings', author: 'alice', about: 'x', owners: ['bob'] })}\n`,
    'modules/bob/string/metadata.json': `${JSON.stringify({ name: 'string', author: 'bob', about: 'x', owners: ['bob'] })}\n`,
    'modules/alice/string/metadata.json': `${JSON.stringify({ name: 'string', author: 'alice', about: 'x', owners: ['alice'] })}\n`,
  };

  test('a module that others own is refused before anything is sent', async () => {
    const d = await desk();
    await d.github.createRepo({ owner: 'registry', name: 'owned', files: OTHERS });
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await expect(d.publish(dir, { to: 'registry/owned' })).rejects.toMatchObject({ code: 'NOT_OWNER' });
    expect(d.github.pulls('registry/owned')).toEqual([]);
  });

  test('a name that looks like another is remarked upon', async () => {
    const d = await desk();
    await d.github.createRepo({
      owner: 'registry',
      name: 'named',
      files: { ...OTHERS, 'modules/alices/strinq/metadata.json': '{}' },
    });
    const dir = await d.folder('strinq', { 'strinq.mld.md': STRINGS.replaceAll('strings', 'strinq') });
    expect(await d.publish(dir, { to: 'registry/named' })).toMatchObject({ status: 'proposed' });
    expect(d.notes.join()).toContain('[name/similar]');
  });
});
