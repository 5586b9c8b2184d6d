/** What `mlld scan` looks at: a file, the files of a folder, or those of a module of the registry. */
import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ReadModule } from '@mlld/client';
import { compareBytes, limits, printable, RegistryError } from '@mlld/format';
import { type Capabilities, capabilities, type ScanSource, type ThreatFinding, threats } from '@mlld/lang';

export interface ScanResult {
  /** How it is called for people: a path, or `@alice/strings@1.0.0`. */
  readonly of: string;
  readonly files: number;
  readonly capabilities: Capabilities;
  readonly findings: readonly ThreatFinding[];
}

export interface TargetOptions {
  readonly cwd: string;
  readonly read: (ref: string) => Promise<ReadModule>;
}

/** Scans a path, if there is one, else a reference. @throws RegistryError FILE_NOT_FOUND, TOO_LARGE, as `Client.read` */
export async function scanTarget(target: string, { cwd, read }: TargetOptions): Promise<ScanResult> {
  if (!target.startsWith('@')) {
    const sources = await sourcesAt(path.resolve(cwd, target), target);
    return scan(target, sources);
  }
  const { name, version, files } = await read(target);
  return scan(`${name}@${version}`, sourcesOf(files));
}

/** The files of a module that are texts. */
export function sourcesOf(files: ReadonlyMap<string, Uint8Array>): ScanSource[] {
  return [...files].flatMap(([file, bytes]) => sourceOf(file, bytes) ?? []);
}

function scan(of: string, sources: readonly ScanSource[]): ScanResult {
  const findings = sources.flatMap(({ file, text }) =>
    threats(text, { file, kind: isDocs(file) ? 'docs' : 'code' }),
  );
  return { of, files: sources.length, capabilities: capabilities(sources), findings };
}

function isDocs(file: string): boolean {
  return /\.(?:md|markdown|txt)$/i.test(file) && !/\.mld\.md$/i.test(file);
}

async function sourcesAt(absolute: string, named: string): Promise<ScanSource[]> {
  const stat = await lstat(absolute).catch(() => undefined);
  if (stat === undefined)
    throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(named)}'`, {
      hint: 'Name a file or folder, or a module as @author/name.',
    });
  if (stat.isFile()) return readSource(absolute, path.basename(absolute));
  const found: ScanSource[] = [];
  const folders = [''];
  for (const folder of folders) {
    const entries = await readdir(path.join(absolute, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => compareBytes(a.name, b.name))) {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
      const file = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) folders.push(file);
      else if (entry.isFile()) found.push(...(await readSource(path.join(absolute, file), file)));
    }
    assertBounded(named, found.length, folders.length);
  }
  return found;
}

function assertBounded(named: string, files: number, folders: number): void {
  if (files <= limits.filesPerModule && folders <= limits.filesPerModule) return;
  throw new RegistryError(
    'TOO_LARGE',
    `${printable(named)}: wanted at most ${limits.filesPerModule} files, found more`,
    { hint: 'Name the folder of the module alone.' },
  );
}

async function readSource(absolute: string, file: string): Promise<ScanSource[]> {
  const { size } = await lstat(absolute);
  if (size > limits.fileBytes)
    throw new RegistryError(
      'TOO_LARGE',
      `${printable(file)}: wanted at most ${limits.fileBytes} bytes, found ${size}`,
    );
  const source = sourceOf(file, await readFile(absolute));
  return source === undefined ? [] : [source];
}

/** Undefined for what is no text. */
function sourceOf(file: string, bytes: Uint8Array): ScanSource | undefined {
  if (bytes.subarray(0, 8000).includes(0) && !/\.(?:mld|md)$/.test(file)) return undefined;
  // A byte order mark stays: it counts where it is not at the start.
  return { file, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
}
