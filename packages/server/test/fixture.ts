/** A small distribution on disk, as the builder lays it out. */
import { createHash } from 'node:crypto';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import {
  encodeIndex,
  encodeRegistryInfo,
  type IndexVersion,
  layout,
  type ModuleName,
  parseModuleName,
  type Sha256Hex,
} from '@mlld/format';

export function sha256(data: string | Uint8Array): Sha256Hex {
  return createHash('sha256').update(data).digest('hex') as Sha256Hex;
}

export const greet: ModuleName = parseModuleName('@alice/greet');

/** Text of `@alice/greet` in a version. */
export function greetText(version: string): string {
  return `# @alice/greet\n\n\`\`\`mlld-run\n/exe @hello(name) = \`Hello @name from ${version}\`\n/export { @hello }\n\`\`\`\n`;
}

export function indexLine(version: string, more: Partial<IndexVersion> = {}): IndexVersion {
  const bytes = greetText(version);
  return {
    v: 1,
    name: greet,
    version,
    digest: sha256(`digest of ${version}`),
    contentHash: sha256(bytes),
    shape: 'file',
    entry: 'greet.mld.md',
    files: [{ path: 'greet.mld.md', size: bytes.length, sha256: sha256(bytes) }],
    sources: ['https://gist.example.org/alice/'],
    kind: 'module',
    imports: new Map(),
    closure: [],
    needs: [],
    license: 'CC0-1.0',
    evidence: 0,
    checked: { state: 'match' },
    ...more,
  };
}

export const greetVersions = ['2.0.0', '1.2.0', '1.1.0', '1.0.0'];

/** `@alice/greet` with four versions of which 1.2.0 is yanked; blobs; the texts of 2.0.0; compressed copies. */
export async function writeDistribution(folder: string): Promise<void> {
  const index = encodeIndex({
    header: {
      v: 1,
      name: greet,
      about: 'Greets people',
      tags: new Map([
        ['latest', '2.0.0'],
        ['old', '1.0.0'],
      ]),
      owners: [],
      yanked: new Map([['1.2.0', 'broken']]),
      advisories: [],
    },
    versions: greetVersions.map((version) => indexLine(version)),
  });
  const info = encodeRegistryInfo({
    v: 1,
    name: 'registry.example.org',
    title: 'Example registry',
    zone: 'modules.example.org',
    blobs: true,
    mirrors: [],
    fileSources: false,
  });
  await put(folder, layout.registry, info);
  await putCompressed(folder, layout.index(greet), index);
  for (const version of greetVersions) {
    await put(folder, layout.blob(sha256(greetText(version))), greetText(version));
  }
  await put(folder, layout.text(greet, '2.0.0', '.mld.md'), greetText('2.0.0'));
  await put(folder, layout.text(greet, undefined, '.mld.md'), greetText('2.0.0'));
  await put(folder, layout.names, '@alice/greet\n');
  await put(folder, layout.proof('a'.repeat(64)), '{}\n');
  await put(folder, layout.zone, '$ORIGIN modules.example.org.\n');
}

/** The least effort: tests wait for it. */
export const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 2 } };

/** Writes as a builder does: beside, then renamed into place. */
export async function put(folder: string, name: string, data: string | Uint8Array): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.part`, data);
  await rename(`${file}.part`, file);
}

export async function putCompressed(folder: string, name: string, data: string): Promise<void> {
  await put(folder, name, data);
  await put(folder, `${name}.br`, brotliCompressSync(data, fast));
  await put(folder, `${name}.gz`, gzipSync(data));
}
