/** `mlld login`, `logout`, `whoami`: GitHub's device login (RFC 8628), for terminals without a browser of their own. */
import { homedir } from 'node:os';
import { printable, RegistryError } from '@mlld/format';
import type { Environment } from '../process.ts';
import type { Ui } from '../ui.ts';
import { createGitHub, type GitHub } from './client.ts';
import { endpointsOf } from './endpoints.ts';
import { githubError } from './errors.ts';
import { authFile, findToken, forgetLogin, readLogin, saveLogin, TOKEN_VARIABLES } from './token.ts';

/** The registered application of mlld's command line: public by nature, a device login has no secret. */
const CLIENT_ID = 'Ov23liFeqioeJmD9xZOP';
/** To write gists, and to fork and open pull requests. */
const SCOPES = ['gist', 'public_repo'];

export interface AccountOptions {
  readonly env: Environment;
  readonly ui: Ui;
  /** Default: the user's home. */
  readonly home?: string;
}

/** A GitHub account. */
export interface Account {
  readonly login: string;
  /** Stays when the login changes. */
  readonly id: number;
}

export interface WhoAmI extends Account {
  /** Where the token comes from. */
  readonly from: string;
  /** Scopes of a classic token; fine-grained tokens tell none. */
  readonly scopes: readonly string[];
}

export interface Session {
  readonly github: GitHub;
  readonly account: WhoAmI;
}

/**
 * Signs in by a code that is entered on a web page, and keeps the token in a file that only the user can read.
 * @throws RegistryError CANCELLED (denied or expired), GITHUB_UNREACHABLE, GITHUB_DENIED
 */
export async function login(options: AccountOptions): Promise<WhoAmI> {
  const home = homeOf(options);
  const endpoints = endpointsOf(options.env);
  const { createOAuthDeviceAuth } = await import('@octokit/auth-oauth-device');
  const anonymous = createGitHub({ endpoints, ui: options.ui });
  const auth = createOAuthDeviceAuth({
    clientType: 'oauth-app',
    clientId: options.env.MLLD_GITHUB_CLIENT_ID || CLIENT_ID,
    scopes: SCOPES,
    request: anonymous.request as never,
    onVerification: ({ verification_uri, user_code, expires_in }) => {
      options.ui.note(
        `Open ${printable(verification_uri)} and enter ${printable(user_code)} (within ${Math.round(expires_in / 60)} minutes).`,
      );
      options.ui.progress('Waiting for GitHub');
    },
  });
  let token: string;
  try {
    ({ token } = await auth({ type: 'oauth' }));
  } catch (error) {
    throw loginError(error);
  }
  const account = await identify(createGitHub({ endpoints, token, ui: options.ui }));
  await saveLogin(home, {
    v: 1,
    api: endpoints.api,
    login: account.login,
    id: account.id,
    token,
    scopes: account.scopes,
    createdAt: new Date().toISOString(),
  });
  return { ...account, from: authFile(home) };
}

/** Forgets the login that `login` kept. Tokens of the environment and of `gh` are not ours to forget. */
export async function logout(
  options: AccountOptions,
): Promise<{ readonly forgotten: boolean; readonly still?: string }> {
  const home = homeOf(options);
  const forgotten = await forgetLogin(home);
  const other = await findToken({ env: options.env, home, endpoints: endpointsOf(options.env) });
  return { forgotten, ...(other === undefined ? {} : { still: other.from }) };
}

/** Whom GitHub takes us for. @throws RegistryError NOT_LOGGED_IN, GITHUB_UNREACHABLE */
export async function whoami(options: AccountOptions): Promise<WhoAmI> {
  return (await openSession(options)).account;
}

/** A client in the name of the author. @throws RegistryError NOT_LOGGED_IN */
export async function openSession(options: AccountOptions): Promise<Session> {
  const session = await findSession(options);
  if (session !== undefined) return session;
  throw new RegistryError('NOT_LOGGED_IN', 'wanted a GitHub token, found none', {
    hint: `Run 'mlld login', or set ${TOKEN_VARIABLES.join(', ')}, or sign in with gh.`,
  });
}

/** As `openSession`, and undefined where there is no token. */
export async function findSession(options: AccountOptions): Promise<Session | undefined> {
  const endpoints = endpointsOf(options.env);
  const found = await findToken({ env: options.env, home: homeOf(options), endpoints });
  if (found === undefined) return undefined;
  const github = createGitHub({ endpoints, token: found.token, ui: options.ui });
  return { github, account: { ...(await identify(github)), from: found.from } };
}

export interface Sessions {
  /** @throws RegistryError NOT_LOGGED_IN */
  session(): Promise<Session>;
  /** For what can do without. */
  sessionIfAny(): Promise<Session | undefined>;
}

/** Signs in at most once, when it is first needed. */
export function sessionsOf(account: AccountOptions): Sessions {
  let found: Promise<Session | undefined> | undefined;
  const sessionIfAny = () => {
    found ??= findSession(account);
    return found;
  };
  return { sessionIfAny, session: async () => (await sessionIfAny()) ?? openSession(account) };
}

/** A client in nobody's name, which reads what is public. */
export function anonymousSession({ env, ui }: AccountOptions): Session {
  const github = createGitHub({ endpoints: endpointsOf(env), ui });
  return { github, account: { login: '', id: 0, from: '', scopes: [] } };
}

/** The login that was kept, without asking GitHub; undefined if there is none. */
export async function knownLogin(env: Environment): Promise<string | undefined> {
  return (await readLogin(env.HOME ?? homedir()).catch(() => undefined))?.login;
}

async function identify(github: GitHub): Promise<Account & { scopes: string[] }> {
  const { data, headers } = await github.request('GET /user');
  const scopes = String(headers['x-oauth-scopes'] ?? '')
    .split(',')
    .map((scope) => scope.trim());
  return { login: data.login, id: Number(data.id), scopes: scopes.filter(Boolean) };
}

const homeOf = (options: AccountOptions): string => options.home ?? options.env.HOME ?? homedir();

function loginError(error: unknown): RegistryError {
  const data = (error as { response?: { data?: { error?: string } } }).response?.data;
  const reason = data?.error;
  if (reason === 'access_denied') {
    return new RegistryError('CANCELLED', 'the login was denied on the web page', { cause: error });
  }
  if (reason === 'expired_token') {
    return new RegistryError('CANCELLED', 'the code has expired', {
      cause: error,
      hint: "Run 'mlld login' again.",
    });
  }
  return githubError(error, { method: 'POST', url: '/login/device/code' });
}
