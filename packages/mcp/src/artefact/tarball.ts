/** Tarballs of npm and bundles of MCP, in memory and bounded: nothing is written before all of it is verified. */
import { gunzipSync } from 'node:zlib';
import { limits, RegistryError } from '@mlld/format';
import { unzipSync } from 'fflate';
import { Parser, type ReadEntry } from 'tar';
import { archivePath, assertTreeSize, type Tree } from './tree.ts';

/** The regular files of a gzipped tarball; links and devices are refused. @throws RegistryError TOO_LARGE, BAD_PATH, BAD_SHAPE */
export function untar(bytes: Uint8Array): Tree {
  const files = new Map<string, Uint8Array>();
  let problem: RegistryError | undefined;
  const onReadEntry = (entry: ReadEntry): void => {
    const parts: Uint8Array[] = [];
    if (entry.type === 'Directory') return void entry.resume();
    if (entry.type !== 'File' && entry.type !== 'OldFile') {
      problem ??= new RegistryError('BAD_PATH', `a tarball holds a ${entry.type}`);
      return void entry.resume();
    }
    entry.on('data', (part: Uint8Array) => parts.push(part));
    entry.on('end', () => {
      try {
        files.set(archivePath(entry.path), Buffer.concat(parts));
      } catch (error) {
        problem ??= error as RegistryError;
      }
    });
  };
  const parser = new Parser({ strict: true, onReadEntry, sync: true } as never);
  parser.on('error', (cause: Error) => {
    problem ??= new RegistryError('BAD_SHAPE', `a tarball can't be read: ${cause.message}`, { cause });
  });
  parser.write(Buffer.from(inflated(bytes)));
  parser.end();
  if (problem !== undefined) throw problem;
  return files;
}

function inflated(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limits.mcpArtefactBytes });
  } catch (cause) {
    throw new RegistryError(
      'TOO_LARGE',
      `a tarball is damaged, or unpacks to too much: ${(cause as Error).message}`,
      {
        cause,
      },
    );
  }
}

/** The files of a zip. @throws RegistryError TOO_LARGE, BAD_PATH, BAD_SHAPE */
export function unzip(bytes: Uint8Array): Tree {
  let size = 0;
  let count = 0;
  const filter = (file: { name: string; originalSize: number }): boolean => {
    if (file.name.endsWith('/')) return false;
    archivePath(file.name);
    size += file.originalSize;
    count++;
    if (size > limits.mcpArtefactBytes || count > limits.mcpArtefactFiles)
      throw new RegistryError('TOO_LARGE', 'a bundle unpacks to too much');
    return true;
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter });
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('BAD_SHAPE', `a bundle can't be read: ${(cause as Error).message}`, { cause });
  }
  const tree = new Map(Object.entries(files));
  assertTreeSize(tree);
  return tree;
}
