/** The token that speaks for the author: from the environment, from `mlld login`, or from `gh`. */
import { randomUUID } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode as d, parseJson, RegistryError, userLayout } from '@mlld/format';
import { type Environment, run } from '../process.ts';
import type { Endpoints } from './endpoints.ts';

export interface FoundToken {
  readonly token: string;
  /** For people: the variable, the file, or `gh`. */
  readonly from: string;
}

/** A login kept by `mlld login`. A token is only ever sent to the API that gave it. */
export interface SavedLogin {
  readonly v: 1;
  readonly api: string;
  readonly login: string;
  readonly id: number;
  readonly token: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
}

export interface TokenSearch {
  readonly env: Environment;
  readonly home: string;
  readonly endpoints: Endpoints;
}

export const TOKEN_VARIABLES = ['MLLD_GITHUB_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN'] as const;

/** The first token there is, or undefined. */
export async function findToken(search: TokenSearch): Promise<FoundToken | undefined> {
  for (const name of TOKEN_VARIABLES) {
    const token = search.env[name]?.trim();
    if (token) return { token, from: name };
  }
  const saved = await readLogin(search.home);
  if (saved?.api === search.endpoints.api) return { token: saved.token, from: authFile(search.home) };
  const token = await ghToken(search);
  return token === undefined ? undefined : { token, from: 'gh' };
}

export const authFile = (home: string): string => path.join(home, userLayout.auth);

/** The saved login, or undefined. @throws RegistryError BAD_JSON, BAD_SHAPE for a damaged file */
export async function readLogin(home: string): Promise<SavedLogin | undefined> {
  const file = authFile(home);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  const value = d.object(parseJson(text, { where: file }), `${file}: $`);
  return {
    v: d.literal(1)(value.v, `${file}: $.v`),
    api: d.url(value.api, `${file}: $.api`),
    login: d.text(100)(value.login, `${file}: $.login`),
    id: d.integer(1)(value.id, `${file}: $.id`),
    token: d.text(500)(value.token, `${file}: $.token`),
    scopes: d.array(d.text(100), 100)(value.scopes, `${file}: $.scopes`),
    createdAt: d.instant(value.createdAt, `${file}: $.createdAt`),
  };
}

/** Keeps a login in a file that only the user can read, at no moment otherwise. */
export async function saveLogin(home: string, login: SavedLogin): Promise<void> {
  const file = authFile(home);
  const temporary = `${file}.${randomUUID()}`;
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    await writeFile(temporary, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new RegistryError('IO', `the login can't be kept in ${file}`, { cause });
  }
}

/** Forgets the saved login; false if there was none. */
export async function forgetLogin(home: string): Promise<boolean> {
  const was = await readFile(authFile(home)).then(
    () => true,
    () => false,
  );
  await rm(authFile(home), { force: true });
  return was;
}

async function ghToken({ env, endpoints }: TokenSearch): Promise<string | undefined> {
  const ran = await run('gh', ['auth', 'token', '--hostname', endpoints.host], { env, timeout: 5_000 }).catch(
    () => undefined,
  );
  const token = ran?.code === 0 ? ran.stdout.trim() : '';
  return token === '' ? undefined : token;
}
