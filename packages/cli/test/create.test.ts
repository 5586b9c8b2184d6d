/** Templates and themes of a registry, as their users meet them: published, resolved, verified, made, updated, installed. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkModule, readModule } from '@mlld/publish';
import { bareEnvironment, git, makeTempDir, runCliHere, type TempDir, throwawayKeys } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const showcase = fileURLToPath(new URL('../../../showcase', import.meta.url));
const bundle = fileURLToPath(new URL('../dist/bundle/mlld.cjs', import.meta.url));
let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);
const mlld = (args: readonly string[], cwd = dir.path) =>
  runCliHere(args, { cwd, env: { HOME: at('home') } });

async function good(args: readonly string[], cwd?: string): Promise<string> {
  const { code, stdout, stderr } = await mlld(args, cwd);
  expect(code, `${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}
const json = async (args: readonly string[], cwd?: string) =>
  JSON.parse(await good([...args, '--json'], cwd));

async function publish(folder: string): Promise<void> {
  await good(['publish', folder, '--registry', 'repo', '--source', folder, '--key', 'templates', '--yes']);
}
const build = () => good(['registry', 'build', 'repo', '--out', 'dist', '--no-site']);

/** The greeting template of these tests, in a version. */
function template(version: string, change: (files: Map<string, string>) => void = () => {}): string {
  const files = new Map([
    [
      'module.yml',
      `name: greet\nauthor: templates\nversion: ${version}\nkind: template\nentry: template.yml\nabout: A greeting\nlicense: CC0\nkeywords: [x]\nrepo: https://example.org/\n`,
    ],
    [
      'template.yml',
      'type: template\nv: 1\nprompts:\n  - { name: who, ask: Who?, default: World }\n  - { name: loud, kind: confirm, ask: Loud? }\nfiles:\n  - { match: LOUD.md, when: loud }\nnext:\n  - cd {{project}}\n',
    ],
    ['README.md', '# greet\n\nA greeting.\n'],
    ['files/main.mld', '>> One\nshow "Hello {{who}}"\n>> Two\n\n\n\n>> Three\n'],
    ['files/notes/__who.lower__.md', 'About {{who}}\n'],
    ['files/LOUD.md', 'HELLO\n'],
    ['files/dot_gitignore', 'x\n'],
  ]);
  change(files);
  const folder = at(`greet-${version}`);
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  return folder;
}

beforeAll(async () => {
  dir = await makeTempDir('mlld-create-');
  mkdirSync(at('home'));
  await throwawayKeys(dir.path, ['templates', 'themes']);
  await good(['registry', 'init', 'repo', '--name', 'registry.example.org']);
  const info = JSON.parse(readFileSync(at('repo/registry.json'), 'utf8'));
  writeFileSync(at('repo/registry.json'), JSON.stringify({ ...info, fileSources: true }));
  await git(['init', '--quiet', '--initial-branch', 'main'], { cwd: at('repo') });
  await git(['add', '--all'], { cwd: at('repo') });
  await git(['commit', '--quiet', '--message', 'Begin'], { cwd: at('repo') });
  await publish(template('1.0.0'));
  const harbour = path.join(showcase, 'themes/harbour');
  await good(['publish', harbour, '--registry', 'repo', '--source', harbour, '--key', 'themes', '--yes']);
  await build();
}, 60_000);
afterAll(() => dir.remove());

const from = (ref: string) => ['--template', ref, '--registry', at('dist'), '--dns', 'off'];

describe('mlld create', () => {
  test('makes a project from a verified template, and remembers which', async () => {
    const made = await json([
      'create',
      'tea',
      ...from('@templates/greet'),
      '--set',
      'who=Ada',
      '--set',
      'loud=yes',
    ]);
    expect(made).toMatchObject({
      template: '@templates/greet',
      version: '1.0.0',
      written: true,
      next: ['cd tea'],
    });
    expect(made.files).toEqual(['.gitignore', 'LOUD.md', 'main.mld', 'notes/ada.md', 'mlld-template.json']);
    expect(readFileSync(at('tea/notes/ada.md'), 'utf8')).toBe('About Ada\n');
    const record = JSON.parse(readFileSync(at('tea/mlld-template.json'), 'utf8'));
    expect(record).toMatchObject({
      template: '@templates/greet',
      version: '1.0.0',
      answers: { who: 'Ada', loud: true, project: 'tea' },
    });
    expect(record.digest).toBe(
      (await json(['info', '@templates/greet', '--registry', 'dist'])).version.digest,
    );
  });

  test('shows a tree of what it would write, and writes nothing', async () => {
    const shown = await good(['create', 'dry', ...from('@templates/greet'), '--dry-run']);
    expect(shown).toContain('└─ notes/\n   └─ world.md');
    expect(existsSync(at('dry'))).toBe(false);
  });

  test('never writes over what is there, unless asked', async () => {
    mkdirSync(at('full'));
    writeFileSync(at('full/main.mld'), 'mine');
    const refused = await mlld(['create', 'full', ...from('@templates/greet'), '--yes']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('main.mld')]);
    expect(readdirSync(at('full'))).toEqual(['main.mld']);
    await good(['create', 'full', ...from('@templates/greet'), '--yes', '--force']);
    expect(readFileSync(at('full/main.mld'), 'utf8')).toContain('Hello World');
    expect(existsSync(at('full/.mlld'))).toBe(false);
  });

  test.each([
    [['create', 'x'], 2, '--template'],
    [['create', 'x', '--template', '@templates/greet', '--set', 'wh=x'], 2, 'wh'],
    [['create', 'x', '--template', '@themes/harbour'], 1, 'wanted a template, found a theme'],
    [['create', 'x', '--template', '@templates/none'], 3, '@templates/none'],
  ])('%j is refused', async (args, code, says) => {
    const result = await mlld([...args, '--registry', at('dist'), '--dns', 'off']);
    expect(result).toMatchObject({ code, stderr: expect.stringContaining(says) });
    expect(existsSync(at('x'))).toBe(false);
  });

  test('a source that lies makes nothing', async () => {
    const main = at('greet-1.0.0/files/main.mld');
    const before = readFileSync(main, 'utf8');
    writeFileSync(main, `${before}>> more\n`);
    cpSync(at('dist'), at('lying'), { recursive: true, filter: (file) => !file.endsWith('/blob') });
    const args = [
      'create',
      'x',
      '--template',
      '@templates/greet',
      '--registry',
      at('lying'),
      '--dns',
      'off',
      '--cache-dir',
      at('empty'),
    ];
    expect(await mlld(args)).toMatchObject({ code: 4, stderr: expect.stringContaining('main.mld') });
    expect(existsSync(at('x'))).toBe(false);
    writeFileSync(main, before);
  });

  test('killed at any moment, all of it is there or nothing', async () => {
    const env = bareEnvironment({ HOME: at('home') });
    for (const [i, ms] of [60, 140, 220, 300].entries()) {
      const child = spawn(process.execPath, [bundle, 'create', `killed-${i}`, ...from('@templates/greet')], {
        cwd: dir.path,
        env,
      });
      setTimeout(() => child.kill('SIGKILL'), ms);
      await new Promise((resolve) => child.on('exit', resolve));
      const target = at(`killed-${i}`);
      if (existsSync(target))
        expect(readdirSync(target).sort()).toEqual(['.gitignore', 'main.mld', 'mlld-template.json', 'notes']);
    }
  });

  test('--update merges what a newer version changed, and marks what both did', async () => {
    await good(['create', 'old', ...from('@templates/greet')]);
    writeFileSync(
      at('old/main.mld'),
      readFileSync(at('old/main.mld'), 'utf8').replace('>> Three', '>> My three'),
    );
    writeFileSync(at('old/notes/world.md'), 'My notes\n');
    await publish(
      template('1.1.0', (files) => {
        files.set('files/main.mld', files.get('files/main.mld')!.replace('>> One', '>> First'));
        files.set('files/notes/__who.lower__.md', 'All about {{who}}\n');
        files.set('files/new.mld', 'show 1\n');
        files.delete('files/dot_gitignore');
      }),
    );
    await build();
    const update = ['create', '--update', '--registry', at('dist'), '--dns', 'off'];
    const dry = await mlld([...update, '--dry-run', '--json'], at('old'));
    expect(JSON.parse(dry.stdout)).toMatchObject({ from: '1.0.0', to: '1.1.0', written: false });
    expect(existsSync(at('old/new.mld'))).toBe(false);
    const result = await mlld(update, at('old'));
    expect(result.code).toBe(6);
    expect(
      result.stdout
        .split('\n')
        .slice(0, 4)
        .map((line) => line.split(/ +/).slice(0, 2).join(' ')),
    ).toEqual(['removed .gitignore', 'merged main.mld', 'added new.mld', 'conflict notes/world.md']);
    expect(readFileSync(at('old/main.mld'), 'utf8')).toBe(
      '>> First\nshow "Hello World"\n>> Two\n\n\n\n>> My three\n',
    );
    expect(readFileSync(at('old/notes/world.md'), 'utf8')).toBe(
      '<<<<<<< yours\nMy notes\n=======\nAll about World\n>>>>>>> @templates/greet 1.1.0\n',
    );
    expect(JSON.parse(readFileSync(at('old/mlld-template.json'), 'utf8')).version).toBe('1.1.0');
    expect(await good(update, at('old'))).toContain('the newest');
  });
});

describe('mlld theme', () => {
  test('those of the showcase pass mlld check', async () => {
    for (const name of readdirSync(path.join(showcase, 'themes'))) {
      const module = await readModule(path.join(showcase, 'themes', name));
      expect((await checkModule(module, { env: {} })).findings).toEqual([]);
    }
  });

  test('installs a verified theme and takes it away again', async () => {
    mkdirSync(at('home/.vim'));
    const args = ['theme', 'install', '@themes/harbour', '--registry', at('dist'), '--dns', 'off'];
    expect(await mlld(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('--yes') });
    expect(readdirSync(at('home/.vim'))).toEqual([]);
    await good([...args, '--yes']);
    expect(readdirSync(at('home/.vim/colors')).sort()).toEqual(['harbour-dark.vim', 'harbour-light.vim']);
    expect(await good(['theme', 'list'])).toContain('@themes/harbour@1.0.0');
    await good(['theme', 'uninstall', '@themes/harbour']);
    expect(readdirSync(at('home/.vim'))).toEqual([]);
    rmSync(at('home/.vim'), { recursive: true });
  });

  test('a new one passes its checks, is built and shown', async () => {
    await good(['theme', 'new', 'tide', '--author', 'alice']);
    await good(['check', 'tide', '--strict', '--offline']);
    expect(await good(['theme', 'check', 'tide'])).toContain('Tide Dark: AA');
    await good(['theme', 'build', 'tide', '--out', 'built']);
    expect(readdirSync(at('built')).sort()).toEqual([
      'highlight',
      'shiki',
      'sublime',
      'terminal',
      'textmate',
      'vim',
      'vscode',
    ]);
    await good(['theme', 'preview', 'tide', '--html', 'p.html', '--svg', 'p.svg', '--variant', 'light']);
    expect(readFileSync(at('p.svg'), 'utf8')).toContain('aria-label="Tide Light"');
    const source = readFileSync(at('tide/theme.json'), 'utf8').replace('#97a3b4', '#4a4f57');
    writeFileSync(at('tide/theme.json'), source);
    const dim = await mlld(['theme', 'check', 'tide']);
    expect(dim).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/scopes\.comment .* wanted 4\.5; #[0-9a-f]{6} would do/),
    });
    expect((await mlld(['check', 'tide', '--offline'])).stdout).toContain('theme/contrast');
  });

  test('search finds by kind', async () => {
    const found = await json(['search', '--kind', 'theme', '--registry', 'dist']);
    expect(found.hits.map(({ record }: { record: { name: string } }) => record.name)).toEqual([
      '@themes/harbour',
    ]);
    expect(await good(['info', '@themes/harbour', '--registry', 'dist'])).toContain(
      'mlld theme install @themes/harbour',
    );
  });
});

describe('mlld collection', () => {
  const as = ['--registry', 'repo', '--author', 'themes', '--key', 'themes', '--yes'];

  test('is made, signed, listed with its reasons, and taken back', async () => {
    await good(['collection', 'new', 'calm', '--title', 'Calm work', '--about', 'For long days']);
    expect(await mlld(['collection', 'sign', 'calm', ...as])).toMatchObject({ code: 2 });
    await good(['collection', 'add', 'calm', '@themes/harbour', '--reason', 'Easy on the eyes']);
    await good(['collection', 'add', 'calm', '@templates/greet', '--reason', 'A kind start']);
    await good(['collection', 'sign', 'calm', ...as]);
    await build();
    const list = ['--registry', at('dist'), '--dns', 'off'];
    const { collections } = await json(['collection', 'list', ...list]);
    expect(collections).toMatchObject([
      {
        by: 'themes',
        slug: 'calm',
        n: 1,
        modules: [{ name: '@themes/harbour', reason: 'Easy on the eyes' }, { name: '@templates/greet' }],
      },
    ]);
    expect(await good(['collection', 'show', '@themes/calm', ...list])).toContain(
      '@themes/harbour\n  Easy on the eyes',
    );
    expect(await mlld(['collection', 'show', 'none', ...list])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('@themes/calm'),
    });
    const all = at('dist/collections/all');
    const text = readFileSync(all, 'utf8');
    writeFileSync(all, text.replace('Easy on the eyes', 'Easy on the ears'));
    const forged = await mlld(['collection', 'list', ...list]);
    expect(forged).toMatchObject({
      code: 0,
      stdout: '',
      stderr: expect.stringContaining('did not sign these bytes'),
    });
    await good(['collection', 'sign', 'calm', '--withdraw', ...as]);
    await build();
    expect((await json(['collection', 'list', ...list])).collections).toEqual([]);
    expect(existsSync(all)).toBe(false);
  });

  test('names only modules that are there', async () => {
    await good(['collection', 'new', 'ghost', '--title', 'Ghosts', '--about', 'None']);
    await good(['collection', 'add', 'ghost', '@themes/none', '--reason', 'x']);
    expect(await mlld(['collection', 'sign', 'ghost', ...as])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('@themes/none'),
    });
  });
});

test('mlld deprecate says what replaces a module, and takes it back', async () => {
  const as = ['--registry', 'repo', '--author', 'templates', '--key', 'templates', '--yes'];
  await good([
    'deprecate',
    '@templates/greet',
    'Harbour is nicer',
    '--replaced-by',
    '@themes/harbour',
    ...as,
  ]);
  await build();
  const info = () => good(['info', '@templates/greet', '--registry', 'dist']);
  expect(await info()).toContain('deprecated: Harbour is nicer; use @themes/harbour');
  const added = await mlld(['create', 'late', ...from('@templates/greet')]);
  expect(added.stderr).toContain('use @themes/harbour');
  expect(
    await mlld([
      'deprecate',
      '@templates/greet',
      ...as.slice(0, 2),
      '--author',
      'themes',
      '--key',
      'themes',
      '--yes',
    ]),
  ).toMatchObject({ code: 1 });
  await good(['deprecate', '@templates/greet', '--undo', ...as]);
  await build();
  expect(await info()).not.toContain('deprecated');
});
