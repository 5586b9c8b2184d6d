/**
 * Where the command writes to. Node's streams take 6 ms to load, which is much of what a short command takes: so a process that is
 * one command writes to pipes and files itself, and makes a stream of Node's only for a terminal, or when a pipe is full.
 */
import { fstatSync, statSync, writeSync } from 'node:fs';
import { devNull } from 'node:os';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal. */
  readonly columns?: number | undefined;
}

let direct = false;

/** For a process that is one command, of which nothing else writes to the outputs. */
export function writeDirectly(): void {
  // Pipes of Windows need the stream.
  direct = process.platform !== 'win32';
}

/** Node's own stream, for those who write to it by themselves. */
export function stdoutStream(): NodeJS.WriteStream {
  if (process.stdout.listenerCount('error', endQuietly) === 0) process.stdout.on('error', endQuietly);
  return process.stdout;
}

/** `mlld … | head`: who reads has seen enough, which is no failure of ours. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
}

export const output = {
  stdout: outputTo(1, stdoutStream),
  stderr: outputTo(2, () => process.stderr),
};

function outputTo(fd: 1 | 2, stream: () => NodeJS.WriteStream): Output {
  let isFull = false;
  return {
    write: (text) => {
      const rest = direct && !isFull ? writeNow(fd, text) : text;
      if (rest.length === 0) return;
      isFull = true;
      stream().write(rest);
    },
    get isTTY() {
      return isTerminal(fd, stream);
    },
    get columns() {
      return stream().columns;
    },
  };
}

/** Whether somebody sits there. What surely is no terminal is not asked by a stream. */
export function isTerminal(fd: 0 | 1 | 2, stream: () => { readonly isTTY?: boolean }): boolean {
  return !(direct && isNoTerminal(fd)) && stream().isTTY === true;
}

function isNoTerminal(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return !found.isCharacterDevice() || found.rdev === statSync(devNull).rdev;
  } catch {
    // It is closed.
    return true;
  }
}

/** Returns what could not be written at once. */
function writeNow(fd: 1 | 2, text: string): string | Uint8Array {
  const bytes = Buffer.from(text);
  let at = 0;
  try {
    while (at < bytes.length) at += writeSync(fd, bytes, at);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EAGAIN') return bytes.subarray(at);
    if (fd === 1) endQuietly(error as NodeJS.ErrnoException);
  }
  return '';
}
