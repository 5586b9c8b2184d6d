/**
 * Servers from npm: the whole closure is locked when they are published, and made from the tarballs by us when they are used, without
 * npm, without scripts, without a network where the tarballs are at hand (docs/spec/mcp.md §3.4).
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import {
  type JsonObject,
  layout,
  limits,
  type McpNpmPackage,
  parseJson,
  printable,
  RegistryError,
} from '@mlld/format';
import { untar } from './tarball.ts';
import { archivePath, assertTreeSize, type Tree } from './tree.ts';

export interface NpmSource {
  readonly cacheDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where tarballs come from; npm's own configuration says it otherwise. */
  readonly registry?: string | undefined;
  readonly offline?: boolean | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

// ---- locking

/**
 * The closure of a package as npm resolves it today. Nothing is installed, and no script runs.
 * @throws RegistryError PROGRAM_MISSING, PROGRAM_FAILED, BAD_SHAPE
 */
export async function lockClosure(
  { name, version }: { readonly name: string; readonly version: string },
  { env, registry }: NpmSource,
): Promise<readonly McpNpmPackage[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mlld-mcp-'));
  try {
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({
        name: 'mlld-closure',
        version: '1.0.0',
        private: true,
        dependencies: { [name]: version },
      }),
    );
    await npm(
      [
        ...['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'],
        ...['--no-update-notifier', '--omit=dev', '--omit=optional'],
        ...(registry === undefined ? [] : [`--registry=${registry}`]),
      ],
      { cwd: folder, env },
    );
    return closureOf(readFileSync(path.join(folder, 'package-lock.json'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The packages of a `package-lock.json` of version 3. @throws RegistryError BAD_SHAPE */
export function closureOf(lockText: string): readonly McpNpmPackage[] {
  const lock = parseJson(lockText, {
    where: 'package-lock.json',
    maxBytes: limits.mcpManifestBytes,
  }) as JsonObject;
  const packages: McpNpmPackage[] = [];
  for (const [place, value] of Object.entries((lock.packages ?? {}) as Record<string, JsonObject>)) {
    if (place === '' || value.dev === true || value.optional === true || value.devOptional === true) continue;
    const { version, integrity, link } = value;
    const sha512 = typeof integrity === 'string' ? sha512Of(integrity) : undefined;
    if (typeof version !== 'string' || sha512 === undefined || link === true) {
      throw new RegistryError(
        'BAD_SHAPE',
        `package-lock.json: ${printable(place)}: wanted a package of a registry with its sha512`,
        { hint: 'Packages from git, from folders and with old hashes alone are not locked.' },
      );
    }
    const name =
      typeof value.name === 'string' ? value.name : place.slice(place.lastIndexOf('node_modules/') + 13);
    packages.push({ path: place, name, version, sha512 });
  }
  return packages.sort((a, b) => (a.path < b.path ? -1 : 1));
}

function sha512Of(integrity: string): string | undefined {
  const base64 = /(?:^|\s)sha512-([A-Za-z0-9+/]{86}==)/.exec(integrity)?.[1];
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('hex');
}

async function npm(
  words: readonly string[],
  { cwd, env }: { readonly cwd: string; readonly env: NpmSource['env'] },
): Promise<string> {
  try {
    const run = promisify(execFile);
    const { stdout } = await run('npm', [...words], {
      cwd,
      env,
      timeout: 120_000,
      maxBuffer: 4 * 1024 * 1024,
    });
    return stdout.trim();
  } catch (cause) {
    const { code, stderr = '' } = cause as { code?: unknown; stderr?: string };
    if (code === 'ENOENT')
      throw new RegistryError('PROGRAM_MISSING', 'npm is not installed', {
        hint: 'It is asked once, when a server from npm is described, for the packages that it needs.',
      });
    const said = stderr.split('\n').find((line) => /error/i.test(line)) ?? stderr;
    throw new RegistryError('PROGRAM_FAILED', `npm ${words[0]}: ${printable(said, 300)}`, { cause });
  }
}

// ---- installing

/** What is never loaded by a program that runs. */
const idle = /\.(?:map|d\.ts|d\.mts|d\.cts)$/;

/** All files of a closure, from verified tarballs. @throws RegistryError HASH_MISMATCH, OFFLINE, UNREACHABLE, BAD_PATH, TOO_LARGE */
export async function closureTree(packages: readonly McpNpmPackage[], source: NpmSource): Promise<Tree> {
  const tree = new Map<string, Uint8Array>();
  const tarballs = await fetchAll(packages, source);
  for (const one of packages) {
    const bytes = tarballs.get(one.sha512);
    if (bytes === undefined) throw new RegistryError('INTERNAL', `no tarball of ${one.name}`);
    for (const [name, content] of untar(bytes)) {
      // Every tarball of npm has one folder at its top, whatever that is called.
      const inner = name.slice(name.indexOf('/') + 1);
      if (!idle.test(inner)) tree.set(archivePath(`${one.path}/${inner}`), content);
    }
  }
  assertTreeSize(tree);
  return tree;
}

async function fetchAll(
  packages: readonly McpNpmPackage[],
  source: NpmSource,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  const wanted = [...new Map(packages.map((one) => [one.sha512, one])).values()];
  let base: Promise<string> | undefined;
  const registry = () => {
    base ??= registryUrl(source);
    return base;
  };
  const next = async (): Promise<void> => {
    for (let one = wanted.pop(); one !== undefined; one = wanted.pop()) {
      found.set(one.sha512, await tarball(one, source, registry));
      source.onProgress?.(found.size, packages.length);
    }
  };
  await Promise.all(Array.from({ length: 16 }, next));
  return found;
}

async function tarball(
  one: McpNpmPackage,
  source: NpmSource,
  registry: () => Promise<string>,
): Promise<Uint8Array> {
  const kept = path.join(source.cacheDir, layout.mcpTarball(one.sha512));
  for (const place of [kept, npmCacheFile(one.sha512, source.env)]) {
    const bytes = existsSync(place) ? readFileSync(place) : undefined;
    if (bytes !== undefined && sha512(bytes) === one.sha512) {
      if (place !== kept) keep(kept, bytes);
      return bytes;
    }
  }
  if (source.offline === true)
    throw new RegistryError('OFFLINE', `${one.name}@${one.version} is not at hand, and no network is asked`, {
      hint: 'Run mlld mcp install once with a network.',
    });
  const short = one.name.slice(one.name.indexOf('/') + 1);
  const url = new URL(`${one.name}/-/${short}-${one.version}.tgz`, await registry());
  const bytes = await download(url);
  if (sha512(bytes) !== one.sha512)
    throw new RegistryError('HASH_MISMATCH', `${url.href}: the tarball is not the one that was locked`, {
      data: { wanted: one.sha512, found: sha512(bytes) },
    });
  keep(kept, bytes);
  return bytes;
}

function keep(file: string, bytes: Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(temporary, bytes);
  renameSync(temporary, file);
}

/** Where npm keeps the bytes of this hash, if it ever fetched them. */
function npmCacheFile(hex: string, env: NpmSource['env']): string {
  const cache = env.npm_config_cache ?? path.join(env.HOME ?? homedir(), '.npm');
  return path.join(cache, '_cacache', 'content-v2', 'sha512', hex.slice(0, 2), hex.slice(2, 4), hex.slice(4));
}

async function registryUrl({ registry, env }: NpmSource): Promise<string> {
  const url =
    registry ?? env.npm_config_registry ?? (await npm(['config', 'get', 'registry'], { cwd: tmpdir(), env }));
  if (!URL.canParse(url))
    throw new RegistryError('BAD_CONFIG', `npm's registry '${printable(url)}' is no URL`);
  return url.endsWith('/') ? url : `${url}/`;
}

/** @throws RegistryError HTTP_STATUS, UNREACHABLE, TOO_LARGE */
export async function download(url: URL): Promise<Uint8Array> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(limits.answerMs) });
  } catch (cause) {
    throw new RegistryError('UNREACHABLE', `${url.href}: ${(cause as Error).message}`, { cause });
  }
  if (!answer.ok || answer.body === null)
    throw new RegistryError('HTTP_STATUS', `${url.href}: the answer is ${answer.status}`);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of answer.body) {
    size += part.length;
    if (size > limits.mcpTarballBytes)
      throw new RegistryError('TOO_LARGE', `${url.href}: more than ${limits.mcpTarballBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const sha512 = (bytes: Uint8Array): string => createHash('sha512').update(bytes).digest('hex');

/** The program of a package: what `bin` of its package.json names, the only one or the one called as the package. */
export function binOf(tree: Tree, name: string): string {
  const folder = `node_modules/${name}`;
  const bytes = tree.get(`${folder}/package.json`);
  const manifest = JSON.parse(Buffer.from(bytes ?? []).toString('utf8') || '{}') as {
    bin?: unknown;
    main?: unknown;
  };
  const { bin } = manifest;
  const short = name.slice(name.indexOf('/') + 1);
  const list = typeof bin === 'object' && bin !== null ? (bin as Record<string, unknown>) : { [short]: bin };
  const file = Object.hasOwn(list, short) ? list[short] : Object.values(list)[0];
  if (typeof file !== 'string')
    throw new RegistryError('BAD_SHAPE', `${name} has no program: its package.json names no bin`);
  const place = path.posix.normalize(`${folder}/${file}`);
  if (!tree.has(place))
    throw new RegistryError('BAD_SHAPE', `${name}: its program '${printable(file)}' is not there`);
  return place;
}
