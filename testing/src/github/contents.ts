import { commitJson, revision } from './commits.ts';
import { ApiError, conflict, notFound, unprocessable, validationFailed } from './errors.ts';
import { noReply } from './json.ts';
import { commitFiles, listTree, objectAt, readBlob, resolve, type TreeEntry } from './plumbing.ts';
import { readable, writable } from './repos.ts';
import {
  type Answer,
  type Context,
  isRecord,
  optionalText,
  parameter,
  type Router,
  requiredText,
  viewer,
} from './router.ts';
import { fullName, type Repo, timestamp } from './state.ts';

/** Files are given as base64 in JSON up to this many bytes. */
const INLINE_LIMIT = 1_000_000;

/** `/repos/{owner}/{repo}/contents/{path}`. */
export function addContentRoutes(router: Router): void {
  router.add('GET', '/repos/:owner/:repo/contents', show);
  router.add('GET', '/repos/:owner/:repo/contents/:path*', show);
  router.add('PUT', '/repos/:owner/:repo/contents/:path*', put);
  router.add('DELETE', '/repos/:owner/:repo/contents/:path*', remove);
  router.add('GET', '/repos/:owner/:repo/readme', (context) =>
    show({ ...context, params: { ...context.params, path: 'README.md' } }),
  );
}

/** The bytes of `/{owner}/{repo}/{ref}/{path}` on the raw host; a branch may have slashes in its name. */
export async function readRaw(context: Context): Promise<Answer> {
  const repo = readable(context);
  const parts = parameter(context, 'rest')
    .split('/')
    .filter((part) => part !== '');
  for (let split = 1; split < parts.length; split++) {
    const commit = await revision(repo, parts.slice(0, split).join('/'));
    if (commit === undefined) continue;
    const entry = await objectAt(repo.dir, commit, parts.slice(split).join('/'));
    if (entry?.type === 'blob') return { status: 200, bytes: await readBlob(repo.dir, entry.sha) };
  }
  throw notFound();
}

async function show(context: Context): Promise<Answer> {
  const repo = readable(context);
  const ref = context.query.get('ref') ?? repo.defaultBranch;
  const file = (context.params.path ?? '').replace(/\/$/, '');
  const commit = await revision(repo, ref);
  if (commit === undefined) {
    if (context.query.has('ref')) throw new ApiError(404, `No commit found for the ref ${ref}`);
    throw new ApiError(404, 'This repository is empty.');
  }
  const entry = await objectAt(repo.dir, commit, file);
  if (entry === undefined) throw notFound();
  if (entry.type === 'tree') {
    const entries = await listTree(repo.dir, entry.sha, false);
    const at = (name: string) => (file === '' ? name : `${file}/${name}`);
    return {
      status: 200,
      json: entries.map((one) => entryJson(context, repo, { ...one, path: at(one.path), ref })),
    };
  }
  const bytes = await readBlob(repo.dir, entry.sha);
  if (/application\/vnd\.github(\.v3)?\.raw/.test(String(context.headers.accept)))
    return { status: 200, bytes };
  const inline = bytes.length <= INLINE_LIMIT;
  const content = inline ? wrapBase64(bytes) : '';
  const json = {
    ...entryJson(context, repo, { ...entry, ref }),
    content,
    encoding: inline ? 'base64' : 'none',
  };
  return { status: 200, json };
}

async function put(context: Context): Promise<Answer> {
  const repo = writable(context);
  const file = parameter(context, 'path');
  requiredText(context, 'Commit', 'message');
  const encoded = context.body.content;
  if (typeof encoded !== 'string')
    throw validationFailed({ resource: 'Content', code: 'missing_field', field: 'content' });
  const base64 = encoded.replace(/\s/g, '');
  if (base64.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64))
    throw unprocessable('content is not valid Base64');
  if (!isPath(file)) throw unprocessable('path contains a malformed path component');
  const before = await blobAt(context, repo, file);
  checkSha(context, file, before?.sha);
  const commit = await change(context, repo, new Map([[file, Buffer.from(base64, 'base64')]]));
  const entry = await objectAt(repo.dir, commit, file);
  if (entry === undefined) throw new Error(`${file} is not in ${commit}`);
  return {
    status: before === undefined ? 201 : 200,
    json: {
      content: entryJson(context, repo, { ...entry, ref: branchOf(context, repo) }),
      commit: await commitJson(context, repo, commit),
    },
  };
}

async function remove(context: Context): Promise<Answer> {
  const repo = writable(context);
  const file = parameter(context, 'path');
  requiredText(context, 'Commit', 'message');
  const before = await blobAt(context, repo, file);
  if (before === undefined) throw notFound();
  checkSha(context, file, before.sha);
  const commit = await change(context, repo, new Map([[file, null]]));
  return { status: 200, json: { content: null, commit: await commitJson(context, repo, commit) } };
}

/** An existing file is changed only by who names the blob it now is. */
function checkSha(context: Context, file: string, now: string | undefined): void {
  const given = optionalText(context, 'sha');
  if (now !== undefined && given === undefined)
    throw unprocessable('Invalid request.\n\n"sha" wasn\'t supplied.');
  if (given !== undefined && given !== now) throw conflict(`${file} does not match ${given}`);
}

async function blobAt(context: Context, repo: Repo, file: string): Promise<TreeEntry | undefined> {
  const branch = branchOf(context, repo);
  const tip = await resolve(repo.dir, `refs/heads/${branch}`, 'commit');
  if (tip === undefined) {
    if (branch !== repo.defaultBranch) throw new ApiError(404, `Branch ${branch} not found`);
    return undefined;
  }
  return objectAt(repo.dir, tip, file);
}

function change(
  context: Context,
  repo: Repo,
  files: ReadonlyMap<string, Uint8Array | null>,
): Promise<string> {
  const user = viewer(context);
  const given = isRecord(context.body.author)
    ? context.body.author
    : isRecord(context.body.committer)
      ? context.body.committer
      : {};
  const text = (value: unknown, otherwise: string) => (typeof value === 'string' ? value : otherwise);
  return commitFiles(repo.dir, {
    ref: `refs/heads/${branchOf(context, repo)}`,
    files,
    message: requiredText(context, 'Commit', 'message'),
    author: {
      name: text(given.name, user.name ?? user.login),
      email: text(given.email, noReply(user)),
      date: text(given.date, timestamp(context.state)),
    },
  });
}

const branchOf = (context: Context, repo: Repo): string =>
  optionalText(context, 'branch') ?? repo.defaultBranch;

function entryJson(
  context: Context,
  repo: Repo,
  entry: TreeEntry & { ref: string },
): Record<string, unknown> {
  const name = fullName(context.state, repo);
  const url = `${context.urls.api}/repos/${name}/contents/${entry.path}?ref=${entry.ref}`;
  return {
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    html_url: `${context.urls.web}/${name}/blob/${entry.ref}/${entry.path}`,
    git_url: `${context.urls.api}/repos/${name}/git/blobs/${entry.sha}`,
    download_url: entry.type === 'blob' ? `${context.urls.raw}/${name}/${entry.ref}/${entry.path}` : null,
    type: entry.type === 'tree' ? 'dir' : 'file',
  };
}

/** A path that git takes as one of a file inside of the work tree. */
export function isPath(path: string): boolean {
  return (
    path !== '' &&
    !path.includes('\0') &&
    path.split('/').every((part) => !['', '.', '..', '.git'].includes(part))
  );
}

const wrapBase64 = (bytes: Buffer): string =>
  `${bytes.toString('base64').replace(/(.{60})(?=.)/g, '$1\n')}\n`;
