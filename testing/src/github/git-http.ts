import { spawn } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { gitEnvironment } from '../git.ts';
import { ApiError, notFound } from './errors.ts';
import { type Answer, type Context, parameter } from './router.ts';
import { mayPush, mayRead, type Repo, repoByName, type State } from './state.ts';

/** Milliseconds that git may take for one request. */
const TIMEOUT = 60_000;

/** One request of git's smart HTTP protocol, answered by `git http-backend`. Pushing needs a token as password. */
export async function serveGit(
  context: Context,
  request: { raw: IncomingMessage; body: Buffer },
): Promise<Answer> {
  const rest = parameter(context, 'rest');
  const { dir, push, owner } = locate(context);
  const writes = rest === 'git-receive-pack' || context.query.get('service') === 'git-receive-pack';
  if (writes && context.user === undefined) throw askForPassword();
  if (writes && !push) throw new ApiError(403, `Permission to ${owner} denied to ${context.user?.login}.`);
  return runBackend(
    gitEnvironment({
      GIT_PROJECT_ROOT: path.dirname(dir),
      GIT_HTTP_EXPORT_ALL: '1',
      PATH_INFO: `/${path.basename(dir)}/${rest}`,
      REQUEST_METHOD: context.method,
      QUERY_STRING: context.query.toString(),
      CONTENT_TYPE: request.raw.headers['content-type'] ?? '',
      CONTENT_LENGTH: String(request.body.length),
      HTTP_CONTENT_ENCODING: header(request.raw, 'content-encoding'),
      GIT_PROTOCOL: header(request.raw, 'git-protocol'),
      REMOTE_ADDR: '127.0.0.1',
      ...(context.user === undefined ? {} : { REMOTE_USER: context.user.login }),
    }),
    request.body,
  );
}

/** The bare repository of `/{owner}/{repo}.git` or `/gist/{id}.git`, and whether the user may push to it. */
function locate(context: Context): { dir: string; push: boolean; owner: string } {
  const { state, user } = context;
  const gistId = context.params.gist;
  if (gistId !== undefined) {
    const gist = state.gists.get(gistId);
    if (gist === undefined) throw notFound();
    return { dir: gist.dir, push: gist.ownerId === user?.id, owner: `gist ${gist.id}` };
  }
  const owner = `${parameter(context, 'owner')}/${parameter(context, 'repo')}`;
  const repo =
    repoByName(state, parameter(context, 'owner'), parameter(context, 'repo')) ?? movedRepo(state, owner);
  // A private repository is not told apart from one that does not exist; git asks for a password on 401.
  if (repo === undefined || !mayRead(state, repo, user))
    throw user === undefined ? askForPassword() : notFound();
  return { dir: repo.dir, push: mayPush(state, repo, user), owner };
}

const movedRepo = (state: State, name: string): Repo | undefined =>
  state.repos.get(state.moved.get(name.toLowerCase()) ?? -1);

const askForPassword = (): ApiError =>
  new ApiError(401, 'Authentication required', { headers: { 'www-authenticate': 'Basic realm="GitHub"' } });

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === 'string' ? value : '';
}

function runBackend(env: NodeJS.ProcessEnv, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], {
      env,
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: TIMEOUT,
    });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', reject);
    child.on('close', () => resolve(parseCgi(Buffer.concat(chunks))));
    child.stdin.on('error', () => {});
    child.stdin.end(body);
  });
}

/** A CGI answer (RFC 3875 §6): header lines, an empty line, the body; `Status` is the status. */
function parseCgi(output: Buffer): Answer {
  const end = output.indexOf('\r\n\r\n');
  if (end === -1) throw new ApiError(500, 'git http-backend gave no answer');
  const headers: Record<string, string> = {};
  for (const line of output.subarray(0, end).toString('latin1').split('\r\n')) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const { status = '200', ...rest } = headers;
  return { status: Number.parseInt(status, 10), bytes: output.subarray(end + 4), headers: rest };
}
