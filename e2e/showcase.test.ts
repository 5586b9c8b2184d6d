/** The modules of `showcase/` and the programs of `examples/`, as their authors and their users run them. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type GrantRequest, nodeHost, run } from '@mlld/lang';
import { checkModule, type Module, nameOf, needsOf, readModules, workspaceOf } from '@mlld/publish';
import { findSandbox } from '@mlld/sandbox';
import { gitRepo, makeTempDir, type TempDir } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkServer } from '../packages/cli/src/mcp/server-check.ts';

/** Milliseconds for the tests and examples of one module: some start a process for each call. */
const CHECK_TIME = 120_000;

const root = fileURLToPath(new URL('..', import.meta.url));
const all = await readModules(path.join(root, 'showcase'));
const modules = all.filter(({ kind }) => kind === 'module');
const servers = all.filter(({ kind }) => kind === 'mcp-server');
const workspace = workspaceOf(modules);
const titled = modules.map((module) => [nameOf(module), module] as const);

/** What code of the showcase writes (scratch repositories) goes here. */
let temporary: TempDir;
const { TMPDIR } = process.env;
beforeAll(async () => {
  temporary = await makeTempDir('mlld-showcase-');
  process.env.TMPDIR = temporary.path;
});
afterAll(async () => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await temporary.remove();
});

async function resolveModule(request: Parameters<typeof workspace.resolveModule>[0]) {
  const found = await workspace.resolveModule(request);
  if (found === undefined) throw new Error(`no module of the showcase answers to '${request.ref}'`);
  return found;
}

function entryOf(module: Module) {
  const entry = module.sources.get(module.entry);
  if (entry === undefined) throw new Error(`${nameOf(module)} has no entry`);
  return entry;
}

describe('modules of the showcase', () => {
  test('are at least fourteen, each in the folder of its name', () => {
    expect(modules.length).toBeGreaterThanOrEqual(14);
    for (const module of modules) {
      expect(`@${path.relative(path.join(root, 'showcase'), module.root)}`).toBe(nameOf(module));
    }
  });

  test.each(titled)('%s passes mlld check without a finding', { timeout: CHECK_TIME }, async (_, module) => {
    const { lookup } = workspace;
    const { findings } = await checkModule(module, { env: process.env, lookup, resolveModule });
    expect(findings).toEqual([]);
  });

  test.each(titled)('%s has tests, and shows each export with what it prints', (name, module) => {
    expect(module.tests).not.toEqual([]);
    const { exports, docs } = entryOf(module);
    for (const one of exports) {
      expect(one.doc, `@${one.name} says what it does`).toBeTruthy();
      expect(one.examples, `@${one.name} has an example`).not.toEqual([]);
    }
    expect(docs.tldr).toBeTruthy();
    for (const example of docs.sections.flatMap((section) => section.examples)) {
      expect(example.expected, example.code).toBeDefined();
      // Examples that import other modules too are not run by `mlld check`.
      const imported = [...example.code.matchAll(/^import .* from (\S+)/gm)].map((match) => match[1]);
      expect(imported, example.code).toEqual([name]);
    }
  });

  test('stand in the table of showcase/README.md, as they are', () => {
    const readme = readFileSync(path.join(root, 'showcase/README.md'), 'utf8');
    for (const module of modules) {
      const { version, about } = module.manifest;
      const row = readme.split('\n').find((line) => line.startsWith(`| [${nameOf(module)}](`));
      expect(row?.split(' | ').slice(1, 4)).toEqual([version, about, `${entryOf(module).exports.length}`]);
    }
  });

  test('are pure, but for those that are about the world outside', () => {
    const acting = modules.filter((module) => needsOf(module).some((need) => need.name !== 'js'));
    expect(acting.map(nameOf).sort()).toEqual(['@bob/env', '@bob/git', '@bob/http']);
  });

  test('depend on each other through the registry, three deep', () => {
    const imports = (module: Module): string[] =>
      entryOf(module)
        .imports.filter(({ kind }) => kind === 'registry')
        .map(({ ref }) => ref.replace(/(?<=.)@[^@/]*$/, ''));
    const depth = (name: string): number => {
      const module = modules.find((one) => nameOf(one) === name);
      return module === undefined ? 0 : 1 + Math.max(0, ...imports(module).map(depth));
    };
    expect(depth('@alice/prompts')).toBe(3);
  });
});

describe('MCP servers of the showcase', () => {
  test('are at least six, of two runtimes, each in the folder of its name and in the table', () => {
    expect(servers.length).toBeGreaterThanOrEqual(6);
    const readme = readFileSync(path.join(root, 'showcase/README.md'), 'utf8');
    const runtimes = new Set<unknown>();
    for (const module of servers) {
      expect(`@${path.relative(path.join(root, 'showcase'), module.root)}`).toBe(nameOf(module));
      const { version, about, data } = module.manifest;
      const row = readme.split('\n').find((line) => line.startsWith(`| [${nameOf(module)}](`));
      expect(row?.split(' | ').slice(1, 3)).toEqual([version, about]);
      runtimes.add((data.mcp as { run: string[] }).run[0]);
    }
    expect([...runtimes].sort()).toEqual(['node', 'python3']);
  });

  test.skipIf(findSandbox().tools === undefined).each(servers.map((one) => [nameOf(one), one] as const))(
    '%s passes mlld check without a finding',
    async (_, module) => {
      const env = { ...process.env, MLLD_CACHE_DIR: path.join(temporary.path, 'cache') };
      const ofKind = (one: Module) => checkServer(one, env);
      const { findings } = await checkModule(module, {
        env,
        lookup: workspace.lookup,
        resolveModule,
        ofKind,
      });
      expect(findings).toEqual([]);
    },
  );
});

interface Printed {
  readonly out: string;
  readonly err: string;
  /** Each «module need» that was asked for. */
  readonly asked: readonly string[];
}

async function runProgram(name: string, args: Record<string, string> = {}): Promise<Printed> {
  const file = path.join(root, 'examples', name);
  const asked: string[] = [];
  let [out, err] = ['', ''];
  const host = nodeHost({
    root,
    resolveModule,
    overrides: {
      writeOut: (text) => {
        out += text;
      },
      writeErr: (text) => {
        err += text;
      },
      grant: async ({ module, need }: GrantRequest) => {
        asked.push(`${module.name} ${need}`);
        return true;
      },
    },
  });
  await run(readFileSync(file, 'utf8'), { file, host, args });
  return { out, err, asked };
}

describe('programs of examples/', () => {
  const programs = readdirSync(path.join(root, 'examples')).filter((name) => name.endsWith('.mld'));

  test('say in their first comment what they do and how they are run', () => {
    expect(programs.length).toBeGreaterThanOrEqual(6);
    for (const name of programs) {
      const text = readFileSync(path.join(root, 'examples', name), 'utf8');
      expect(text, name).toMatch(/^>> \S/);
      expect(text, name).toContain(`\n>> Run: mlld run examples/${name}`);
    }
  });

  test('hello.mld prints a week of a tea house, asking for nothing', async () => {
    const { out, asked } = await runProgram('hello.mld');
    expect(asked).toEqual([]);
    expect(out).toBe(`Hello! This is the week of the tea house:

day    green  black  お茶  cakes  cups
-----  -----  -----  ----  -----  ----
Mon       12      9     3      4    24
Tue       14      8     2      6    24
Wed       11     12     4      5    27
Thu       18     10     6      9    34
Fri       23     15     5     14    43
Total     78     54    20     38   152

Cups a day   ▁▁▂▅█   from 24 to 43, 30.4 on average
Busiest      Fri and Thu
Next Monday  about 44.8 cups, if it goes on like this
Cakes        38 slices, with 25% of the cups
`);
  });

  test('changelog.mld writes the notes since the last tag', async () => {
    const repo = await gitRepo(temporary.join('tea'), { 'menu.md': 'tea\n' });
    await repo.git('tag', 'v1.2.3');
    await repo.commit({ 'menu.md': 'tea\noolong\n' }, 'feat(menu): add oolong (#4)');
    await repo.commit({ 'notes.md': 'x' }, 'chore: notes');
    const { out, err, asked } = await runProgram('changelog.mld', { dir: repo.dir });
    expect(asked).toEqual(['@bob/git sh']);
    expect(err).toContain('2 commits since v1.2.3: minor');
    const hash = await repo.git('rev-parse', '--short', 'HEAD~1');
    expect(out).toBe(`## 1.3.0 - 2026-01-02

### Added

- **menu:** add oolong (#4, ${hash})

Thanks to Alice Example.
`);
  });

  test('changelog.mld ends with a message where there is no repository', async () => {
    await expect(runProgram('changelog.mld', { dir: '/' })).rejects.toThrow("'/' is no git repository");
  });

  test('csv-report.mld sums the good rows and lists the others', async () => {
    const { out, asked } = await runProgram('csv-report.mld');
    expect(asked).toEqual([]);
    expect(out).toContain('# Sales from 5 January to 30 March 2026');
    expect(out).toContain('| North  |     3 | 1204.5 | 3007.5 | ▆▁█    |');
    expect(out).toContain('- Row 4: amount must be a number\n- Row 7: region is required');
  });

  test('prompt.mld keeps within its budget and reads the answer', async () => {
    const { out, asked } = await runProgram('prompt.mld', { max: '260' });
    expect(asked).toEqual([]);
    expect(Number(/--- (\d+) tokens of 260/.exec(out)?.[1])).toBeLessThanOrEqual(260);
    expect(out).toContain('Question: Why is my green tea bitter?');
    expect(out).toContain('Boiling water burns green tea');
    expect(out).toContain('--- the answer is well formed: The water was too hot');
    expect((await runProgram('prompt.mld', { question: 'How long does cake keep?' })).out).toContain(
      'Lemon cake',
    );
  });

  test('release-notes.mld is written in the form of the first days', async () => {
    const { out, asked } = await runProgram('release-notes.mld');
    expect(asked).toEqual([]);
    expect(readFileSync(path.join(root, 'examples/release-notes.mld'), 'utf8')).toContain(
      '@import { format } from @alice/strings\n',
    );
    expect(out).toContain('Tea Timer 1.3.0 (1 March 2026)\n');
    expect(out).toContain('[-three-]{+two+} minutes');
    for (const line of out.split('\n')) expect(line.length).toBeLessThanOrEqual(64);
  });

  test('check-env.mld tells what is missing', async () => {
    const { out, asked } = await runProgram('check-env.mld');
    expect(asked).toContain('@bob/env node');
    expect(out).toMatch(/^TEA_HOUSE_URL +default +http:\/\/localhost:8080$/m);
    expect(out).toMatch(/^TEA_HOUSE_TOKEN +MISSING$/m);
    expect(out).toMatch(/^PATH +set +yes$/m);
  });
});
