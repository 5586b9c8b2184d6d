import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
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

/** The file that holds what is kept of `mlld run`. */
function keptIn(compiled: string): string {
  const [folder = ''] = readdirSync(compiled);
  expect(folder).toMatch(/^[0-9a-f]{32}-v\d+\.\d+\.\d+-\w+$/);
  expect(readdirSync(path.join(compiled, folder))).toEqual(['run']);
  return path.join(compiled, folder, 'run');
}

test('what a command loads is remembered, then kept compiled; with the engine as soon as a program needs it', async () => {
  const { HOME, compiled } = homeOf('kept');
  expect(await printed('plain', HOME)).toBe('Hello\n');
  const file = keptIn(compiled);
  const sizes = [statSync(file).size];
  for (const name of ['plain', 'js', 'js'] as const) {
    expect(await printed(name, HOME)).toBe(name === 'js' ? '2\n' : 'Hello\n');
    sizes.push(statSync(file).size);
  }
  const [remembered = 0, plain = 0, more = 0, withEngine = 0] = sizes;
  expect(plain).toBeGreaterThan(remembered + 10_000);
  expect(more).toBeLessThan(plain);
  expect(withEngine).toBeGreaterThan(plain);
  const kept = readFileSync(file);
  expect(await printed('js', HOME)).toBe('2\n');
  expect(await printed('plain', HOME)).toBe('Hello\n');
  // V8 took it both times: else it would have been written anew.
  expect(readFileSync(file).equals(kept)).toBe(true);
});

test('of a program it is remembered whether it needed the engine the last time', async () => {
  const { HOME, compiled } = homeOf('users');
  const users = () => {
    const kept = readFileSync(keptIn(compiled));
    const line = kept.toString('utf8', 4, 4 + kept.readUInt32LE(0));
    return (JSON.parse(line) as { users: number[] }).users.length;
  };
  const changing = path.join(temp.path, 'changing.mld');
  const seen: number[] = [];
  for (const text of [program.plain, program.js, program.js, program.plain]) {
    writeFileSync(changing, text);
    const { code, stdout } = await runCli(['run', '--offline', changing], { cwd: temp.path, env: { HOME } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: text === program.js ? '2\n' : 'Hello\n' });
    seen.push(users());
  }
  expect(seen).toEqual([0, 1, 1, 0]);
});

test('what others may have written is not run, and what is damaged is made again', async () => {
  const { HOME, compiled } = homeOf('damaged');
  await printed('plain', HOME);
  const file = keptIn(compiled);
  const remembered = readFileSync(file);
  writeFileSync(file, 'not compiled code');
  await printed('plain', HOME);
  expect(readFileSync(file).equals(remembered)).toBe(true);
  await printed('plain', HOME);
  const kept = readFileSync(file);
  // V8 does not take it: what it compiled is written anew.
  writeFileSync(file, Buffer.from(kept).fill(0, 4 + kept.readUInt32LE(0)));
  await printed('plain', HOME);
  expect(readFileSync(file).length).toBeGreaterThan(remembered.length + 10_000);
  expect(readFileSync(file).subarray(-1000).equals(Buffer.alloc(1000))).toBe(false);
  chmodSync(file, 0o666);
  await printed('plain', HOME);
  expect(readFileSync(file).equals(remembered)).toBe(true);
});

test('nothing is kept of what is no command', async () => {
  const { HOME, compiled } = homeOf('unknown');
  await runCli(['rum'], { cwd: temp.path, env: { HOME } });
  expect(existsSync(compiled)).toBe(false);
});

test('a home that cannot be written to is no failure', async () => {
  const { HOME } = homeOf('closed');
  writeFileSync(path.join(HOME, '.mlld'), 'a file');
  expect(await printed('plain', HOME)).toBe('Hello\n');
});
