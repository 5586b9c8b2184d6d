/** Templates of the showcase: each makes a project that holds by itself. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkModule, readModule } from '@mlld/publish';
import { makeTempDir, runCliHere, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

const showcase = fileURLToPath(new URL('../../../showcase', import.meta.url));
let dir: TempDir;
const at = (...parts: string[]) => dir.join(...parts);

async function good(args: readonly string[], cwd = dir.path): Promise<string> {
  const { code, stdout, stderr } = await runCliHere(args, { cwd, env: { HOME: at('home') } });
  expect(code, `${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}

beforeAll(async () => {
  dir = await makeTempDir('mlld-create-');
  mkdirSync(at('home'));
});
afterAll(() => dir.remove());

const names = readdirSync(path.join(showcase, 'templates'));
test('are at least five', () => expect(names.length).toBeGreaterThanOrEqual(5));

test.each(names)('%s passes mlld check, and what it makes runs its own checks', async (name) => {
  const folder = path.join(showcase, 'templates', name);
  expect((await checkModule(await readModule(folder), { env: {} })).findings).toEqual([]);
  await good(['create', `made/${name}`, '--template', folder, '--yes']);
  await ownChecks[name]?.(at('made', name));
  expect(Object.keys(ownChecks)).toContain(name);
});

const ownChecks: Readonly<Record<string, (made: string) => Promise<void>>> = {
  'mlld-project': async (made) => {
    expect(await good(['run', 'main.mld'], made)).toBe('Hello Ada!\nHello Grace!\n');
    expect(await testsOf(made)).toBe(1);
  },
  module: async (made) => {
    await good(['check', '--strict', '--offline'], made);
    await good([
      'create',
      'made/document',
      '--template',
      path.join(showcase, 'templates/module'),
      '--set',
      'form=document',
      '--set',
      'ci=yes',
    ]);
    await good(['check', '--strict', '--offline'], at('made/document'));
    expect(existsSync(at('made/document/.github/workflows/check.yml'))).toBe(true);
  },
  'mcp-server': async (made) => {
    expect(await good(['run', 'try.mld'], made)).toBe('3 words\n');
    expect(await testsOf(made)).toBe(3);
  },
  'api-docs': async (made) => {
    expect(await good(['run', 'docs.mld'], made)).toContain('| GET | /items/:id | Gives one item |');
    await good([
      'create',
      'made/sections',
      '--template',
      path.join(showcase, 'templates/api-docs'),
      '--set',
      'style=sections',
    ]);
    expect(await good(['run', 'docs.mld'], at('made/sections'))).toContain('## POST /items\n');
  },
  'registry-fork': async (made) => {
    await good(['registry', 'check', '.'], made);
    await good(['registry', 'build', '.', '--out', 'dist', '--no-site'], made);
    expect(existsSync(path.join(made, 'dist/registry.json'))).toBe(true);
  },
};

/** How many tests of a folder have passed; fails if one has not. */
async function testsOf(folder: string): Promise<number> {
  const { nodeHost, runTests } = await import('@mlld/lang');
  const files = readdirSync(folder).filter((file) => file.endsWith('.test.mld'));
  const results = await Promise.all(
    files.map((file) =>
      runTests(readFileSync(path.join(folder, file), 'utf8'), {
        file: path.join(folder, file),
        host: nodeHost({ root: folder }),
      }),
    ),
  );
  expect(results.flat().filter(({ passed }) => !passed)).toEqual([]);
  return results.flat().length;
}
