import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUNDLE, makeTempDir, runCliHere } from '@mlld/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { candidates } from '../src/complete.ts';

let temp: Awaited<ReturnType<typeof makeTempDir>>;
let project: string;
let bin: string;

beforeAll(async () => {
  temp = await makeTempDir('mlld-completion-');
  project = path.join(temp.path, 'project');
  bin = path.join(temp.path, 'bin');
  for (const folder of [project, bin]) mkdirSync(folder);
  const hash = 'a'.repeat(64);
  const locked = (name: string) => ({
    version: '^1.0.0',
    resolved: hash,
    source: `registry://${name}@1.0.0`,
    integrity: `sha256:${hash}`,
    fetchedAt: '2026-01-01T00:00:00.000Z',
    registryVersion: '1.0.0',
    registry: 'registry.example.org',
    sourceUrl: 'https://modules.example.org/index.mld',
    entry: 'index.mld',
    files: {},
    sources: ['https://modules.example.org/'],
    digest: hash,
    evidence: 2,
    statement: hash,
    needs: [],
    capabilities: [],
  });
  const modules = { '@alice/strings': locked('@alice/strings'), '@bob/lists': locked('@bob/lists') };
  writeFileSync(path.join(project, 'mlld-lock.json'), JSON.stringify({ lockfileVersion: 1, modules }));
  writeFileSync(path.join(project, 'program.mld'), 'show `Hello`\n');
  writeFileSync(path.join(bin, 'mlld'), `#!/bin/sh\nexec '${process.execPath}' '${BUNDLE}' "$@"\n`);
  chmodSync(path.join(bin, 'mlld'), 0o755);
});
afterAll(() => temp.remove());

test.each([
  ['ins', 'install'],
  ['registry polic', 'policy'],
  ['registry policy si', 'sign'],
  ['help registry dn', 'dns'],
  ['run --froz', '--frozen'],
  ['run --frozen --froz', ''],
  ['run program.mld --froz', ''],
  ['search --sort tr', 'trending'],
  ['search --sort=tr', '--sort=trending'],
  ['search --sort trending --off', '--offline'],
  ['search -- --off', ''],
  ['new t', 'theme template'],
  ['registry dns ', 'zone diff serve'],
  ['info @al', '@alice/strings'],
  ['rm --offline @', '@alice/strings @bob/lists'],
  ['remove @alice/strings @b', '@bob/lists'],
  ['install --registry ', ''],
  ['nonsense ', ''],
])('`mlld %s` goes on with: %s', async (line, expected) => {
  const found = await candidates(line.split(' '), project);
  expect(found.map(({ word }) => word).join(' ')).toBe(expected);
});

test('every first word of a command is found, each said what it is about', async () => {
  const found = await candidates([''], project);
  expect(found.length).toBeGreaterThan(30);
  expect(found.filter(({ about }) => about === '')).toEqual([]);
});

test('outside of a project, and with a lock file that cannot be read, there are no modules', async () => {
  expect(await candidates(['info', ''], temp.path)).toEqual([]);
  const broken = path.join(temp.path, 'broken');
  mkdirSync(broken);
  writeFileSync(path.join(broken, 'mlld-lock.json'), '{"lockfileVersion"');
  expect(await candidates(['info', ''], broken)).toEqual([]);
});

test('an unknown shell is an error', async () => {
  const { code, stderr } = await runCliHere(['completion', 'tcsh'], { cwd: project, env: {} });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('error[USAGE]') as string });
});

/** What a shell prints, with the script that it is given in `$script`. */
async function asked(shell: string, program: string, ...args: readonly string[]): Promise<string> {
  const { stdout: script } = await runCliHere(['completion', shell], { cwd: project, env: {} });
  const { stdout } = spawnSync(shell, ['-c', program, ...args], {
    cwd: project,
    env: { HOME: temp.path, PATH: `${bin}:${process.env.PATH}`, TERM: 'dumb', script },
    encoding: 'utf8',
    timeout: 20_000,
  });
  return stdout;
}

const isMissing = (shell: string) => spawnSync(shell, ['-c', 'exit']).error !== undefined;

describe('the scripts in their shells', () => {
  test('bash, which ends words at @ and =', async () => {
    const found = await asked(
      'bash',
      `eval "$script"
      try() { COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _mlld; echo "\${COMPREPLY[@]}"; }
      try 'mlld ins' mlld ins
      try 'mlld search --kind t' mlld search --kind t
      try 'mlld search --sort=tr' mlld search --sort = tr
      try 'mlld search --sort=' mlld search --sort =
      try 'mlld info @al' mlld info @ al
      try 'mlld info @' mlld info @
      try 'mlld run ' mlld run ''`,
    );
    expect(found.split('\n').slice(0, 6)).toEqual([
      'install',
      'theme template',
      'trending',
      expect.stringMatching(/^relevance .*trending/),
      'alice/strings',
      'alice/strings bob/lists',
    ]);
    expect(found.split('\n')[6]).toBe('');
  });

  test.skipIf(isMissing('fish'))('fish (skipped where it is not installed)', async () => {
    const found = await asked(
      'fish',
      `echo $script | string collect | source
      for line in 'mlld ins' 'mlld info @al' 'mlld search --sort=tr' 'mlld run prog'; complete -C "$line"; end`,
    );
    expect(found.trim().split('\n')).toEqual([
      expect.stringMatching(/^install\t\w/),
      '@alice/strings',
      '--sort=trending',
      'program.mld',
    ]);
  });

  test.skipIf(isMissing('zsh'))('zsh at a terminal (skipped where it is not installed)', async () => {
    const lines = ['ins', 'info @a', 'search --sort=tr', 'run prog'];
    const ends = ['*mlld install *', '*@alice/strings *', '*--sort=trending *', '*program.mld *'];
    const found = await asked(
      'zsh',
      `zmodload zsh/zpty; mkdir -p functions; print -r -- "$script" > functions/_mlld
      zpty shell zsh -f -i
      zpty -w shell "PS1='> '; fpath=($PWD/functions \\$fpath); autoload -Uz compinit; compinit -u -D; print ready"
      zpty -r -m shell out '*
ready*'
      ${lines.map((line, i) => `zpty -w -n shell $'\\x15mlld ${line}\\t'; zpty -r -m shell out '${ends[i]}' && print found`).join('\n')}
      zpty -d shell`,
    );
    expect(found).toBe('found\n'.repeat(lines.length));
  });
});
