import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeTempDir, runCli } from '@mlld/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';

let temp: Awaited<ReturnType<typeof makeTempDir>>;
const program = { plain: 'show `Hello`', js: 'exe @two() = js { return 1 + 1 }\nshow @two()' };

beforeAll(async () => {
  temp = await makeTempDir('mlld-compiled-');
  for (const [name, text] of Object.entries(program))
    writeFileSync(path.join(temp.path, `${name}.mld`), text);
});
afterAll(() => temp.remove());

function homeOf(name: string): { HOME: string; compiled: string } {
  const HOME = path.join(temp.path, name);
  mkdirSync(HOME);
  return { HOME, compiled: path.join(HOME, '.mlld/compiled') };
}

async function printed(name: keyof typeof program, HOME: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(['run', `${name}.mld`], { cwd: temp.path, env: { HOME } });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('code that was compiled once is kept, with the engine as soon as a program needs it', async () => {
  const { HOME, compiled } = homeOf('kept');
  expect(await printed('plain', HOME)).toBe('Hello\n');
  const [plain = ''] = readdirSync(compiled);
  expect(plain).toMatch(/^[0-9a-f]{32}-v\d+\.\d+\.\d+-\w+$/);
  expect(await printed('js', HOME)).toBe('2\n');
  expect(readdirSync(compiled)).toEqual([`${plain}-js`]);
  const kept = readFileSync(path.join(compiled, `${plain}-js`));
  expect(await printed('js', HOME)).toBe('2\n');
  expect(await printed('plain', HOME)).toBe('Hello\n');
  // V8 took it both times: else it would have been written anew.
  expect(readFileSync(path.join(compiled, `${plain}-js`)).equals(kept)).toBe(true);
});

test('what others may have written is not run, and what is damaged is made again', async () => {
  const { HOME, compiled } = homeOf('damaged');
  await printed('plain', HOME);
  const file = path.join(compiled, readdirSync(compiled)[0] ?? '');
  writeFileSync(file, 'not compiled code');
  expect(await printed('plain', HOME)).toBe('Hello\n');
  const kept = readFileSync(file);
  expect(kept.length).toBeGreaterThan(10_000);
  chmodSync(file, 0o666);
  writeFileSync(file, Buffer.alloc(kept.length));
  expect(await printed('plain', HOME)).toBe('Hello\n');
  expect(readFileSync(file).equals(Buffer.alloc(kept.length))).toBe(false);
});

test('a home that cannot be written to is no failure', async () => {
  const { HOME } = homeOf('closed');
  writeFileSync(path.join(HOME, '.mlld'), 'a file');
  expect(await printed('plain', HOME)).toBe('Hello\n');
});
