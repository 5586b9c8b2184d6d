// A registry from nothing: repository, keys, signed releases, distribution, servers.
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { mlld, runProgram, startServer } from './cli.mjs';
import { showcase, showcaseAuthors } from './showcase.mjs';

export const registryName = 'registry.example.org';
export const zone = 'modules.example.org';

/** A repository without modules, and the bare one beside it that authors push to. */
export async function makeRepository(place, url) {
  const { repository } = place;
  await mlld(
    [
      'registry',
      'init',
      repository,
      '--name',
      registryName,
      '--title',
      'Tea house',
      '--url',
      url,
      '--zone',
      zone,
    ],
    place,
  );
  const git = (...args) => runProgram('git', ['-C', repository, ...args], place);
  await git('init', '--quiet', '--initial-branch=main');
  await git('config', 'user.name', 'Registry');
  await git('config', 'user.email', 'registry@example.org');
  await git('add', '--all');
  await git('commit', '--quiet', '--message', 'Start the registry');
  await git('clone', '--quiet', '--bare', '.', place.shared);
}

/** A throw-away SSH key for each author. */
export async function makeKeys(place, authors) {
  mkdirSync(place.keys, { recursive: true });
  for (const author of authors) {
    const file = path.join(place.keys, author);
    await runProgram(
      'ssh-keygen',
      ['-q', '-t', 'ed25519', '-N', '', '-C', `${author}@example.org`, '-f', file],
      place,
    );
  }
}

/**
 * Publishes every module of the showcase; the bytes stay on the authors' own server. The authors work side by side and push
 * to one repository, each all modules of their own at once.
 */
export async function publishAll(place, { sources, onAuthor }) {
  const authors = showcaseAuthors();
  let done = 0;
  const published = await Promise.all(
    authors.map(async (author) => {
      const modules = await publishAuthor(place, author, sources);
      onAuthor(++done, authors.length, author);
      return modules;
    }),
  );
  await runProgram('git', ['-C', place.repository, 'pull', '--quiet', place.shared, 'main'], place);
  return published.flat();
}

async function publishAuthor(place, author, sources) {
  const folder = path.join(showcase, author);
  const source = `${sources}${author}/`;
  const key = path.join(place.keys, author);
  const how = ['--registry', place.shared, '--source', source, '--key', key, '--yes', '--json'];
  const { stdout } = await mlld(['publish', folder, ...how], place);
  return JSON.parse(stdout).modules;
}

/** Builds the distribution; the report of the build. */
export async function build(place) {
  const { stdout } = await mlld(
    ['registry', 'build', place.repository, '--out', place.dist, '--json'],
    place,
  );
  return JSON.parse(stdout);
}

/** Serves it over HTTP on this port, and over DNS on any. */
export function serve(place, port) {
  return startServer([place.dist, '--port', String(port), '--dns-port', '0'], place);
}

/** The first free port from 7373: the registry's URL is signed into nothing, but its zone names it. */
export async function freePort(from = 7373) {
  for (let port = from; port < from + 50; port++) if (await isFree(port)) return port;
  return anyPort();
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

function anyPort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
