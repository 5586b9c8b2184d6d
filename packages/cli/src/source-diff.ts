/** The source of a version for a reviewer: all of it, or what changed since another. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { printable, RegistryError } from '@mlld/format';

export type SourceFiles = ReadonlyMap<string, Uint8Array>;

/** Every file with its name above it; text from outside is made safe for a terminal, line by line. */
export function wholeSource(files: SourceFiles): string {
  return [...files]
    .map(
      ([file, bytes]) =>
        `--- ${printable(file)}\n${safeLines(textOf(bytes) ?? `(${bytes.length} bytes that are no text)`)}`,
    )
    .join('\n');
}

/** A unified diff as git makes it. @throws RegistryError PROGRAM_MISSING, PROGRAM_FAILED */
export async function sourceDiff(before: SourceFiles, after: SourceFiles): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'mlld-review-'));
  try {
    await Promise.all([writeAll(path.join(folder, 'a'), before), writeAll(path.join(folder, 'b'), after)]);
    return safeLines(await gitDiff(folder));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeAll(folder: string, files: SourceFiles): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [file, bytes] of files) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, bytes);
  }
}

/** git ends with 1 where there is a difference. Its configuration must not run programs of its own. */
async function gitDiff(cwd: string): Promise<string> {
  const args = [
    'diff',
    '--no-index',
    '--no-color',
    '--no-ext-diff',
    '--no-textconv',
    '--no-prefix',
    'a',
    'b',
  ];
  try {
    const { stdout } = await promisify(execFile)('git', args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    return stdout;
  } catch (cause) {
    const { code, stdout } = cause as { readonly code?: number | string; readonly stdout?: string };
    if (code === 1) return stdout ?? '';
    if (code === 'ENOENT')
      throw new RegistryError('PROGRAM_MISSING', "wanted the program 'git', it is not installed", { cause });
    throw new RegistryError('PROGRAM_FAILED', `git diff failed: ${(cause as Error).message}`, { cause });
  }
}

function textOf(bytes: Uint8Array): string | undefined {
  return bytes.subarray(0, 8000).includes(0) ? undefined : new TextDecoder().decode(bytes);
}

/** Tabs stay; every other character that a terminal obeys, or that hides text, is shown as an escape. */
function safeLines(text: string): string {
  return text
    .split('\n')
    .map((line) =>
      line
        .split('\t')
        .map((part) => printable(part, 100_000))
        .join('\t'),
    )
    .join('\n');
}
