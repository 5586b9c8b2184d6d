import { createHash } from 'node:crypto';
import { get } from 'node:http';
import { Octokit } from '@octokit/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GitHub, startGitHub } from '../src/index.ts';

const ALICE_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGQkmJ7hU2n5O8hvVvWm2vVx1m5K5pL0n0C1g1c2d3e4';
let github: GitHub;
let alice: Octokit;
let bob: Octokit;

beforeAll(async () => {
  github = await startGitHub({
    users: [
      { login: 'Alice', id: 101, token: 'alice-token', keys: [`${ALICE_KEY} alice@example.org`] },
      { login: 'bob', id: 102, token: 'bob-token', signingKeys: [ALICE_KEY] },
      { login: 'registry', id: 103, type: 'Organization', members: ['bob'] },
      { login: 'carol', id: 104, token: 'carol-token', scopes: ['read:user'] },
    ],
    repos: [
      { owner: 'registry', name: 'modules', files: { 'README.md': '# Registry\n', 'a/b.txt': 'one\n' } },
    ],
  });
  alice = client('alice-token');
  bob = client('bob-token');
});
afterAll(() => github.close());

const client = (auth?: string) =>
  new Octokit({ baseUrl: github.url, ...(auth === undefined ? {} : { auth }) });

async function failure(
  promise: Promise<unknown>,
): Promise<{ status: number; body: Record<string, unknown> }> {
  try {
    await promise;
  } catch (cause) {
    const { status, response } = cause as { status: number; response: { data: Record<string, unknown> } };
    return { status, body: response.data };
  }
  throw new Error('the request succeeded');
}

describe('users', () => {
  test('the token says who asks, logins are compared without regard to case', async () => {
    const { data, headers } = await alice.request('GET /user');
    expect(data).toMatchObject({ login: 'Alice', id: 101, type: 'User' });
    expect(headers['x-oauth-scopes']).toBe('gist, public_repo, read:user');
    expect((await bob.request('GET /users/{username}', { username: 'alice' })).data.id).toBe(101);
    expect((await bob.request('GET /user/{account_id}', { account_id: 101 })).data.login).toBe('Alice');
  });

  test('keys lose their comment', async () => {
    const { data } = await bob.request('GET /users/{username}/keys', { username: 'alice' });
    expect(data).toEqual([{ id: expect.any(Number), key: ALICE_KEY }]);
    const signing = await alice.request('GET /users/{username}/ssh_signing_keys', { username: 'bob' });
    expect(signing.data).toMatchObject([{ key: ALICE_KEY }]);
    expect(await (await fetch(`${github.gitUrl}/alice.keys`)).text()).toBe(`${ALICE_KEY}\n`);
  });

  test('no token, a wrong one and no user agent are refused differently', async () => {
    expect(await failure(client().request('GET /user'))).toMatchObject({
      status: 401,
      body: { message: 'Requires authentication' },
    });
    expect(await failure(client('x').request('GET /users/alice'))).toMatchObject({
      status: 401,
      body: { message: 'Bad credentials' },
    });
    const silent = await new Promise((resolve) =>
      get(`${github.url}/users/alice`, (answer) => resolve(answer.statusCode)),
    );
    expect(silent).toBe(403);
  });

  test('a changed login is answered by 404, its repositories by a redirect until the name is taken', async () => {
    github.addUser({ login: 'dora', id: 200, token: 'dora-token' });
    await github.createRepo({ owner: 'dora', name: 'lib', files: { 'x.txt': 'old\n' } });
    github.renameUser('dora', 'dorothea');
    expect((await failure(alice.request('GET /users/dora'))).status).toBe(404);
    expect((await alice.request('GET /repos/dora/lib')).data.full_name).toBe('dorothea/lib');
    const file = await alice.request('GET /repos/dora/lib/contents/x.txt', {
      headers: { accept: 'application/vnd.github.raw+json' },
    });
    expect(file.data as unknown).toBe('old\n');
    github.addUser({ login: 'dora', id: 201 });
    expect((await alice.request('GET /users/dora')).data.id).toBe(201);
    await github.createRepo({ owner: 'dora', name: 'lib', files: { 'x.txt': 'new\n' } });
    expect((await alice.request('GET /repos/dora/lib')).data.owner.id).toBe(201);
  });
});

describe('gists', () => {
  test('each change is a revision whose raw URL never changes', async () => {
    const made = await alice.request('POST /gists', {
      files: { 'm.mld': { content: 'one\n' } },
      public: true,
      description: 'd',
    });
    expect(made.status).toBe(201);
    const first = made.data.files?.['m.mld']?.raw_url ?? '';
    expect(first).toBe(
      `${github.gistRawUrl}/Alice/${made.data.id}/raw/${made.data.history?.[0]?.version}/m.mld`,
    );
    const gist_id = made.data.id ?? '';
    const second = await alice.request('PATCH /gists/{gist_id}', {
      gist_id,
      files: { 'm.mld': { content: 'two\n' }, 'n.mld': { content: 'n' } },
    });
    expect(second.data.history).toHaveLength(2);
    expect(await (await fetch(first)).text()).toBe('one\n');
    expect(await (await fetch(`${github.gistRawUrl}/alice/${gist_id}/raw/m.mld`)).text()).toBe('two\n');
    const old = await bob.request('GET /gists/{gist_id}/{sha}', {
      gist_id,
      sha: made.data.history?.[0]?.version ?? '',
    });
    expect(old.data.files?.['m.mld']?.content).toBe('one\n');
    await alice.request('PATCH /gists/{gist_id}', { gist_id, files: { 'n.mld': null } as never });
    expect(Object.keys((await bob.request('GET /gists/{gist_id}', { gist_id })).data.files ?? {})).toEqual([
      'm.mld',
    ]);
  });

  test('only the owner changes it, with the scope; empty files and folders are refused', async () => {
    const { data } = await alice.request('POST /gists', { files: { a: { content: 'a' } }, public: false });
    const gist_id = data.id ?? '';
    expect(
      (await failure(bob.request('PATCH /gists/{gist_id}', { gist_id, files: { a: { content: 'b' } } })))
        .status,
    ).toBe(404);
    const files = { a: { content: 'a' } };
    expect((await failure(client('carol-token').request('POST /gists', { files }))).status).toBe(404);
    expect((await failure(client().request('POST /gists', { files }))).status).toBe(401);
    const empty = await failure(alice.request('POST /gists', { files: { a: { content: '' } } }));
    expect(empty).toMatchObject({
      status: 422,
      body: { errors: [{ resource: 'Gist', code: 'missing_field', field: 'files' }] },
    });
    expect((await failure(alice.request('POST /gists', { files: { 'a/b': { content: 'x' } } }))).status).toBe(
      422,
    );
    expect(
      (await bob.request('GET /users/alice/gists')).data.map((gist: { id?: string }) => gist.id),
    ).not.toContain(gist_id);
    expect((await alice.request('GET /gists')).data.map((gist: { id?: string }) => gist.id)).toContain(
      gist_id,
    );
  });
});

describe('contents', () => {
  const at = { owner: 'registry', repo: 'modules', path: 'c/new.txt' };
  const content = (text: string) => Buffer.from(text).toString('base64');

  test('put makes, and changes only what the caller has seen', async () => {
    const made = await bob.request('PUT /repos/{owner}/{repo}/contents/{path}', {
      ...at,
      message: 'm',
      content: content('1\n'),
    });
    expect(made.status).toBe(201);
    const put = (sha?: string) =>
      bob.request('PUT /repos/{owner}/{repo}/contents/{path}', {
        ...at,
        message: 'm',
        content: content('2\n'),
        ...(sha === undefined ? {} : { sha }),
      });
    expect(await failure(put())).toMatchObject({
      status: 422,
      body: { message: expect.stringContaining('sha') },
    });
    expect((await failure(put('0'.repeat(40)))).status).toBe(409);
    const changed = await put(made.data.content?.sha);
    expect(changed.status).toBe(200);
    const shown = await alice.request('GET /repos/{owner}/{repo}/contents/{path}', at);
    expect(Buffer.from((shown.data as unknown as { content: string }).content, 'base64').toString()).toBe(
      '2\n',
    );
    const commit = changed.data.commit.sha ?? '';
    expect(await (await fetch(`${github.rawUrl}/registry/modules/${commit}/c/new.txt`)).text()).toBe('2\n');
    const sha = changed.data.content?.sha ?? '';
    await bob.request('DELETE /repos/{owner}/{repo}/contents/{path}', { ...at, message: 'm', sha });
    expect((await failure(alice.request('GET /repos/{owner}/{repo}/contents/{path}', at))).status).toBe(404);
  });

  test('a folder is a list; who may not push is refused', async () => {
    const { data } = await alice.request('GET /repos/{owner}/{repo}/contents/{path}', { ...at, path: '' });
    expect((data as { name: string; type: string }[]).map((entry) => `${entry.type} ${entry.name}`)).toEqual([
      'file README.md',
      'dir a',
    ]);
    const refused = failure(
      alice.request('PUT /repos/{owner}/{repo}/contents/{path}', {
        ...at,
        message: 'm',
        content: content('1'),
      }),
    );
    expect((await refused).status).toBe(403);
  });
});

describe('conditional requests and limits', () => {
  test('an unchanged answer is 304 and free', async () => {
    const first = await alice.request('GET /repos/registry/modules');
    const etag = String(first.headers.etag);
    const before = Number((await alice.request('GET /rate_limit')).data.rate.remaining);
    const again = await failure(
      alice.request('GET /repos/registry/modules', { headers: { 'if-none-match': etag } }),
    );
    expect(again.status).toBe(304);
    expect(Number((await alice.request('GET /rate_limit')).data.rate.remaining)).toBe(before);
    const raw = `${github.rawUrl}/registry/modules/main/README.md`;
    const tag = (await fetch(raw)).headers.get('etag') ?? '';
    expect(tag).toBe(`"${createHash('sha256').update('# Registry\n').digest('hex')}"`);
    expect((await fetch(raw, { headers: { 'if-none-match': tag } })).status).toBe(304);
  });

  test('the primary limit counts down and ends in 403', async () => {
    const small = await startGitHub({ users: [{ login: 'alice', token: 't' }], rateLimit: 2 });
    const octokit = new Octokit({ baseUrl: small.url, auth: 't' });
    expect((await octokit.request('GET /user')).headers['x-ratelimit-remaining']).toBe('1');
    await octokit.request('GET /user');
    const refused = await octokit.request('GET /user').catch((cause) => cause);
    expect(refused.status).toBe(403);
    expect(refused.response.headers['x-ratelimit-remaining']).toBe('0');
    expect(Number(refused.response.headers['x-ratelimit-reset'])).toBeGreaterThan(Date.now() / 1000);
    await small.close();
  });

  test('lists are paged with link headers', async () => {
    for (let number = 0; number < 3; number++)
      await alice.request('POST /gists', { files: { a: { content: `${number}` } }, public: true });
    const { headers, data } = await alice.request('GET /gists', { per_page: 2 });
    expect(data).toHaveLength(2);
    expect(headers.link).toMatch(/\/gists\?per_page=2&page=2>; rel="next"/);
    const next = /<([^>]+)>; rel="next"/.exec(headers.link ?? '')?.[1] ?? '';
    expect((await fetch(next, { headers: { authorization: 'token alice-token' } })).status).toBe(200);
  });
});

describe('faults', () => {
  const gist = () => alice.request('POST /gists', { files: { a: { content: 'a' } }, public: true });

  test('a lost connection comes before the effect, or after it', async () => {
    const count = () => github.gists('alice').length;
    const before = count();
    github.faults.once({ match: 'POST /gists', dropConnection: 'before' });
    await expect(gist()).rejects.toThrow();
    expect(count()).toBe(before);
    github.faults.once({ match: 'POST /gists', dropConnection: 'after' });
    await expect(gist()).rejects.toThrow();
    expect(count()).toBe(before + 1);
    await gist();
    expect(count()).toBe(before + 2);
  });

  test('a status or a limit is answered once', async () => {
    github.faults.once({ match: /^POST \/gists$/, status: 503 });
    expect((await failure(gist())).status).toBe(503);
    github.faults.once({
      match: (request) => request.login === undefined && request.method === 'POST',
      rateLimit: 'secondary',
      retryAfter: 7,
    });
    const limited = await gist().catch((cause) => cause);
    expect([limited.status, limited.response.headers['retry-after']]).toEqual([403, '7']);
    github.faults.once({ match: 'GET /users/*', rateLimit: 'primary', status: 429 });
    const primary = await alice.request('GET /users/bob').catch((cause) => cause);
    expect([primary.status, primary.response.headers['x-ratelimit-remaining']]).toEqual([429, '0']);
    expect((await alice.request('GET /users/bob')).status).toBe(200);
  });
});

describe('device login', () => {
  const post = async (path: string, body: Record<string, string>) => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const response = await fetch(`${github.gitUrl}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await response.json()) as Record<string, string>;
  };
  const poll = (device_code = '') =>
    post('/login/oauth/access_token', {
      client_id: 'c',
      device_code,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    });
  const pause = () => new Promise((resolve) => setTimeout(resolve, 60));

  test('pending, too fast, approved, used up', async () => {
    const started = await post('/login/device/code', { client_id: 'c', scope: 'gist public_repo' });
    expect(started).toMatchObject({ verification_uri: `${github.gitUrl}/login/device`, interval: 0.05 });
    expect(github.device.pending()).toEqual([started.user_code]);
    expect((await poll(started.device_code)).error).toBe('authorization_pending');
    expect(await poll(started.device_code)).toMatchObject({ error: 'slow_down', interval: 5.05 });
    const other = await post('/login/device/code', { client_id: 'c', scope: 'gist' });
    github.device.approve(other.user_code ?? '', 'bob');
    const granted = await poll(other.device_code);
    expect(granted).toMatchObject({ token_type: 'bearer', scope: 'gist' });
    expect((await client(granted.access_token).request('GET /user')).data.login).toBe('bob');
    expect((await poll(other.device_code)).error).toBe('incorrect_device_code');
    const third = await post('/login/device/code', { client_id: 'c' });
    github.device.deny(third.user_code ?? '');
    await pause();
    expect((await poll(third.device_code)).error).toBe('access_denied');
  });
});
