/** What the commands about statistics share: where the repository, the distribution and the open days are. */
import path from 'node:path';
import { layout, parseRegistryInfo, parseStatisticsSource, RegistryError } from '@mlld/format';
import type { Context, Flags } from '../../command.ts';

export const statsFlags = {
  repository: { type: 'string', value: 'folder', about: 'The registry repository (default: .)' },
  distribution: {
    type: 'string',
    value: 'folder',
    about: 'What mlld registry build wrote of it (default: <repository>/dist)',
  },
  state: {
    type: 'string',
    value: 'folder',
    about: 'Where open days are kept, outside of the repository (default: <distribution>.statistics)',
  },
  source: {
    type: 'string',
    value: 'name',
    about: 'Which logs these are, where there are several hosts (default: main)',
  },
} as const satisfies Flags;

export interface StatsPlace {
  readonly repository: string;
  readonly distribution: string;
  readonly registry: string;
  /** Path of the distribution's root on its host, `/` or `/registry/`. */
  readonly base: string;
  readonly source: string;
  /** Folder of the source's open days. */
  readonly state: string;
}

/** @throws RegistryError FILE_NOT_FOUND, BAD_NAME */
export async function statsPlace({
  flags,
  cwd,
}: Pick<Context<typeof statsFlags>, 'flags' | 'cwd'>): Promise<StatsPlace> {
  const { folderTree } = await import('@mlld/builder');
  const repository = path.resolve(cwd, flags.repository ?? '.');
  const distribution = path.resolve(cwd, flags.distribution ?? path.join(repository, 'dist'));
  const bytes = folderTree(repository).read(layout.registry, 1024 * 1024);
  if (bytes === undefined)
    throw new RegistryError(
      'FILE_NOT_FOUND',
      `${repository}: wanted a registry repository, found no registry.json`,
      {
        hint: 'Name it: --repository <folder>.',
      },
    );
  const { name, url } = parseRegistryInfo(bytes, layout.registry);
  const source = parseStatisticsSource(flags.source ?? 'main');
  const state = path.resolve(cwd, flags.state ?? `${distribution}.statistics`);
  return {
    repository,
    distribution,
    registry: name,
    base: url === undefined ? '/' : new URL(url).pathname,
    source,
    state: path.join(state, source),
  };
}
