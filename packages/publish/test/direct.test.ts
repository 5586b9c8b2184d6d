import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { git, gitRepo } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { desk, REGISTRY_JSON, STRINGS, under } from './support.ts';

const RELEASE = 'modules/alice/strings/1.0.0.json';

describe('straight into a registry repository', () => {
  async function registryFolder(d: Awaited<ReturnType<typeof desk>>) {
    return gitRepo(d.home.join('registry'), { 'registry.json': REGISTRY_JSON });
  }

  test('a folder gets one commit, without GitHub', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await writeFile(under(registry.dir, 'unrelated.txt'), 'not mine');
    const options = { registry: registry.dir, to: undefined, source: dir };
    const result = await d.publish(dir, options);
    expect(result).toMatchObject({ status: 'published', sources: [`file://${dir}/`] });
    expect((await registry.git('show', '--name-only', '--format=%s', 'HEAD')).split('\n')).toEqual([
      'Publish @alice/strings 1.0.0',
      '',
      'authors/alice/keyset/1.json',
      'authors/alice/keyset/1.json.sig',
      'modules/alice/strings/1.0.0.json',
      'modules/alice/strings/1.0.0.json.sig',
      'modules/alice/strings/metadata.json',
    ]);
    expect(await readdir(dir)).toEqual(['strings.mld.md']);
    expect(await d.publish(dir, options)).toMatchObject({ status: 'already-published' });
    expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('2');
    expect(d.github.requests).toEqual([]);
  });

  test('a next version asks for the kind of change, and rewrites the version', async () => {
    const d = await desk({ signedIn: false, choices: ['minor'] });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const options = { registry: registry.dir, to: undefined, source: dir };
    await d.publish(dir, options);
    await writeFile(
      under(dir, 'strings.mld.md'),
      STRINGS.replace('Makes a text loud.', 'Makes a text very loud.'),
    );
    expect(await d.publish(dir, options)).toMatchObject({ status: 'published', version: '1.1.0' });
    expect(await readFile(under(dir, 'strings.mld.md'), 'utf8')).toContain('\nversion: 1.1.0\n');
    expect(await registry.git('ls-tree', '--name-only', 'HEAD', 'modules/alice/strings/')).toContain(
      '1.1.0.json',
    );
  });

  test('a breaking change under a minor version is refused unless forced', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const options = { registry: registry.dir, to: undefined, source: dir };
    await d.publish(dir, options);
    const broken = STRINGS.replace('export { @greet, @shout }', 'export { @greet }')
      .replace('exe @greet(name)', 'exe @greet(who)')
      .replace('@name`', '@who`');
    await writeFile(under(dir, 'strings.mld.md'), broken);
    const refused = d.publish(dir, { ...options, bump: 'minor' });
    await expect(refused).rejects.toMatchObject({
      code: 'BREAKING_CHANGE',
      data: {
        changes: [
          { kind: 'parameter-renamed', name: 'greet' },
          { kind: 'export-removed', name: 'shout' },
        ].sort(),
      },
    });
    await expect(d.publish(dir, { ...options, version: '1.0.0' })).rejects.toMatchObject({
      code: 'VERSION_EXISTS',
    });
    await expect(d.publish(dir, { ...options, version: '0.9.0' })).resolves.toMatchObject({
      status: 'published',
    });
    await expect(d.publish(dir, { ...options, bump: 'major' })).resolves.toMatchObject({ version: '2.0.0' });
    await expect(d.publish(dir, { ...options, version: '1.0.0-beta.1' })).rejects.toMatchObject({
      code: 'BAD_VERSION',
    });
    await expect(d.publish(dir, { ...options, version: '1.1.0', force: true })).resolves.toMatchObject({
      version: '1.1.0',
    });
  });

  test('a version is compared with the one whose importers get it', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const options = { registry: registry.dir, to: undefined, source: dir };
    await d.publish(dir, options);
    await d.publish(dir, { ...options, version: '2.0.0' });
    await writeFile(
      under(dir, 'strings.mld.md'),
      STRINGS.replace('export { @greet, @shout }', 'export { @greet }'),
    );
    await expect(d.publish(dir, { ...options, version: '1.0.1' })).rejects.toMatchObject({
      code: 'BREAKING_CHANGE',
    });
    await expect(d.publish(dir, { ...options, version: '2.1.0' })).rejects.toMatchObject({
      code: 'BREAKING_CHANGE',
    });
  });

  test('what the new version can do beyond the one before is told before anything is public', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const needs = (text: string, code: string) => text.replace('export {', `${code}\n\nexport {`);
    const first = await d.folder('first', { 'strings.mld.md': STRINGS });
    await d.publish(first, { registry: registry.dir, to: undefined, source: first });
    const second = await d.folder('second', {
      'strings.mld.md': needs(STRINGS, 'needs { cmd }\n>> Logs.\nexe @log() = cmd { git log }').replace(
        '1.0.0',
        '1.1.0',
      ),
    });
    const options = { registry: registry.dir, to: undefined, source: second, dryRun: true };
    const plan = async () => (await d.publish(second, options)).plan?.capabilities;
    expect(await plan()).toEqual({ since: '1.0.0', added: ['command git'], removed: [] });
    await writeFile(under(first, 'strings.mld.md'), 'other bytes than were signed');
    expect(await plan()).not.toHaveProperty('since');
  });

  test('of an unsigned record the exports are read from its source', async () => {
    const d = await desk({ signedIn: false });
    const old = await d.folder('old', { 'strings.mld.md': STRINGS });
    const record = {
      version: '1.0.0',
      needs: [],
      license: 'CC0',
      source: { type: 'github', url: `file://${old}/strings.mld.md`, contentHash: 'a'.repeat(64) },
    };
    const registry = await gitRepo(d.home.join('registry'), {
      'registry.json': REGISTRY_JSON,
      'modules/alice/strings/1.0.0.json': JSON.stringify(record),
    });
    const text = STRINGS.replace('export { @greet, @shout }', 'export { @greet }').replace('1.0.0', '1.1.0');
    const dir = await d.folder('strings', { 'strings.mld.md': text });
    const options = { registry: registry.dir, to: undefined, source: dir };
    await expect(d.publish(dir, options)).rejects.toMatchObject({ code: 'BREAKING_CHANGE' });
    await rm(old, { recursive: true });
    expect(await d.publish(dir, options)).toMatchObject({ status: 'published' });
    expect(d.notes.join()).toContain("can't be told");
  });

  test('a URL is cloned and pushed to, on top of what others pushed', async () => {
    const d = await desk({ signedIn: false });
    const bare = d.home.join('central.git');
    const seed = await registryFolder(d);
    await git(['clone', '--quiet', '--bare', seed.dir, bare], { cwd: d.home.path });
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    expect(await d.publish(dir, { registry: bare, to: undefined, source: dir })).toMatchObject({
      status: 'published',
    });
    expect(await git(['show', `main:${RELEASE}`], { cwd: bare })).toContain('"@alice/strings"');
    const url = `file://${bare}`;
    expect(await d.publish(dir, { registry: url, to: undefined, source: dir })).toMatchObject({
      status: 'already-published',
    });
  });

  test('another author’s key is refused, and so is a folder that is no registry', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    await d.publish(dir, { registry: registry.dir, to: undefined, source: dir });
    const other = await desk({ signedIn: false });
    const changed = await other.folder('strings', { 'strings.mld.md': STRINGS.replace('1.0.0', '1.0.1') });
    const options = { registry: registry.dir, to: undefined, source: changed };
    await expect(other.publish(changed, options)).rejects.toMatchObject({ code: 'NOT_OWNER' });
    await expect(other.publish(changed, { ...options, registry: changed })).rejects.toMatchObject({
      code: 'REGISTRY_NOT_FOUND',
    });
    await expect(
      other.publish(changed, { ...options, registry: registry.dir, source: undefined }),
    ).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
  });

  test('bytes that are not at the source are refused', async () => {
    const d = await desk({ signedIn: false });
    const registry = await registryFolder(d);
    const dir = await d.folder('strings', { 'strings.mld.md': STRINGS });
    const lying = await d.folder('lying', { 'strings.mld.md': STRINGS.replace('Hello', 'Hallo') });
    await expect(
      d.publish(dir, { registry: registry.dir, to: undefined, source: lying }),
    ).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    expect(await registry.git('rev-list', '--count', 'HEAD')).toBe('1');
  });
});
