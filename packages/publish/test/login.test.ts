import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { bareEnvironment, type GitHub, makeTempDir, startGitHub } from '@mlld/testing';
import { expect, onTestFinished, test } from 'vitest';
import { knownLogin, login, logout, unattended, whoami } from '../src/index.ts';

async function account() {
  const home = await makeTempDir();
  const github = await startGitHub({
    users: [
      { login: 'Alice', id: 101, token: 'alice-token' },
      { login: 'bob', id: 102, token: 'bob-token' },
    ],
  });
  onTestFinished(async () => {
    await github.close();
    await home.remove();
  });
  const env = bareEnvironment({ HOME: home.path, MLLD_GITHUB_API: github.url });
  const notes: string[] = [];
  return { home, github, env, notes, options: { env, ui: unattended((text) => notes.push(text)) } };
}

/** What the person in front of the browser does, as soon as a code is shown. */
async function whenAsked(github: GitHub, act: (code: string) => void): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    const [code] = github.device.pending();
    if (code !== undefined) return act(code);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('no code was asked for');
}

test('login shows a code, keeps the token where only the user reads it, and logout forgets it', async () => {
  const { home, github, env, notes, options } = await account();
  await expect(whoami(options)).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
  const asked = whenAsked(github, (code) => github.device.approve(code, 'alice'));
  const me = await login(options);
  await asked;
  const file = home.join('.mlld/github-token.json');
  expect(me).toEqual({ login: 'Alice', id: 101, scopes: ['gist', 'public_repo'], from: file });
  expect(notes[0]).toMatch(/Open http:\/\/127\.0\.0\.1:\d+\/login\/device and enter [A-Z]{4}-[A-Z]{4}/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await whoami(options)).toEqual(me);
  expect(await knownLogin(env)).toBe('Alice');
  expect(await logout(options)).toEqual({ forgotten: true });
  expect(await logout({ ...options, env: { ...env, GH_TOKEN: 'x' } })).toEqual({
    forgotten: false,
    still: 'GH_TOKEN',
  });
});

test('a denied login is cancelled', async () => {
  const { github, options } = await account();
  const asked = whenAsked(github, (code) => github.device.deny(code));
  await expect(login(options)).rejects.toMatchObject({ code: 'CANCELLED' });
  await asked;
});

test('the token comes from the environment first, then from the login, then from gh', async () => {
  const { home, github, env, options } = await account();
  const bin = home.join('bin');
  await mkdir(bin);
  await writeFile(
    `${bin}/gh`,
    `#!/bin/sh\n[ "$*" = "auth token --hostname ${new URL(github.url).host}" ] && echo bob-token\n`,
  );
  await chmod(`${bin}/gh`, 0o755);
  const withGh = { ...options, env: { ...env, PATH: `${bin}:${env.PATH}` } };
  expect(await whoami(withGh)).toMatchObject({ login: 'bob', from: 'gh' });
  const asked = whenAsked(github, (code) => github.device.approve(code, 'alice'));
  await login(withGh);
  await asked;
  expect(await whoami(withGh)).toMatchObject({ login: 'Alice', from: home.join('.mlld/github-token.json') });
  const both = { ...withGh.env, GITHUB_TOKEN: 'bob-token', MLLD_GITHUB_TOKEN: 'alice-token' };
  expect(await whoami({ ...options, env: both })).toMatchObject({
    login: 'Alice',
    from: 'MLLD_GITHUB_TOKEN',
  });
});

test('a kept token is never sent to another API', async () => {
  const { home, github, env, options } = await account();
  const asked = whenAsked(github, (code) => github.device.approve(code, 'alice'));
  await login(options);
  await asked;
  const other = await startGitHub({ users: [{ login: 'mallory' }] });
  onTestFinished(() => other.close());
  const elsewhere = { ...options, env: { ...env, MLLD_GITHUB_API: other.url } };
  await expect(whoami(elsewhere)).rejects.toMatchObject({ code: 'NOT_LOGGED_IN' });
  expect(other.requests).toEqual([]);
  const file = home.join('.mlld/github-token.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"v": 1', '"v": 2'));
  await expect(whoami(options)).rejects.toMatchObject({ code: 'BAD_SHAPE' });
});

test('a wrong token and a wrong setting are told', async () => {
  const { env, options } = await account();
  await expect(whoami({ ...options, env: { ...env, GITHUB_TOKEN: 'wrong' } })).rejects.toMatchObject({
    code: 'NOT_LOGGED_IN',
  });
  await expect(whoami({ ...options, env: { ...env, MLLD_GITHUB_API: 'ftp://x' } })).rejects.toMatchObject({
    code: 'BAD_CONFIG',
  });
  const nobody = { ...env, GITHUB_TOKEN: 'x', MLLD_GITHUB_API: 'http://127.0.0.1:1' };
  await expect(whoami({ ...options, env: nobody })).rejects.toMatchObject({ code: 'GITHUB_UNREACHABLE' });
});
