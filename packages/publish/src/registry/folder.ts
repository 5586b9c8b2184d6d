/** A registry repository at hand: a folder with a git work tree, or any URL that git can push to. */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { todaysRegistry } from '@mlld/builder';
import { layout, limits, parseRegistryInfo, printable, RegistryError } from '@mlld/format';
import { askGit, git, identityFor, tryGit } from '../git.ts';
import { type Environment, lastWords } from '../process.ts';
import type { NewFiles, RegistryTarget, Submission, Submitted } from './target.ts';

/** Times that a push is tried again on top of what others pushed in the meantime. */
const PUSH_TRIES = 5;

/** What makes a folder of registry files a registry repository. */
export function firstCommit(folder: string): string {
  const git = `git -C ${printable(folder)}`;
  return `${git} init && ${git} add --all && ${git} commit -m 'Start the registry'`;
}

/** Opens the work tree at `folder`. @throws RegistryError REGISTRY_NOT_FOUND, BAD_JSON, BAD_SHAPE */
export async function openFolder(folder: string, env: Environment): Promise<RegistryTarget> {
  const root = path.resolve(folder);
  const options = { cwd: root, env };
  const text = await readText(path.join(root, layout.registry), limits.registryJsonBytes);
  const described = text !== undefined || existsSync(path.join(root, 'modules'));
  const isTree = described && (await askGit(['rev-parse', '--is-inside-work-tree'], options)) === 'true';
  const hasCommit =
    isTree && (await askGit(['rev-parse', '--verify', '--quiet', 'HEAD'], options)) !== undefined;
  if (!hasCommit) {
    const missing = isTree ? 'no commit yet' : 'no git work tree';
    throw new RegistryError(
      'REGISTRY_NOT_FOUND',
      `wanted a registry repository in '${printable(folder)}', found ${described ? missing : 'no registry.json and no modules/'}`,
      { hint: described ? firstCommit(folder) : "Make one with 'mlld registry init <folder>'." },
    );
  }
  return {
    where: `commit in ${root}`,
    info: text === undefined ? todaysRegistry : parseRegistryInfo(text, path.join(root, layout.registry)),
    // What is committed counts. What an interrupted run left in the work tree is merely proposed.
    read: (file) => askGit(['show', `HEAD:${file}`], options).then(withNewline),
    list: (where) => listCommitted(where, options),
    paths: () => committedPaths(options),
    readProposed: (_branch, file) => readText(path.join(root, file), limits.indexBytes),
    submit: (submission) => commit(submission, options),
    close: async () => {},
  };
}

/** Clones the repository at `url`; `submit` pushes. @throws RegistryError UNREACHABLE, REGISTRY_NOT_FOUND */
export async function openUrl(url: string, env: Environment): Promise<RegistryTarget> {
  const dir = await mkdtemp(path.join(tmpdir(), 'mlld-registry-'));
  const close = () => rm(dir, { recursive: true, force: true });
  try {
    // A path too goes by git's own protocol: linking files of a repository that others push to meanwhile fails.
    const how = ['--quiet', '--no-local', '--depth', '1'];
    const ran = await tryGit(['clone', ...how, '--', url, 'registry'], { cwd: dir, env });
    if (ran.code !== 0) {
      throw new RegistryError(
        'UNREACHABLE',
        `git can't clone ${withoutSecret(url)}: ${withoutSecret(lastWords(ran.stderr))}`,
        {
          hint: 'Check the URL, and that git may read it without asking (an SSH key or a credential helper).',
        },
      );
    }
    const target = await openFolder(path.join(dir, 'registry'), env);
    return {
      ...target,
      where: `push to ${withoutSecret(url)}`,
      submit: (submission) => commitAndPush(submission, { cwd: path.join(dir, 'registry'), env }),
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

async function commitAndPush(
  submission: Submission,
  options: { cwd: string; env: Environment },
): Promise<Submitted> {
  let said = '';
  for (let attempt = 0; attempt < PUSH_TRIES; attempt++) {
    const done = await commit(submission, options);
    if (done.already && attempt === 0) return done;
    const pushed = await tryGit(['push', '--quiet', 'origin', 'HEAD'], options);
    if (pushed.code === 0) return done;
    said = withoutSecret(lastWords(pushed.stderr));
    if (!/rejected|fetch first|non-fast-forward|cannot lock ref/i.test(pushed.stderr)) break;
    // Someone else was faster: once more, on top of theirs.
    await git(['fetch', '--quiet', '--depth', '1', 'origin'], options);
    await git(['reset', '--quiet', '--hard', '@{upstream}'], options);
  }
  throw new RegistryError('PROGRAM_FAILED', `git push to the registry failed: ${said}`, {
    hint: 'Check that you may push there; a protected branch needs a pull request.',
  });
}

/** Writes and commits the files, and nothing else that may lie in the work tree. */
async function commit(
  submission: Submission,
  options: { cwd: string; env: Environment },
): Promise<Submitted> {
  const paths = [...submission.files.keys()];
  const present = await sameFiles(submission.files, options.cwd);
  if (!present) await writeNew(submission.files, options);
  const status = await git(['status', '--porcelain', '--untracked-files=all', '--', ...paths], options);
  if (status !== '') {
    await git(['add', '--force', '--', ...paths], options);
    const identity = await identityFor(submission.author, options);
    await git([...identity, 'commit', '--quiet', '--message', submission.title, '--', ...paths], options);
  }
  const reference = await git(['log', '-1', '--format=%H', '--', ...paths], options);
  return { how: 'commit', reference, already: present && status === '' };
}

/** `askGit` takes the final newline away, which every statement has. */
const withNewline = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : `${text}\n`;

async function listCommitted(folder: string, options: { cwd: string; env: Environment }): Promise<string[]> {
  const text = await askGit(['ls-tree', '--name-only', '-z', 'HEAD', '--', `${folder}/`], options);
  return (text ?? '')
    .split('\0')
    .filter(Boolean)
    .map((file) => path.posix.basename(file));
}

async function committedPaths(options: { cwd: string; env: Environment }): Promise<string[]> {
  const text = await askGit(['ls-tree', '-r', '--name-only', '-z', 'HEAD'], options);
  return (text ?? '').split('\0').filter(Boolean);
}

async function sameFiles(files: NewFiles, root: string): Promise<boolean> {
  for (const [file, text] of files) {
    if ((await readText(path.join(root, file), limits.indexBytes)) !== text) return false;
  }
  return true;
}

/** Never over a file that is committed: a registry is added to. */
async function writeNew(files: NewFiles, options: { cwd: string; env: Environment }): Promise<void> {
  for (const [file, text] of files) {
    const committed = await askGit(['show', `HEAD:${file}`], options).then(withNewline);
    if (committed !== undefined && committed !== text) {
      throw new RegistryError('VERSION_EXISTS', `${file} is in the registry already, with other content`, {
        hint: 'Someone published the same at the same moment. Run the same command again.',
      });
    }
    const target = path.join(options.cwd, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}

async function readText(file: string, maxBytes: number): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  if (found?.isFile() !== true) return undefined;
  if (found.size > maxBytes)
    throw new RegistryError('TOO_LARGE', `${file}: wanted at most ${maxBytes} bytes, found ${found.size}`);
  return readFile(file, 'utf8');
}

/** URLs may carry a password, which belongs in no message. */
const withoutSecret = (text: string): string => text.replace(/(\w+:\/\/)[^/@\s]+@/g, '$1');
