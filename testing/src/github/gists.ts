import { git } from '../git.ts';
import { forbidden, notFound, validationFailed } from './errors.ts';
import { gistJson, noReply, userJson } from './json.ts';
import { commitFiles, initBare, isSha, listTree, readBlob, resolve } from './plumbing.ts';
import { type Answer, type Context, isRecord, page, parameter, type Router, viewer } from './router.ts';
import { type Gist, gistDir, newGistId, timestamp, type User, userById, userByLogin } from './state.ts';

/** A gist's content is cut off in JSON above this many bytes; its raw URL has it whole. */
const INLINE_LIMIT = 1_000_000;
export const GIST_BRANCH = 'main';

/** `/gists`: each gist is a bare repository whose commits are the revisions. */
export function addGistRoutes(router: Router): void {
  router.add('POST', '/gists', createGist);
  router.add('GET', '/gists', (context) => listGists(context, viewer(context), true));
  router.add('GET', '/users/:login/gists', (context) => {
    const owner = userByLogin(context.state, parameter(context, 'login'));
    if (owner === undefined) throw notFound();
    return listGists(context, owner, context.user?.id === owner.id);
  });
  router.add('GET', '/gists/:id', async (context) => showGist(context, findGist(context)));
  router.add('PATCH', '/gists/:id', updateGist);
  router.add('DELETE', '/gists/:id', (context) => {
    const gist = ownGist(context);
    context.state.gists.delete(gist.id);
    return { status: 204 };
  });
  router.add('GET', '/gists/:id/commits', async (context) =>
    page(context, await history(context, findGist(context))),
  );
  router.add('GET', '/gists/:id/:sha', async (context) =>
    showGist(context, findGist(context), parameter(context, 'sha')),
  );
}

/** The bytes of `/{login}/{id}/raw[/{revision}]/{file}` on the gists' raw host. */
export async function readRawGist(context: Context): Promise<Answer> {
  const gist = context.state.gists.get(parameter(context, 'id'));
  const owner = gist === undefined ? undefined : userById(context.state, gist.ownerId);
  if (gist === undefined || owner?.login.toLowerCase() !== parameter(context, 'login').toLowerCase())
    throw notFound();
  const [first = '', ...rest] = parameter(context, 'rest').split('/');
  const revision = isSha(first) ? first : undefined;
  const file = isSha(first) ? rest.join('/') : [first, ...rest].join('/');
  const commit = await resolve(gist.dir, revision ?? GIST_BRANCH, 'commit');
  if (commit === undefined) throw notFound();
  const entries = await listTree(gist.dir, commit, false);
  const entry = file === '' ? entries[0] : entries.find((one) => one.path === file);
  if (entry === undefined) throw notFound();
  return { status: 200, bytes: await readBlob(gist.dir, entry.sha) };
}

async function createGist(context: Context): Promise<Answer> {
  const user = viewer(context);
  requireGistScope(context);
  const files = readFiles(context);
  if (files.size === 0 || [...files.values()].some((content) => content === null)) {
    throw validationFailed({ resource: 'Gist', code: 'missing_field', field: 'files' });
  }
  const id = newGistId();
  const now = timestamp(context.state);
  const description = typeof context.body.description === 'string' ? context.body.description : null;
  const isPublic = context.body.public === true || context.body.public === 'true';
  const dir = gistDir(context.state, id);
  await initBare(dir, GIST_BRANCH);
  await commit(context, { dir, user, files });
  const gist: Gist = {
    id,
    ownerId: user.id,
    public: isPublic,
    description,
    dir,
    createdAt: now,
    updatedAt: now,
  };
  context.state.gists.set(id, gist);
  const shown = await showGist(context, gist);
  return { ...shown, status: 201, headers: { location: `${context.urls.api}/gists/${id}` } };
}

async function updateGist(context: Context): Promise<Answer> {
  const gist = ownGist(context);
  const files = readFiles(context);
  if (typeof context.body.description === 'string') gist.description = context.body.description;
  if (files.size > 0) await commit(context, { dir: gist.dir, user: viewer(context), files });
  gist.updatedAt = timestamp(context.state);
  return showGist(context, gist);
}

async function commit(
  context: Context,
  change: { dir: string; user: User; files: ReadonlyMap<string, Uint8Array | null> },
): Promise<void> {
  const { dir, user, files } = change;
  await commitFiles(dir, {
    ref: `refs/heads/${GIST_BRANCH}`,
    files,
    message: '',
    author: { name: user.login, email: noReply(user), date: timestamp(context.state) },
  });
}

/** The `files` member: name → bytes, or null for a file to delete. A rename is a deletion and an addition. */
function readFiles(context: Context): Map<string, Uint8Array | null> {
  const files = new Map<string, Uint8Array | null>();
  if (!isRecord(context.body.files)) return files;
  for (const [name, value] of Object.entries(context.body.files)) {
    if (value === null) {
      files.set(name, null);
      continue;
    }
    const renamed = isRecord(value) && typeof value.filename === 'string' ? value.filename : name;
    // An empty content is refused, as is a name that would be a folder.
    if (!isRecord(value) || typeof value.content !== 'string' || value.content === '') {
      throw validationFailed({ resource: 'Gist', code: 'missing_field', field: 'files' });
    }
    if (renamed.includes('/') || renamed === '') {
      throw validationFailed({ resource: 'Gist', code: 'invalid', field: 'files' });
    }
    if (renamed !== name) files.set(name, null);
    files.set(renamed, Buffer.from(value.content, 'utf8'));
  }
  return files;
}

async function showGist(context: Context, gist: Gist, at?: string): Promise<Answer> {
  const files = await filesJson(context, gist, at ?? GIST_BRANCH);
  return { status: 200, json: { ...gistJson(context, gist), files, history: await history(context, gist) } };
}

async function filesJson(
  context: Context,
  gist: Gist,
  at: string,
): Promise<Record<string, Record<string, unknown>>> {
  const revision = await resolve(gist.dir, at, 'commit');
  if (revision === undefined) throw notFound();
  const owner = userById(context.state, gist.ownerId);
  const files = await Promise.all(
    (await listTree(gist.dir, revision, false)).map(
      async (entry): Promise<[string, Record<string, unknown>]> => {
        const content = await readBlob(gist.dir, entry.sha);
        const truncated = content.length > INLINE_LIMIT;
        return [
          entry.path,
          {
            filename: entry.path,
            type: 'text/plain',
            language: null,
            // The raw URL of a file names the revision, so that it never changes.
            raw_url: `${context.urls.gistRaw}/${owner.login}/${gist.id}/raw/${revision}/${encodeURIComponent(entry.path)}`,
            size: content.length,
            truncated,
            content: content.subarray(0, INLINE_LIMIT).toString('utf8'),
            encoding: 'utf-8',
          },
        ];
      },
    ),
  );
  return Object.fromEntries(files);
}

async function history(context: Context, gist: Gist): Promise<unknown[]> {
  const user = userJson(context, userById(context.state, gist.ownerId));
  const log = await git(['log', '--numstat', '--format=%x01%H %cI', GIST_BRANCH], { cwd: gist.dir });
  return log
    .split('\x01')
    .slice(1)
    .map((part) => {
      const [title = '', ...lines] = part.split('\n');
      const [version = '', date = ''] = title.split(' ');
      const counts = lines
        .map((line) => line.split('\t').map(Number))
        .filter((counted) => counted.length > 1);
      const additions = counts.reduce((sum, [added]) => sum + (added ?? 0), 0);
      const deletions = counts.reduce((sum, [, removed]) => sum + (removed ?? 0), 0);
      return {
        user,
        version,
        committed_at: `${new Date(date).toISOString().slice(0, 19)}Z`,
        change_status: { total: additions + deletions, additions, deletions },
        url: `${context.urls.api}/gists/${gist.id}/${version}`,
      };
    });
}

async function listGists(context: Context, owner: User, withSecret: boolean): Promise<Answer> {
  const gists = [...context.state.gists.values()]
    .filter((gist) => gist.ownerId === owner.id && (gist.public || withSecret))
    .reverse();
  const listed = await Promise.all(
    gists.map(async (gist) => {
      const shown = await filesJson(context, gist, GIST_BRANCH);
      // Lists carry the files without their content and without the history.
      const files = Object.entries(shown).map(([name, { content: _, truncated: __, ...file }]) => [
        name,
        file,
      ]);
      return { ...gistJson(context, gist), files: Object.fromEntries(files) };
    }),
  );
  return page(context, listed);
}

function findGist(context: Context): Gist {
  const gist = context.state.gists.get(parameter(context, 'id'));
  if (gist === undefined) throw notFound();
  return gist;
}

function ownGist(context: Context): Gist {
  const user = viewer(context);
  requireGistScope(context);
  const gist = findGist(context);
  if (gist.ownerId !== user.id) throw notFound();
  return gist;
}

/** Without the scope GitHub answers 404, and says in the headers which scope it wanted. */
function requireGistScope(context: Context): void {
  const scopes = context.token?.scopes ?? [];
  if (scopes.includes('gist')) return;
  if (scopes.includes('fine-grained')) throw forbidden('Resource not accessible by personal access token');
  const error = notFound();
  throw Object.assign(error, { headers: { 'x-accepted-oauth-scopes': 'gist' } });
}
