import { git } from '../git.ts';
import { gitCommitJson } from './commits.ts';
import { isPath } from './contents.ts';
import { ApiError, conflict, notFound, unprocessable, validationFailed } from './errors.ts';
import { noReply } from './json.ts';
import {
  isAncestor,
  isSha,
  listTree,
  readBlob,
  resolve,
  resolveObject,
  updateRef,
  writeBlob,
  writeBlobs,
  writeCommit,
  writeTree,
  ZERO_SHA,
} from './plumbing.ts';
import { readable, writable } from './repos.ts';
import {
  type Answer,
  type Context,
  isRecord,
  type Json,
  optionalText,
  page,
  parameter,
  type Router,
  requiredText,
  viewer,
} from './router.ts';
import { fullName, type Repo, timestamp } from './state.ts';

/** The git database: blobs, trees, commits and references. */
export function addGitDataRoutes(router: Router): void {
  const at = (path: string) => `/repos/:owner/:repo/git/${path}`;
  router.add('POST', at('blobs'), createBlob);
  router.add('GET', at('blobs/:sha'), showBlob);
  router.add('POST', at('trees'), createTree);
  router.add('GET', at('trees/:sha*'), showTree);
  router.add('POST', at('commits'), createCommit);
  router.add('GET', at('commits/:sha'), showCommit);
  router.add('GET', at('ref/:ref*'), showRef);
  router.add('GET', at('matching-refs/:ref*'), matchingRefs);
  router.add('POST', at('refs'), createRef);
  router.add('PATCH', at('refs/:ref*'), moveRef);
  router.add('DELETE', at('refs/:ref*'), deleteRef);
}

const urlOf = (context: Context, repo: Repo): string =>
  `${context.urls.api}/repos/${fullName(context.state, repo)}/git`;

/** The repository, once its data is there: of a fresh fork, and of one without a commit, GitHub says that it is empty. */
async function filled(context: Context, repo: Repo): Promise<Repo> {
  if (context.state.now() < repo.readyAt) throw conflict('Git Repository is empty.');
  if (!context.state.filled.has(repo.id)) {
    if ((await git(['for-each-ref', '--count=1'], { cwd: repo.dir })) === '')
      throw conflict('Git Repository is empty.');
    context.state.filled.add(repo.id);
  }
  return repo;
}

async function createBlob(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const content = context.body.content;
  if (typeof content !== 'string')
    throw validationFailed({ resource: 'Blob', code: 'missing_field', field: 'content' });
  const bytes = Buffer.from(content, context.body.encoding === 'base64' ? 'base64' : 'utf8');
  const sha = await writeBlob(repo.dir, bytes);
  return { status: 201, json: { sha, url: `${urlOf(context, repo)}/blobs/${sha}` } };
}

async function showBlob(context: Context): Promise<Answer> {
  const repo = await filled(context, readable(context));
  const sha = await resolve(repo.dir, parameter(context, 'sha'), 'blob');
  if (sha === undefined) throw notFound();
  const bytes = await readBlob(repo.dir, sha);
  if (/application\/vnd\.github(\.v3)?\.raw/.test(String(context.headers.accept)))
    return { status: 200, bytes };
  const json = {
    sha,
    size: bytes.length,
    content: bytes.toString('base64'),
    encoding: 'base64',
    url: `${urlOf(context, repo)}/blobs/${sha}`,
  };
  return { status: 200, json };
}

async function createTree(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const list = context.body.tree;
  if (!Array.isArray(list) || list.length === 0) throw unprocessable('Invalid tree info');
  const checked = await Promise.all(list.map((entry: unknown) => treeEntry(repo, entry)));
  const written = await writeBlobs(
    repo.dir,
    checked.flatMap((entry) => (entry.content === undefined ? [] : [Buffer.from(entry.content)])),
  );
  const entries = checked.map((entry) =>
    entry.content === undefined ? entry : { ...entry, sha: written.shift() ?? null },
  );
  const baseName = optionalText(context, 'base_tree');
  const base = baseName === undefined ? undefined : await resolve(repo.dir, baseName, 'tree');
  if (baseName !== undefined && base === undefined) throw unprocessable('base_tree is not a valid tree oid');
  const sha = await writeTree(repo.dir, base, entries).catch(() => undefined);
  if (sha === undefined) throw unprocessable('tree.sha does not exist');
  return { status: 201, json: await treeJson(context, repo, { sha, recursive: false }) };
}

async function treeEntry(
  repo: Repo,
  entry: unknown,
): Promise<{ path: string; mode: string; sha: string | null; content?: string }> {
  if (!isRecord(entry) || typeof entry.path !== 'string' || !isPath(entry.path)) {
    throw unprocessable('tree.path contains a malformed path component');
  }
  const mode = entry.mode ?? '100644';
  if (typeof mode !== 'string' || !['100644', '100755', '040000', '160000', '120000'].includes(mode)) {
    throw unprocessable('tree.mode must be one of 100644, 100755, 040000, 160000, 120000');
  }
  if (typeof entry.content === 'string') {
    return { path: entry.path, mode, sha: null, content: entry.content };
  }
  if (entry.sha === null) return { path: entry.path, mode, sha: null };
  if (typeof entry.sha !== 'string' || !isSha(entry.sha))
    throw unprocessable('Must supply either tree.sha or tree.content');
  if ((await resolve(repo.dir, entry.sha)) === undefined)
    throw unprocessable(`tree.sha ${entry.sha} does not exist`);
  return { path: entry.path, mode, sha: entry.sha };
}

async function showTree(context: Context): Promise<Answer> {
  const repo = await filled(context, readable(context));
  const sha = await resolve(repo.dir, parameter(context, 'sha'), 'tree');
  if (sha === undefined) throw notFound();
  return {
    status: 200,
    json: await treeJson(context, repo, { sha, recursive: context.query.has('recursive') }),
  };
}

async function treeJson(
  context: Context,
  repo: Repo,
  of: { sha: string; recursive: boolean },
): Promise<Json> {
  const url = urlOf(context, repo);
  const entries = await listTree(repo.dir, of.sha, of.recursive);
  const tree = entries.map((entry) => ({ ...entry, url: `${url}/${entry.type}s/${entry.sha}` }));
  return { sha: of.sha, url: `${url}/trees/${of.sha}`, tree, truncated: false };
}

async function createCommit(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const message = requiredText(context, 'Commit', 'message');
  const treeName = requiredText(context, 'Commit', 'tree');
  const tree = isSha(treeName) ? await resolve(repo.dir, treeName, 'tree') : undefined;
  if (tree === undefined) throw unprocessable('Tree SHA does not exist');
  const parents = Array.isArray(context.body.parents) ? context.body.parents : [];
  for (const parent of parents) {
    const known =
      typeof parent === 'string' &&
      isSha(parent) &&
      (await resolve(repo.dir, parent, 'commit')) !== undefined;
    if (!known) throw unprocessable('Parent SHA does not exist or is not a commit object');
  }
  const author = identity(context, context.body.author);
  const committer = isRecord(context.body.committer) ? identity(context, context.body.committer) : author;
  const sha = await writeCommit(repo.dir, { tree, parents: parents as string[], message, author, committer });
  return { status: 201, json: await gitCommitJson(context, repo, sha) };
}

function identity(context: Context, given: unknown): { name: string; email: string; date: string } {
  const user = viewer(context);
  const member = (name: string, otherwise: string) => {
    const value = isRecord(given) ? given[name] : undefined;
    return typeof value === 'string' ? value : otherwise;
  };
  return {
    name: member('name', user.name ?? user.login),
    email: member('email', noReply(user)),
    date: member('date', timestamp(context.state)),
  };
}

async function showCommit(context: Context): Promise<Answer> {
  const repo = await filled(context, readable(context));
  const sha = parameter(context, 'sha');
  if (!isSha(sha) || (await resolve(repo.dir, sha, 'commit')) === undefined) throw notFound();
  return { status: 200, json: await gitCommitJson(context, repo, sha) };
}

async function refJson(context: Context, repo: Repo, ref: { name: string; sha: string }): Promise<Json> {
  const type = (await resolveObject(repo.dir, ref.sha))?.type ?? 'commit';
  const url = urlOf(context, repo);
  return {
    ref: ref.name,
    url: `${url}/${ref.name}`,
    object: { sha: ref.sha, type, url: `${url}/${type}s/${ref.sha}` },
  };
}

async function showRef(context: Context): Promise<Answer> {
  const repo = await filled(context, readable(context));
  const name = `refs/${parameter(context, 'ref')}`;
  const sha = await resolve(repo.dir, name);
  if (sha === undefined) throw notFound();
  return { status: 200, json: await refJson(context, repo, { name, sha }) };
}

async function matchingRefs(context: Context): Promise<Answer> {
  const repo = await filled(context, readable(context));
  const prefix = `refs/${parameter(context, 'ref')}`;
  const text = await git(['for-each-ref', '--format=%(objectname) %(refname)'], { cwd: repo.dir });
  const refs = text.split('\n').map((line) => ({ sha: line.slice(0, 40), name: line.slice(41) }));
  const found = refs.filter((ref) => ref.name.startsWith(prefix));
  return page(context, await Promise.all(found.map((ref) => refJson(context, repo, ref))));
}

async function createRef(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const name = requiredText(context, 'Reference', 'ref');
  const sha = requiredText(context, 'Reference', 'sha');
  const valid = await git(['check-ref-format', name], { cwd: repo.dir }).then(
    () => true,
    () => false,
  );
  if (!valid || !/^refs\/(heads|tags|notes)\/./.test(name))
    throw unprocessable("Reference name must start with 'refs/heads/' or similar and be well formed");
  if (!isSha(sha) || (await resolve(repo.dir, sha)) === undefined)
    throw unprocessable('Object does not exist');
  if (!(await updateRef(repo.dir, name, sha, ZERO_SHA))) throw unprocessable('Reference already exists');
  const json = await refJson(context, repo, { name, sha });
  return { status: 201, json, headers: { location: `${urlOf(context, repo)}/${name}` } };
}

async function moveRef(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const name = `refs/${parameter(context, 'ref')}`;
  const sha = requiredText(context, 'Reference', 'sha');
  const before = await resolve(repo.dir, name);
  if (before === undefined) throw unprocessable('Reference does not exist');
  if (!isSha(sha) || (await resolve(repo.dir, sha)) === undefined)
    throw unprocessable('Object does not exist');
  if (context.body.force !== true && !(await isAncestor(repo.dir, before, sha)))
    throw unprocessable('Update is not a fast forward');
  if (!(await updateRef(repo.dir, name, sha, before)))
    throw new ApiError(409, 'Reference was changed meanwhile');
  return { status: 200, json: await refJson(context, repo, { name, sha }) };
}

async function deleteRef(context: Context): Promise<Answer> {
  const repo = await filled(context, writable(context));
  const name = `refs/${parameter(context, 'ref')}`;
  if ((await resolve(repo.dir, name)) === undefined) throw unprocessable('Reference does not exist');
  await git(['update-ref', '-d', name], { cwd: repo.dir });
  return { status: 204 };
}
