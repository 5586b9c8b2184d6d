/** Reads git objects through one long-lived `git cat-file` a repository: starting a process for each would be slow. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { gitEnvironment } from '../git.ts';

export interface GitObject {
  readonly sha: string;
  readonly type: string;
  /** Bytes. */
  readonly size: number;
  /** Only when it was asked for. */
  readonly content?: Buffer;
}

interface Question {
  readonly withContent: boolean;
  answer(found: GitObject | undefined): void;
  fail(cause: Error): void;
}

interface Reader {
  readonly child: ChildProcessWithoutNullStreams;
  readonly waiting: Question[];
  received: Buffer;
}

/** Processes that are kept at the same time; the one that was asked longest ago ends first. */
const MAX_READERS = 12;
const readers = new Map<string, Reader>();

/** The object that a name gives, or undefined if there is none. */
export function readObject(dir: string, name: string, withContent = false): Promise<GitObject | undefined> {
  if (/[\r\n\0]/.test(name)) return Promise.resolve(undefined);
  const reader = readers.get(dir) ?? open(dir);
  // The map is in the order of use.
  readers.delete(dir);
  readers.set(dir, reader);
  return new Promise((resolve, reject) => {
    reader.waiting.push({ withContent, answer: resolve, fail: reject });
    reader.child.stdin.write(`${withContent ? 'contents' : 'info'} ${name}\n`);
  });
}

/** Ends the processes of all repositories below a folder. */
export function closeReaders(root: string): void {
  for (const [dir, reader] of readers) {
    if (!dir.startsWith(root)) continue;
    readers.delete(dir);
    reader.child.kill();
  }
}

function open(dir: string): Reader {
  const child = spawn('git', ['cat-file', '--batch-command'], { cwd: dir, env: gitEnvironment() });
  const reader: Reader = { child, waiting: [], received: Buffer.alloc(0) };
  const stop = (cause: Error) => {
    if (readers.get(dir) === reader) readers.delete(dir);
    for (const question of reader.waiting.splice(0)) question.fail(cause);
  };
  child.on('error', stop);
  child.on('close', () => stop(new Error(`git cat-file in ${dir} has ended`)));
  child.stdin.on('error', () => {});
  child.stderr.resume();
  child.stdout.on('data', (chunk: Buffer) => {
    reader.received = Buffer.concat([reader.received, chunk]);
    while (takeAnswer(reader));
  });
  if (readers.size >= MAX_READERS) endOldest();
  return reader;
}

function endOldest(): void {
  for (const [dir, reader] of readers) {
    if (reader.waiting.length > 0) continue;
    readers.delete(dir);
    reader.child.stdin.end();
    return;
  }
}

/** Takes one whole answer off what was received; false if there is none yet. */
function takeAnswer(reader: Reader): boolean {
  const question = reader.waiting[0];
  const end = reader.received.indexOf(0x0a);
  if (question === undefined || end === -1) return false;
  const match = /^([0-9a-f]{40}) (\w+) (\d+)$/.exec(reader.received.subarray(0, end).toString('utf8'));
  if (match === null) {
    reader.received = reader.received.subarray(end + 1);
    reader.waiting.shift()?.answer(undefined);
    return true;
  }
  const [, sha = '', type = '', length = '0'] = match;
  const size = Number(length);
  const last = question.withContent ? end + 1 + size + 1 : end + 1;
  if (reader.received.length < last) return false;
  const content = question.withContent
    ? Buffer.from(reader.received.subarray(end + 1, end + 1 + size))
    : undefined;
  reader.received = reader.received.subarray(last);
  reader.waiting.shift()?.answer({ sha, type, size, ...(content === undefined ? {} : { content }) });
  return true;
}
