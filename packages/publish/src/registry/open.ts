import { existsSync } from 'node:fs';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import type { Session } from '../github/login.ts';
import type { Environment } from '../process.ts';
import { openFolder, openUrl } from './folder.ts';
import { openGitHubRegistry } from './github.ts';
import type { RegistryTarget } from './target.ts';

/** The public registry's repository. */
export const PUBLIC_REGISTRY = 'mlld-lang/registry';

export interface OpenRegistryOptions {
  /** Folder or git URL of a registry repository that is committed to directly. */
  readonly registry?: string | undefined;
  /** `owner/repository` on GitHub that gets a pull request. */
  readonly to?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  /** Signs in, when the way leads over GitHub. */
  session(): Promise<Session>;
}

/** @throws RegistryError REGISTRY_NOT_FOUND, USAGE, UNREACHABLE, GITHUB_*, NOT_LOGGED_IN */
export async function openRegistry(options: OpenRegistryOptions): Promise<RegistryTarget> {
  const { registry, to, cwd, env } = options;
  if (registry !== undefined) {
    if (to !== undefined)
      throw new RegistryError(
        'USAGE',
        '--registry commits directly and --to asks by pull request: give one of them',
      );
    const folder = path.resolve(cwd, registry);
    // A bare repository has no work tree to commit in: it is cloned and pushed to, as a URL is.
    if (existsSync(folder)) return isBare(folder) ? openUrl(folder, env) : openFolder(folder, env);
    if (/^[a-z][a-z0-9+.-]*:\/\/|^[^/\s]+@[^/\s]+:/i.test(registry)) return openUrl(registry, env);
    throw new RegistryError('REGISTRY_NOT_FOUND', `'${printable(registry)}' is no folder and no git URL`, {
      hint: 'For instance --registry ../registry or --registry git@example.org:team/registry.git',
    });
  }
  const name = to ?? PUBLIC_REGISTRY;
  if (!/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/.test(name)) {
    throw new RegistryError(
      'USAGE',
      `--to: wanted <owner>/<repository> on GitHub, found '${printable(name)}'`,
    );
  }
  return openGitHubRegistry(name, await options.session());
}

const isBare = (folder: string): boolean =>
  existsSync(path.join(folder, 'HEAD')) &&
  existsSync(path.join(folder, 'objects')) &&
  !existsSync(path.join(folder, '.git'));
