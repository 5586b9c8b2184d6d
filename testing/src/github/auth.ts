import { randomBytes } from 'node:crypto';
import { badCredentials, notFound } from './errors.ts';
import type { Answer, Context, Router } from './router.ts';
import { type DeviceGrant, type State, type Token, type User, userById, userByLogin } from './state.ts';

/** Seconds that a device code is valid. */
const DEVICE_CODE_LIFE = 900;

/**
 * Who asks, by the `Authorization` header: `token`, `Bearer`, or `Basic` with the token as password (as git sends it).
 * No header is nobody; a token that is not known is 401, on public resources too.
 */
export function authenticate(state: State, header: string | undefined): { user?: User; token?: Token } {
  if (header === undefined || header === '') return {};
  const [scheme = '', credential = ''] = header.trim().split(/\s+/);
  let secret = credential;
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(credential, 'base64').toString('utf8');
    const [name = '', password = ''] = [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)];
    secret = password === '' || password === 'x-oauth-basic' ? name : password;
  } else if (!['token', 'bearer'].includes(scheme.toLowerCase())) throw badCredentials();
  const token = state.tokens.get(secret);
  if (token === undefined) throw badCredentials();
  return { user: userById(state, token.userId), token };
}

/** What a person does on the page that a device login sends to. */
export interface DeviceLogin {
  /** Codes that wait for the person, oldest first. */
  pending(): string[];
  approve(userCode: string, login: string): void;
  deny(userCode: string): void;
}

export function deviceLogin(state: State): DeviceLogin {
  const find = (userCode: string): DeviceGrant => {
    const grant = [...state.grants.values()].find((one) => one.userCode === userCode);
    if (grant === undefined) throw new Error(`no device login with the code ${userCode}`);
    return grant;
  };
  return {
    pending: () => [...state.grants.values()].filter((g) => g.outcome === 'pending').map((g) => g.userCode),
    approve(userCode, login) {
      const user = userByLogin(state, login);
      if (user === undefined) throw new Error(`no user ${login}`);
      Object.assign(find(userCode), { outcome: 'approved', userId: user.id });
    },
    deny(userCode) {
      find(userCode).outcome = 'denied';
    },
  };
}

/** OAuth device flow (RFC 8628) as GitHub speaks it: errors come with status 200 and a member `error`. */
export function addLoginRoutes(router: Router): void {
  router.add('POST', '/login/device/code', startDeviceLogin);
  router.add('POST', '/login/oauth/access_token', pollDeviceLogin);
}

function startDeviceLogin(context: Context): Answer {
  const clientId = field(context, 'client_id');
  if (clientId === '') throw notFound();
  const letters = () => [...randomBytes(4)].map((byte) => 'BCDFGHJKLMNPQRSTVWXZ'[byte % 20]).join('');
  const grant: DeviceGrant = {
    deviceCode: randomBytes(20).toString('hex'),
    userCode: `${letters()}-${letters()}`,
    clientId,
    scopes: field(context, 'scope').split(/[ ,]+/).filter(Boolean),
    expiresAt: context.state.now() + DEVICE_CODE_LIFE * 1000,
    interval: context.state.deviceInterval,
    lastPoll: 0,
    outcome: 'pending',
    userId: undefined,
  };
  context.state.grants.set(grant.deviceCode, grant);
  return answer(context, {
    device_code: grant.deviceCode,
    user_code: grant.userCode,
    verification_uri: `${context.urls.web}/login/device`,
    expires_in: DEVICE_CODE_LIFE,
    interval: grant.interval,
  });
}

function pollDeviceLogin(context: Context): Answer {
  const failed = (error: string, description: string, more: Record<string, unknown> = {}) =>
    answer(context, { error, error_description: description, error_uri: 'https://docs.github.com', ...more });
  if (field(context, 'grant_type') !== 'urn:ietf:params:oauth:grant-type:device_code') {
    return failed('unsupported_grant_type', 'The grant type is not supported.');
  }
  const grant = context.state.grants.get(field(context, 'device_code'));
  if (grant === undefined || grant.outcome === 'used') {
    return failed('incorrect_device_code', 'The device_code provided is not valid.');
  }
  if (grant.clientId !== field(context, 'client_id')) {
    return failed('incorrect_client_credentials', 'The client_id is not valid.');
  }
  const now = context.state.now();
  if (now > grant.expiresAt) return failed('expired_token', 'This device_code has expired.');
  const tooSoon = now - grant.lastPoll < grant.interval * 1000 - 10;
  grant.lastPoll = now;
  if (tooSoon) {
    grant.interval += 5;
    return failed('slow_down', 'Too many requests have been made in the same timeframe.', {
      interval: grant.interval,
    });
  }
  if (grant.outcome === 'denied') return failed('access_denied', 'The authorization request was denied.');
  if (grant.outcome === 'pending' || grant.userId === undefined) {
    return failed('authorization_pending', 'The authorization request is still pending.');
  }
  const secret = `gho_${randomBytes(18).toString('hex')}`;
  context.state.tokens.set(secret, { userId: grant.userId, scopes: grant.scopes, used: 0 });
  grant.outcome = 'used';
  return answer(context, { access_token: secret, token_type: 'bearer', scope: grant.scopes.join(',') });
}

/** A member of the JSON or form body. */
function field(context: Context, name: string): string {
  const value = context.body[name];
  return typeof value === 'string' ? value : '';
}

/** JSON when it is asked for, otherwise a form, as the real end point does. */
function answer(context: Context, members: Record<string, unknown>): Answer {
  if (String(context.headers.accept).includes('json')) return { status: 200, json: members };
  const form = new URLSearchParams(
    Object.entries(members).map(([name, value]): [string, string] => [name, String(value)]),
  );
  return {
    status: 200,
    bytes: Buffer.from(form.toString()),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  };
}
