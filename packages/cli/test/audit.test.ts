/** docs/spec/advisories.md §10: what a program can reach of a vulnerable export, and what an audit makes of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AuditFinding, AuditReport, Client } from '@mlld/client';
import {
  type AdvisoryEntry,
  besideKey,
  emptyLock,
  type Lock,
  type LockedModule,
  type ModuleName,
} from '@mlld/format';
import { makeTempDir } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';
import { auditAnnotations, auditSarif } from '../src/audit/forms.ts';
import { type JudgeOptions, judge } from '../src/audit/judge.ts';
import { programsIn } from '../src/audit/programs.ts';
import { reachOf } from '../src/audit/reach.ts';

interface Module {
  readonly text: string;
  readonly imports?: Readonly<Record<string, string>>;
}

/** `@alice/a@1.0.0` → what it is. Modules without others that import them are the program's own. */
function lockOf(modules: Readonly<Record<string, Module>>): Lock {
  const entries = Object.entries(modules).map(([ref, { imports = {} }]) => {
    const [name = '', version = ''] = [ref.slice(0, ref.indexOf('@', 1)), ref.slice(ref.indexOf('@', 1) + 1)];
    const entry = {
      name,
      version,
      wanted: `^${version}`,
      registry: 'registry.test',
      entry: 'index.mld',
      files: new Map([['index.mld', 'a'.repeat(64)]]),
      imports: new Map(Object.entries(imports)),
    } as unknown as LockedModule;
    return [name, entry] as const;
  });
  return { ...emptyLock, modules: new Map(entries) };
}

const filesOf =
  (modules: Readonly<Record<string, Module>>) =>
  async ({ name, version }: LockedModule) => {
    const found = modules[besideKey(name, version)];
    return found && new Map([['index.mld', Buffer.from(found.text)]]);
  };

async function reach(programs: Readonly<Record<string, string>>, modules: Readonly<Record<string, Module>>) {
  const files = Object.entries(programs).map(([file, text]) => ({ file, text }));
  return reachOf({ programs: { files, unread: [] }, lock: lockOf(modules), files: filesOf(modules) });
}

const bad = { name: '@bob/bad' as ModuleName, version: '1.0.0' };
const modules = {
  '@alice/a@1.0.0': {
    text: 'import { @parse } from @bob/bad\nexe @a(x) = @parse(@x)\nexport { @a }\n',
    imports: { '@bob/bad': '1.0.0' },
  },
  '@bob/bad@1.0.0': { text: 'exe @parse(x) = `@x`\nexe @render(x) = `@x`\nexport { @parse, @render }\n' },
};

test.each([
  ['nothing', 'var @x = 1\n', [], false],
  ['the export by its name', 'import { @render } from @bob/bad\n', ['render'], true],
  ['another export of it', 'import { @parse } from @bob/bad\n', ['render'], false],
  ['the export under another name', 'import { @render as @r } from @bob/bad\n', ['render'], true],
  ['all of it by a name', 'import @bob/bad as @bad\n', ['render'], true],
  ['all of it by a star', 'import { * } from @bob/bad\n', ['render'], true],
  ['another export, where all of the module is vulnerable', 'import { @parse } from @bob/bad\n', [], true],
  ['another version of it', 'import { @render } from @bob/bad@9.0.0\n', ['render'], true],
  ['a module that imports the export', 'import { @a } from @alice/a\n', ['parse'], true],
  ['a module that imports another export', 'import { @a } from @alice/a\n', ['render'], false],
  ['what can not be read', 'import { @a from @alice/a\n', ['render'], true],
])('a program that imports %s', async (_name, text, exports, reached) => {
  const { reaches } = await reach({ 'main.mld': text }, modules);
  expect(reaches(bad, exports) !== undefined).toBe(reached);
});

test('a module that is not at hand could import anything', async () => {
  const { '@bob/bad@1.0.0': _gone, ...rest } = modules;
  const lock = lockOf(modules);
  const programs = { files: [{ file: 'main.mld', text: 'import { @a } from @alice/a\n' }], unread: [] };
  const { reaches, unread } = await reachOf({ programs, lock, files: filesOf(rest) });
  expect(unread).toEqual(['@bob/bad@1.0.0']);
  expect(reaches({ name: '@carol/other' as ModuleName, version: '1.0.0' }, [])).toContain(
    'could not be read',
  );
});

test('programs are every file of mlld below the project, but for hidden ones and node_modules', async () => {
  const dir = await makeTempDir();
  onTestFinished(() => dir.remove());
  for (const file of ['main.mld', 'lib/a.mld.md', '.git/b.mld', 'node_modules/c.mld', 'README.md']) {
    mkdirSync(path.dirname(dir.join(file)), { recursive: true });
    writeFileSync(dir.join(file), 'var @x = 1\n');
  }
  const { files, unread } = await programsIn(dir.path);
  expect(files.map(({ file }) => file)).toEqual(['main.mld', 'lib/a.mld.md']);
  expect(unread).toEqual([]);
});

const entry = (change: Partial<AdvisoryEntry> = {}): AdvisoryEntry => ({
  id: 'MLLD-2026-0001',
  n: 1,
  revisions: 1,
  statement: 'a'.repeat(64) as never,
  state: 'published',
  official: true,
  malware: false,
  severity: 'high',
  title: 'Names run commands',
  summary: 'A name can run a command.',
  affected: [],
  patches: [],
  aliases: [],
  by: 'bob' as never,
  reportedAt: '2026-01-01T00:00:00Z',
  votes: { confirm: 0, dispute: 0 },
  ...change,
});

async function judged(
  change: Partial<AdvisoryEntry>,
  exports: readonly string[],
  options: Partial<JudgeOptions> = {},
) {
  const dir = await makeTempDir();
  onTestFinished(() => dir.remove());
  writeFileSync(dir.join('main.mld'), 'import { @parse } from @bob/bad\n');
  const lock = lockOf(modules);
  const locked = lock.modules.get('@bob/bad')!;
  const finding: AuditFinding = {
    ...bad,
    entry: entry(change),
    gate: 'warn',
    exports,
    direct: true,
    path: ['@bob/bad@1.0.0'],
    locked,
  };
  const registries = [{ name: 'registry.test', checkedAt: Date.UTC(2026, 0, 1), logged: true, count: 1 }];
  const report: AuditReport = { registries, modules: 2, findings: [finding], lock };
  const client = { root: dir.path, cachedFiles: filesOf(modules) } as unknown as Client;
  const now = Date.UTC(2026, 0, 9);
  return judge(client, report, { level: 'low', ignore: [], strict: false, now, ...options });
}

test.each([
  ['what is reached', {}, ['parse'], {}, ['affected', true]],
  ['what is out of reach', {}, ['render'], {}, ['unreachable', false]],
  ['what is out of reach, strictly', {}, ['render'], { strict: true }, ['unreachable', true]],
  ['malware, whatever is imported of it', { malware: true }, ['render'], {}, ['affected', true]],
  ['below the level', { severity: 'low' }, ['parse'], { level: 'high' }, ['affected', false]],
  ['malware below the level', { severity: 'low', malware: true }, [], { level: 'high' }, ['affected', true]],
  ['a report that nobody confirmed', { official: false }, ['parse'], {}, ['affected', false]],
  ['one under review', { state: 'reviewing' }, ['parse'], {}, ['affected', false]],
  ['a report of malware', { official: false, malware: true }, [], {}, ['affected', false]],
  ['a report, strictly', { official: false }, ['parse'], { strict: true }, ['affected', true]],
] as const)('%s', async (_name, change, exports, options, [state, fails]) => {
  const { findings } = await judged(change, exports, options);
  expect(findings.map((one) => [one.state, one.fails])).toEqual([[state, fails]]);
});

test('what is ignored is left out, malware never; eight days are old', async () => {
  const ignore = ['MLLD-2026-0001'];
  expect((await judged({}, [], { ignore })).findings).toEqual([]);
  expect((await judged({ malware: true }, [], { ignore })).findings).toHaveLength(1);
  expect(await judged({}, [])).toMatchObject({ ageDays: 8, isOld: true });
});

test('SARIF and annotations say what fails, and what is out of reach', async () => {
  const failing = auditSarif(await judged({ malware: true }, [])) as { runs: { results: object[] }[] };
  expect(failing).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { rules: [{ id: 'MLLD-2026-0001', properties: { 'security-severity': '10.0' } }] } },
        results: [{ ruleId: 'MLLD-2026-0001', level: 'error' }],
      },
    ],
  });
  const apart = auditSarif(await judged({}, ['render'])) as typeof failing;
  expect(apart.runs[0]?.results).toMatchObject([{ level: 'note', suppressions: [{ kind: 'external' }] }]);
  const text = auditAnnotations(await judged({ title: 'a\nb, 100%\u001b[2J' }, ['parse']));
  expect(text).toMatch(/^::error file=mlld-lock\.json,title=MLLD-2026-0001::/);
  expect(text.split('\n')).toHaveLength(2);
  expect(text).not.toContain('\u001b');
});
