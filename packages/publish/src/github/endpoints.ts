/** Where a GitHub has its parts: github.com, or a server of one's own (GitHub Enterprise has all below one host). */
import { printable, RegistryError } from '@mlld/format';
import type { Environment } from '../process.ts';

export interface Endpoints {
  /** Base of the REST API, without a slash at the end. */
  readonly api: string;
  /** Base of the web pages and of git over HTTP. */
  readonly web: string;
  /** Host name that `gh` and SSH remotes know it by. */
  readonly host: string;
  readonly public: boolean;
}

const GITHUB: Endpoints = {
  api: 'https://api.github.com',
  web: 'https://github.com',
  host: 'github.com',
  public: true,
};

/** By `MLLD_GITHUB_API`, else github.com. @throws RegistryError BAD_CONFIG */
export function endpointsOf(env: Environment): Endpoints {
  const api = env.MLLD_GITHUB_API?.replace(/\/+$/, '');
  if (api === undefined || api === '' || api === GITHUB.api) return GITHUB;
  if (!URL.canParse(api) || !/^https?:$/.test(new URL(api).protocol)) {
    throw new RegistryError(
      'BAD_CONFIG',
      `MLLD_GITHUB_API: wanted the URL of a GitHub API, found '${printable(api)}'`,
      {
        hint: 'For instance https://github.example.org/api/v3',
      },
    );
  }
  return { api, web: api.replace(/\/api\/v3$/, ''), host: new URL(api).host, public: false };
}
