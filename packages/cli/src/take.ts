/** Modules that are used as they are and imported by nobody: themes and templates. From the registry, or from a folder at hand. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from '@mlld/client';
import {
  contentDigest,
  type ModuleKind,
  parseConfig,
  parseRef,
  printable,
  RegistryError,
  type Sha256Hex,
  userLayout,
} from '@mlld/format';
import { type Manifest, readManifest } from '@mlld/lang';
import { readModule } from '@mlld/publish';
import { sha256 } from '@mlld/trust';
import { clientSettings } from './client.ts';
import type { Context, clientFlags, Flags } from './command.ts';

export interface TakenModule {
  /** `@alice/harbour`; of a folder whose manifest names no author, that of `you`. */
  readonly name: string;
  readonly version: string;
  readonly digest: Sha256Hex;
  readonly entry: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly manifest: Manifest;
}

type TakeContext<F extends Flags> = Context<F & typeof clientFlags>;

/** A folder or file of this machine is meant by a path, anything that begins with @ is a reference. */
export const isReference = (text: string): boolean => text.startsWith('@');

/** @throws RegistryError BAD_SHAPE (of another kind), FILE_NOT_FOUND, and what installing throws */
export async function take<F extends Flags>(
  context: TakeContext<F>,
  what: string,
  kind: ModuleKind,
): Promise<TakenModule> {
  const folder = path.resolve(context.cwd, what);
  if (!isReference(what) && !existsSync(folder))
    throw new RegistryError('FILE_NOT_FOUND', `there is no folder '${printable(what)}' with a ${kind}`, {
      hint: `One of the registry is named @author/name: mlld search --kind ${kind} lists them.`,
    });
  const taken = isReference(what) ? await fromRegistry(context, what) : await fromFolder(folder);
  const found = taken.manifest.data.kind ?? taken.manifest.type ?? 'module';
  if (found === kind) return taken;
  throw new RegistryError(
    'BAD_SHAPE',
    `${printable(what)}: wanted a ${kind}, found a ${printable(String(found))}`,
    {
      hint: `mlld search --kind ${kind} lists those of the registry.`,
    },
  );
}

/**
 * By the way of every other module: resolved, verified, held to the gates of the user's policy and of advisories, cached, locked. The lock
 * file is one of a folder that goes away again: what remembers a template is the project's own record, with the same digest.
 */
async function fromRegistry<F extends Flags>(context: TakeContext<F>, ref: string): Promise<TakenModule> {
  const { cwd, report } = context;
  const root = await mkdtemp(path.join(tmpdir(), 'mlld-take-'));
  await copySettings(cwd, root);
  const client = createClient({ ...clientSettings(context), root });
  const progress = report.progress(`Getting ${printable(ref)}`);
  try {
    const { name } = parseRef(ref);
    const { lock } = await client.add([ref], { exact: true });
    const locked = lock.modules.get(name);
    const files = locked && (await client.cachedFiles(locked));
    if (locked === undefined || files === undefined)
      throw new RegistryError('CACHE_CORRUPT', `${name} was fetched and is not in the cache`, {
        hint: 'Run the command again; mlld cache verify says what is wrong.',
      });
    const { version, entry } = locked;
    const digest = contentDigest(
      [...files].map(([file, bytes]) => ({ path: file, sha256: sha256(bytes) })),
      sha256,
    );
    return { name, version, digest, entry, files, manifest: await manifestOf(files) };
  } finally {
    progress.done();
    client.close();
    await rm(root, { recursive: true, force: true });
  }
}

/** The registries and the policy of the project, without what it depends on. */
async function copySettings(cwd: string, root: string): Promise<void> {
  const file = path.join(cwd, userLayout.config);
  if (!existsSync(file)) return;
  const { dependencies: _, devDependencies: __, ...rest } = parseConfig(readFileSync(file), file).raw;
  await writeFile(path.join(root, userLayout.config), JSON.stringify(rest));
}

const manifests = ['module.yml', 'module.yaml', 'module.json'];

async function manifestOf(files: ReadonlyMap<string, Uint8Array>): Promise<Manifest> {
  const name = manifests.find((one) => files.has(one)) ?? 'module.yml';
  return readManifest(new TextDecoder().decode(files.get(name) ?? new Uint8Array()), name);
}

async function fromFolder(folder: string): Promise<TakenModule> {
  const module = await readModule(folder);
  const { manifest, entry } = module;
  const files = new Map(module.files.map((file) => [file.path, file.bytes]));
  const digest = contentDigest(module.files, sha256);
  const short = (manifest.name ?? path.basename(folder)).replace(/^@[^/]*\//, '');
  const name = manifest.name?.startsWith('@') ? manifest.name : `@${manifest.author ?? 'you'}/${short}`;
  return { name, version: manifest.version ?? '0.0.0', digest, entry, files, manifest };
}
