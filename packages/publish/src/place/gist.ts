/** Bytes in a gist of the author: for modules that lie in no public repository. */
import { RegistryError } from '@mlld/format';
import type { GitHub } from '../github/client.ts';
import type { Account } from '../github/login.ts';
import type { Module } from '../module/read.ts';
import { type Placed, sourceAt, verifyPlaced } from './place.ts';

export interface GistOptions {
  readonly github: GitHub;
  readonly account: Account;
  /** `@alice/strings 1.2.0` */
  readonly title: string;
  /** A gist that an earlier run made. */
  readonly known?: { readonly id: string; readonly revision: string } | undefined;
}

export interface PlacedGist extends Placed {
  readonly gist: { readonly id: string; readonly revision: string };
}

/** Pages of the author's gists that are searched for one that an earlier run made and could not tell of. */
const PAGES = 3;

interface GistData {
  readonly id?: string;
  readonly description?: string | null;
  readonly files?: Readonly<
    Record<string, { readonly raw_url?: string; readonly size?: number } | null | undefined>
  >;
  readonly history?: readonly { readonly version?: string }[];
}

/** Why the module can't be a gist, or undefined if it can. A gist is a flat folder of texts that are not empty. */
export function unfitForGist(module: Module): string | undefined {
  for (const file of module.files) {
    if (file.path.includes('/')) return `'${file.path}' is in a folder`;
    if (file.size === 0) return `'${file.path}' is empty`;
    try {
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.bytes);
    } catch {
      return `'${file.path}' is not UTF-8 text`;
    }
  }
  return undefined;
}

/**
 * Finds the gist that an earlier run made, else makes one; then reads it back.
 * @throws RegistryError GITHUB_*, CHECK_FAILED (can't be a gist), HASH_MISMATCH, UNREACHABLE
 */
export async function placeInGist(module: Module, options: GistOptions): Promise<PlacedGist> {
  const unfit = unfitForGist(module);
  if (unfit !== undefined) {
    throw new RegistryError('CHECK_FAILED', `a gist can't hold this module: ${unfit}`, {
      hint: 'Push the module to a public GitHub repository, and publish from there.',
    });
  }
  const found =
    options.known === undefined ? await search(module, options) : await knownGist(options.known, options);
  return placedGist(module, found ?? (await create(module, options)), options);
}

async function create(module: Module, { github, title }: GistOptions): Promise<GistData> {
  const files = Object.fromEntries(
    module.files.map((file) => [file.path, { content: Buffer.from(file.bytes).toString('utf8') }]),
  );
  const { data } = await github.request('POST /gists', {
    description: `${title} (mlld module)`,
    public: true,
    files,
  });
  return data as GistData;
}

async function knownGist(
  known: { id: string; revision: string },
  { github }: GistOptions,
): Promise<GistData | undefined> {
  try {
    const { data } = await github.request('GET /gists/{gist_id}/{sha}', {
      gist_id: known.id,
      sha: known.revision,
    });
    return { ...(data as GistData), history: [{ version: known.revision }] };
  } catch (cause) {
    // Deleted meanwhile: a new one is made.
    if (cause instanceof RegistryError && cause.code === 'GITHUB_NOT_FOUND') return undefined;
    throw cause;
  }
}

/** A gist of the same title with files of the same names and sizes; its bytes are compared by `verifyPlaced`. */
async function search(module: Module, { github, title }: GistOptions): Promise<GistData | undefined> {
  for (let page = 1; page <= PAGES; page++) {
    const { data } = await github.request('GET /gists', { per_page: 100, page });
    for (const gist of data as GistData[]) {
      if (gist.description !== `${title} (mlld module)` || !holds(gist, module)) continue;
      const { data: whole } = await github.request('GET /gists/{gist_id}', { gist_id: gist.id ?? '' });
      if (await hasBytes(module, whole as GistData)) return whole as GistData;
    }
    if (data.length < 100) return undefined;
  }
  return undefined;
}

function holds(gist: GistData, module: Module): boolean {
  const files = Object.entries(gist.files ?? {});
  return (
    files.length === module.files.length &&
    module.files.every((file) => files.some(([name, one]) => name === file.path && one?.size === file.size))
  );
}

async function hasBytes(module: Module, gist: GistData): Promise<boolean> {
  try {
    await verifyPlaced(module, baseOf(module, gist).base);
    return true;
  } catch (cause) {
    if (cause instanceof RegistryError && cause.code === 'HASH_MISMATCH') return false;
    throw cause;
  }
}

async function placedGist(module: Module, data: GistData, { github }: GistOptions): Promise<PlacedGist> {
  const { id, revision, base } = baseOf(module, data);
  await verifyPlaced(module, base);
  const url = `${github.endpoints.public ? 'https://gist.github.com' : `${github.endpoints.web}/gist`}/${id}`;
  const repository = { type: 'git' as const, url, commit: revision };
  return {
    sources: [base],
    source: sourceAt(module, base, { gistId: id, repository }),
    where: `gist ${url.replace(/^https?:\/\//, '')} at ${revision.slice(0, 10)}`,
    gist: { id, revision },
  };
}

/** The raw URL that the files hang below, which must name the revision: else it would follow later changes. */
function baseOf(module: Module, data: GistData): { id: string; revision: string; base: string } {
  const id = data.id ?? '';
  const revision = data.history?.[0]?.version ?? '';
  const raw = data.files?.[module.entry]?.raw_url ?? '';
  const folder = raw.slice(0, raw.lastIndexOf('/') + 1);
  const marked = /^(.*\/raw\/)([0-9a-f]{40})\/$/.exec(folder);
  if (id === '' || !/^[0-9a-f]{40}$/.test(revision) || marked === null) {
    throw new RegistryError('GITHUB_INVALID', 'GitHub names no revision of the gist');
  }
  return { id, revision, base: `${marked[1]}${revision}/` };
}
