import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { createReport } from '../src/report.ts';
import { watchProgram } from '../src/watch.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'mlld-watch-'));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Polls, as what is waited for comes from another process. */
async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it never came');
}

test('runs again when the program or what it imports changes, and ends cleanly', async () => {
  const file = path.join(folder, 'main.mld');
  const library = path.join(folder, 'lib/words.mld');
  mkdirSync(path.dirname(library), { recursive: true });
  writeFileSync(file, 'import { @word } from "./lib/words"\nshow @word\n');
  writeFileSync(library, 'var @word = "one"\n');
  writeFileSync(path.join(folder, 'other.mld'), '');
  const notes: string[] = [];
  const report = {
    ...createReport({ verbose: false, color: false }),
    note: (text: string) => void notes.push(text),
  };
  const pids: (number | undefined)[] = [];
  const end = new AbortController();
  const done = watchProgram({
    file,
    report,
    signal: end.signal,
    // A program that never ends by itself must not keep the next run waiting.
    start: () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
      pids.push(child.pid);
      return child;
    },
  });
  await until(() => pids.length === 1);
  writeFileSync(path.join(folder, 'other.mld'), 'show 1');
  writeFileSync(library, 'var @word = "two"\n');
  await until(() => pids.length === 2);
  writeFileSync(file, 'show "alone"\n');
  await until(() => pids.length === 3);
  expect(notes.filter((text) => text.includes('stopped by SIGTERM'))).toHaveLength(2);
  end.abort();
  expect(await done).toBe(130);
  expect(notes.filter((text) => / run \d /.test(text)).map((text) => / run (\d)/.exec(text)![1])).toEqual([
    '1',
    '2',
    '3',
  ]);
  for (const pid of pids) expect(() => process.kill(pid!, 0)).toThrow();
});
