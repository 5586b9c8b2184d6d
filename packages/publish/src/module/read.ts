/** A module as it lies on the author's disk: one file with frontmatter, or a folder with `module.yml`. */
import { type Dirent, statSync } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import path from 'node:path';
import {
  compareBytes,
  type FileEntry,
  kindFacts,
  limits,
  type ModuleKind,
  moduleKinds,
  parsePath,
  printable,
  RegistryError,
  type Sha256Hex,
} from '@mlld/format';
import { type Analysis, analyse, type Manifest, readManifest } from '@mlld/lang';
import { sha256 } from '@mlld/trust';

export interface ModuleFile extends FileEntry {
  readonly bytes: Uint8Array;
}

/** A file of the folder that does not become part of the module. */
export interface LeftOut {
  readonly path: string;
  readonly why: 'symbolic link' | 'not a regular file' | 'bad path';
  readonly message: string;
}

export interface Module {
  readonly layout: 'file' | 'directory';
  /** The folder that `files` hang below. Absolute. */
  readonly root: string;
  readonly kind: ModuleKind;
  /** What the frontmatter or `module.yml` says; its parts may be missing or wrong: `checkModule` tells. */
  readonly manifest: Manifest;
  /** The file that the manifest stands in. */
  readonly manifestFile: string;
  /** Sorted by path; the module is exactly these. */
  readonly files: readonly ModuleFile[];
  readonly leftOut: readonly LeftOut[];
  /** The path in `files` that an import evaluates. */
  readonly entry: string;
  /** Every mlld source of `files`, analysed. */
  readonly sources: ReadonlyMap<string, Analysis>;
  /** Files `*.test.mld` and `*.test.mld.md`: in `files` of a folder, beside a single file. */
  readonly tests: readonly string[];
}

const MANIFESTS = ['module.yml', 'module.yaml', 'module.json'];
const IGNORED_FOLDERS = new Set(['node_modules']);

export const isSource = (file: string): boolean => /\.mld(\.md)?$/.test(file);
export const isTest = (file: string): boolean => /\.test\.mld(\.md)?$/.test(file);

/** The text of one file of the module. */
export function textOf(module: Module, file: string): string {
  const found = module.files.find((one) => one.path === file);
  return found === undefined ? '' : Buffer.from(found.bytes).toString('utf8');
}

/**
 * Reads a module. A folder without `module.yml` is read as a single file if it has one source with frontmatter.
 * Files and folders whose names start with a dot and `node_modules` are no part of a module.
 * @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE (metadata that can't be read), TOO_LARGE
 */
export async function readModule(location: string): Promise<Module> {
  const absolute = path.resolve(location);
  const stat = statSync(absolute, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(location)}'`, {
      hint: 'Name a .mld or .mld.md file, or a folder with module.yml.',
    });
  }
  if (!stat.isDirectory()) return readSingle(absolute);
  const names = (await readdir(absolute)).filter((name) => !name.startsWith('.'));
  const manifest = MANIFESTS.find((name) => names.includes(name));
  if (manifest !== undefined) return readFolder(absolute, manifest);
  const sources = names.filter((name) => isSource(name) && !isTest(name));
  const titled: string[] = [];
  for (const name of sources) {
    const text = Buffer.from(await readBounded(path.join(absolute, name), name)).toString('utf8');
    if (/^---\r?\n/.test(text)) titled.push(name);
  }
  const [only, second] = titled;
  if (only !== undefined && second === undefined) return readSingle(path.join(absolute, only));
  const found =
    second === undefined ? 'no module.yml and no source with frontmatter' : `${titled.join(', ')}`;
  throw new RegistryError('FILE_NOT_FOUND', `wanted one module in '${printable(location)}', found ${found}`, {
    hint: second === undefined ? "Start one with 'mlld new module <name>'." : 'Name the one that is meant.',
  });
}

/** The module with another text of one of its files, as an editor has it. */
export async function withText(module: Module, file: string, text: string): Promise<Module> {
  const changed = moduleFile(file, new TextEncoder().encode(text));
  const files = module.files.map((one) => (one.path === file ? changed : one));
  if (!module.sources.has(file)) return { ...module, files };
  const readme = file === module.entry ? files.find((one) => one.path === 'README.md') : undefined;
  const analysis = await analyseFile(changed, module.layout === 'directory' ? readme : undefined);
  const sources = new Map(module.sources).set(file, analysis);
  const manifest =
    module.layout === 'file' ? (analysis.frontmatter ?? (await readManifest('', file))) : module.manifest;
  return { ...module, files, sources, manifest };
}

async function readSingle(file: string): Promise<Module> {
  const name = path.basename(file);
  const root = path.dirname(file);
  if (!isSource(name)) {
    throw new RegistryError('FILE_NOT_FOUND', `'${printable(name)}' is no .mld or .mld.md file`, {
      hint: 'Modules of other kinds are folders with a module.yml.',
    });
  }
  const only = moduleFile(name, await readBounded(file, name));
  const analysis = await analyseFile(only);
  const beside = (await readdir(root)).filter(isTest).sort();
  const stem = name.replace(/\.mld(\.md)?$/, '');
  return {
    layout: 'file',
    root,
    kind: 'module',
    manifest: analysis.frontmatter ?? (await readManifest('', name)),
    manifestFile: name,
    files: [only],
    leftOut: badName(name),
    entry: name,
    sources: new Map([[name, analysis]]),
    tests: beside.filter((test) => test.startsWith(`${stem}.`)),
  };
}

async function readFolder(root: string, manifestFile: string): Promise<Module> {
  const { files, leftOut } = await collect(root);
  const find = (name: string) => files.find((file) => file.path === name);
  const manifest = await readManifestFile(find(manifestFile), manifestFile);
  const entry = manifest.entry ?? defaultEntry(files);
  const readme = find('README.md');
  const kind =
    moduleKinds.find((one) => one === manifest.data.kind) ??
    moduleKinds.find((one) => one === manifest.type) ??
    'module';
  const sources = new Map<string, Analysis>();
  // A template's files are code only once they are filled in.
  for (const file of files.filter((one) => isSource(one.path) && kindFacts[kind].isCode)) {
    sources.set(file.path, await analyseFile(file, file.path === entry ? readme : undefined));
  }
  return {
    layout: 'directory',
    root,
    kind,
    manifest,
    manifestFile,
    files,
    leftOut,
    entry,
    sources,
    tests: [...sources.keys()].filter(isTest),
  };
}

async function readManifestFile(file: ModuleFile | undefined, name: string): Promise<Manifest> {
  try {
    return await readManifest(Buffer.from(file?.bytes ?? []).toString('utf8'), name);
  } catch (cause) {
    throw new RegistryError('BAD_SHAPE', cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function defaultEntry(files: readonly ModuleFile[]): string {
  const paths = files.map((file) => file.path);
  const sources = paths.filter((one) => isSource(one) && !isTest(one) && !one.includes('/'));
  return (
    ['index.mld', 'index.mld.md'].find((one) => paths.includes(one)) ?? sources[0] ?? paths[0] ?? 'index.mld'
  );
}

function analyseFile(file: ModuleFile, readme?: ModuleFile): Promise<Analysis> {
  const text = (of: ModuleFile) => Buffer.from(of.bytes).toString('utf8');
  return analyse(text(file), { file: file.path, ...(readme === undefined ? {} : { readme: text(readme) }) });
}

async function collect(root: string): Promise<{ files: ModuleFile[]; leftOut: LeftOut[] }> {
  const files: ModuleFile[] = [];
  const leftOut: LeftOut[] = [];
  let bytes = 0;
  const folders = [''];
  for (const folder of folders) {
    const entries = await readdir(path.join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => compareBytes(a.name, b.name))) {
      if (entry.name.startsWith('.') || IGNORED_FOLDERS.has(entry.name)) continue;
      const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
      const refused = refusal(entry, relative);
      if (refused !== undefined) leftOut.push(refused);
      else if (entry.isDirectory()) folders.push(relative);
      else {
        const file = moduleFile(relative, await readBounded(path.join(root, relative), relative));
        bytes += file.size;
        files.push(file);
      }
      if (bytes > limits.moduleBytes || files.length > limits.filesPerModule)
        throw tooLarge(root, bytes, files.length);
    }
  }
  return { files: files.sort((a, b) => compareBytes(a.path, b.path)), leftOut };
}

function refusal(entry: Dirent, relative: string): LeftOut | undefined {
  if (entry.isSymbolicLink()) {
    return { path: relative, why: 'symbolic link', message: 'symbolic links are not published' };
  }
  if (entry.isDirectory()) return undefined;
  if (!entry.isFile())
    return { path: relative, why: 'not a regular file', message: 'only regular files are published' };
  return badName(relative)[0];
}

function badName(relative: string): LeftOut[] {
  try {
    parsePath(relative);
    return [];
  } catch (cause) {
    return [
      { path: relative, why: 'bad path', message: cause instanceof Error ? cause.message : String(cause) },
    ];
  }
}

function moduleFile(name: string, bytes: Uint8Array): ModuleFile {
  return { path: name, bytes, size: bytes.length, sha256: sha256(bytes) as Sha256Hex };
}

async function readBounded(file: string, name: string): Promise<Uint8Array> {
  const found = await lstat(file);
  if (found.isSymbolicLink() || !found.isFile()) {
    throw new RegistryError('FILE_NOT_FOUND', `'${printable(name)}' is no regular file`, {
      hint: 'Publish the file itself, not a link to it.',
    });
  }
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    if (size > limits.fileBytes) {
      throw new RegistryError(
        'TOO_LARGE',
        `${printable(name)}: wanted at most ${limits.fileBytes} bytes, found ${size}`,
      );
    }
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function tooLarge(root: string, bytes: number, files: number): RegistryError {
  return new RegistryError(
    'TOO_LARGE',
    `${printable(root)}: a module has at most ${limits.filesPerModule} files and ${limits.moduleBytes} bytes, found ${files} and ${bytes} so far`,
    {
      hint: 'Is this the folder of the module alone? Names that start with a dot and node_modules are left out.',
    },
  );
}
