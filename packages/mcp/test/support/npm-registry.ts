/** A registry of npm packages on the loopback: those that are installed here, packed again. Enough for npm, and for our installer. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { create } from 'tar';

const root = path.resolve(import.meta.dirname, '../../../..');

interface Packed {
  readonly manifest: { readonly name: string; readonly version: string };
  readonly tarball: Buffer;
  readonly integrity: string;
}

export interface NpmRegistry {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

export async function npmRegistry(): Promise<NpmRegistry> {
  const folders = installedFolders();
  const packed = new Map<string, Promise<Packed>>();
  const packOf = (folder: string) => {
    const found = packed.get(folder) ?? pack(folder);
    packed.set(folder, found);
    return found;
  };
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const target = decodeURIComponent(new URL(request.url ?? '', 'http://x').pathname.slice(1));
    asked.push(target);
    const [name = '', file] = target.split('/-/');
    const all = await Promise.all((folders.get(name) ?? []).map(packOf));
    if (all.length === 0) {
      response.writeHead(404).end('{}');
      return;
    }
    if (file !== undefined) {
      const one = all.find(({ manifest }) => file.endsWith(`-${manifest.version}.tgz`));
      response.writeHead(one === undefined ? 404 : 200).end(one?.tarball);
      return;
    }
    const base = `http://${request.headers.host}`;
    const versions = all.map(({ manifest, integrity }) => {
      const tarball = `${base}/${name}/-/${name.slice(name.indexOf('/') + 1)}-${manifest.version}.tgz`;
      return [manifest.version, { ...manifest, dist: { tarball, integrity } }];
    });
    const latest = all[0]?.manifest.version;
    const document = { name, 'dist-tags': { latest }, versions: Object.fromEntries(versions) };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Every installed package by its name, wherever it lies. */
function installedFolders(): Map<string, string[]> {
  const folders = new Map<string, string[]>();
  const lock = JSON.parse(readFileSync(path.join(root, 'node_modules/.package-lock.json'), 'utf8'));
  for (const [place, { link }] of Object.entries(lock.packages as Record<string, { link?: boolean }>)) {
    if (link === true || !place.startsWith('node_modules/')) continue;
    const name = place.slice(place.lastIndexOf('node_modules/') + 13);
    folders.set(name, [...(folders.get(name) ?? []), path.join(root, place)]);
  }
  return folders;
}

/** Without what no program loads: half of the bytes. */
const isUsed = (name: string): boolean => !/\.(?:map|md|d\.[cm]?ts)$/.test(name);

async function pack(folder: string): Promise<Packed> {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const names = readdirSync(folder).filter((name) => name !== 'node_modules');
  const parts: Buffer[] = [];
  const options = { cwd: folder, gzip: { level: 1 }, portable: true, prefix: 'package', filter: isUsed };
  for await (const part of create(options, names)) parts.push(part as Buffer);
  const tarball = Buffer.concat(parts);
  const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
  return { manifest, tarball, integrity };
}
