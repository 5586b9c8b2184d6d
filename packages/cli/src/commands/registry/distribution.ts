/** What the commands that serve a distribution read of it. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { layout, parseRegistryInfo, RegistryError, type RegistryInfo } from '@mlld/format';

export interface DistributionFacts {
  readonly info: RegistryInfo;
  readonly modules: number;
  /** A module to try. */
  readonly first: string | undefined;
}

/** @throws RegistryError REGISTRY_NOT_FOUND if the folder holds no distribution */
export async function readDistribution(folder: string): Promise<DistributionFacts> {
  const info = await readFile(path.join(folder, layout.registry)).catch(() => undefined);
  const names = await namesIn(path.join(folder, path.dirname(layout.names)));
  if (info === undefined || names === undefined) {
    throw new RegistryError('REGISTRY_NOT_FOUND', `'${folder}' holds no distribution of a registry`, {
      hint:
        info === undefined
          ? 'Name the folder that mlld registry build wrote.'
          : `It looks like a registry repository: mlld registry build ${folder} --out dist`,
    });
  }
  return { info: parseRegistryInfo(info, layout.registry), modules: names.length, first: names[0] };
}

/** The names in the lists of a folder, whether it is one list or a shard for each first character. */
async function namesIn(folder: string): Promise<string[] | undefined> {
  try {
    const files = (await readdir(folder)).filter((file) => !file.includes('.')).sort();
    const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
    return texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  } catch {
    return undefined;
  }
}

/** The DNS zone that a build wrote. */
export function zoneFile(folder: string): string {
  return path.join(folder, layout.zone);
}
