/** The files below `assets/`, made by `scripts/build.mjs`: names hold a hash of the content. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { decode as d, parseJson, RegistryError } from '@mlld/format';
import type { AssetNames } from '../components/context.ts';

export interface Assets extends AssetNames {
  /** Content by file name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

export const assetsManifest = 'assets.json';

/** Reads a folder of assets. @throws RegistryError FILE_NOT_FOUND, BAD_SHAPE */
export function readAssets(folder: string): Assets {
  try {
    const manifest = d.object(
      parseJson(readFileSync(path.join(folder, assetsManifest)), { where: assetsManifest }),
      '$',
    );
    const name = (key: string) => d.text(200)(manifest[key], `$.${key}`);
    const files = new Map(
      readdirSync(folder)
        .filter((file) => file !== assetsManifest)
        .sort()
        .map((file) => [file, readFileSync(path.join(folder, file))]),
    );
    return { css: name('css'), script: name('script'), icon: name('icon'), files };
  } catch (cause) {
    if (cause instanceof RegistryError) throw cause;
    throw new RegistryError('FILE_NOT_FOUND', `${folder}: the site's styles and scripts are not there`, {
      cause,
      hint: 'npm run build makes them.',
    });
  }
}
