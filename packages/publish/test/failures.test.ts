import { expect, test } from 'vitest';
import { type Desk, desk, STRINGS, under } from './support.ts';

/** A module of its own name for each case, so that all share one GitHub. */
async function moduleNamed(d: Desk, name: string): Promise<string> {
  const dir = await d.folder(name, { [`${name}.mld.md`]: STRINGS.replaceAll('strings', name) });
  return under(dir, `${name}.mld.md`);
}

const pullsOf = (d: Desk, name: string) =>
  d.github.pulls('registry/modules').filter((pull) => pull.title.includes(`/${name} `));

/** After a failure the same command ends well, and everything is there once. */
async function expectOnce(d: Desk, file: string, name: string, gists: number): Promise<void> {
  d.github.faults.clear();
  expect(await d.publish(file)).toMatchObject({ status: 'proposed' });
  expect(pullsOf(d, name)).toHaveLength(1);
  expect(d.github.gists('alice')).toHaveLength(gists);
}

/** The fork comes first: it is made once. */
const losses = [
  [/^POST .*\/forks$/, 'before'],
  [/^POST \/gists$/, 'after'],
  [/^POST \/gists$/, 'before'],
  [/^POST .*\/git\/trees$/, 'before'],
  [/^POST .*\/git\/commits$/, 'after'],
  [/^POST .*\/git\/refs$/, 'after'],
  [/^POST .*\/pulls$/, 'after'],
  [/^POST .*\/pulls$/, 'before'],
] as const;

test('a connection that is lost at any change, before or after it happened, costs nothing but another run', async () => {
  const d = await desk();
  for (const [at, [match, dropConnection]] of losses.entries()) {
    const name = `case-${at}`;
    const file = await moduleNamed(d, name);
    d.github.faults.once({ match, dropConnection });
    await expect(d.publish(file), name).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
    await expectOnce(d, file, name, at + 1);
  }
  expect(d.github.faults.struck).toBe(losses.length);
}, 120_000);

test('a fork that was made and not told of is found', async () => {
  const d = await desk();
  const file = await moduleNamed(d, 'forked');
  d.github.faults.once({ match: /\/forks$/, status: 403 });
  await expect(d.publish(file)).rejects.toMatchObject({ code: 'GITHUB_DENIED' });
  d.github.faults.once({ match: /\/forks$/, dropConnection: 'after' });
  await expect(d.publish(file)).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
  await expectOnce(d, file, 'forked', 1);
  expect(d.github.requests.filter((one) => one.path.endsWith('/forks'))).toHaveLength(2);
});

test('a question whose connection is lost is asked again by itself', async () => {
  const d = await desk();
  const file = await moduleNamed(d, 'asked');
  d.github.faults.once({ match: 'GET /user', dropConnection: 'before' });
  d.github.faults.once({ match: /^GET .*\/contents\//, status: 502 });
  expect(await d.publish(file)).toMatchObject({ status: 'proposed' });
  d.github.faults.always({ match: 'GET /user', dropConnection: 'before' });
  await expect(d.publish(file)).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
});

const refusals = [
  [401, 'GET /user', 'NOT_LOGGED_IN'],
  [403, /^POST \/gists$/, 'GITHUB_DENIED'],
  [404, /^POST .*\/git\/trees$/, 'GITHUB_NOT_FOUND'],
  [409, /^POST .*\/git\/commits$/, 'GITHUB_CONFLICT'],
  [422, /^POST .*\/git\/refs$/, 'GITHUB_INVALID'],
  [500, /^POST .*\/pulls$/, 'GITHUB_UNREACHABLE'],
] as const;

test('each refusal has its code, and none leaves anything twice', async () => {
  const d = await desk();
  let gists = 0;
  for (const [at, [status, match, code]] of refusals.entries()) {
    const name = `refused-${at}`;
    const file = await moduleNamed(d, name);
    d.github.faults.once({ match, status });
    await expect(d.publish(file), name).rejects.toMatchObject({ code });
    await expectOnce(d, file, name, ++gists);
  }
}, 60_000);

test('short rate limits are waited for, long ones say until when', async () => {
  const d = await desk();
  const file = await moduleNamed(d, 'limited');
  d.github.faults.once({ match: 'POST /gists', rateLimit: 'secondary', retryAfter: 1 });
  expect(await d.publish(file)).toMatchObject({ status: 'proposed' });
  expect(d.notes.join()).toContain('waiting 1 s');
  const other = await moduleNamed(d, 'limited-more');
  d.github.faults.once({ match: 'POST /gists', rateLimit: 'primary', retryAfter: 3000 });
  const refused = d.publish(other);
  await expect(refused).rejects.toMatchObject({
    code: 'GITHUB_RATE_LIMIT',
    data: { until: expect.any(String) },
  });
  await expectOnce(d, other, 'limited-more', 2);
});

test('a token without the scope for gists is told so', async () => {
  const d = await desk();
  d.github.addUser({
    login: 'carol',
    token: 'carol-token',
    scopes: ['read:user'],
    signingKeys: [d.key.publicKey],
  });
  const dir = await d.folder('scoped', {
    'strings.mld.md': STRINGS.replace('author: alice', 'author: carol'),
  });
  const refused = d.publish(dir, { env: { ...d.env, MLLD_GITHUB_TOKEN: 'carol-token' } });
  await expect(refused).rejects.toMatchObject({
    code: 'GITHUB_DENIED',
    hint: expect.stringContaining('gist'),
  });
});
