/**
 * What a publish has begun, kept beside the module, so that running the command again goes on instead of starting anew.
 * The file is a convenience: without it (or with a damaged one) GitHub itself is searched for what was begun.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decode as d, parseJson, type SignedText } from '@mlld/format';

/** One version on its way. */
export interface Begun {
  /** Content digest; of other bytes the rest does not apply. */
  readonly digest: string;
  /** `registry.json`'s name of the registry it goes to. */
  readonly registry: string;
  readonly gist?: { readonly id: string; readonly revision: string };
  /** The signed release. */
  readonly release?: SignedText;
}

export interface StateFile {
  get(version: string): Begun | undefined;
  set(version: string, begun: Begun): Promise<void>;
  /** The version is published: nothing is left to go on with. */
  remove(version: string): Promise<void>;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** Opens the state of the module `name` in the folder `root`. */
export async function openState(root: string, name: string): Promise<StateFile> {
  const file = path.join(root, '.mlld', 'publish-state.json');
  const entries = await read(file);
  const key = (version: string) => `${name}@${version}`;
  const save = async () => {
    if (entries.size === 0) return clear(file);
    await mkdir(path.dirname(file), { recursive: true });
    // The folder hides itself from git.
    await writeFile(ignoreFile(file), '*\n', { flag: 'wx' }).catch(() => {});
    const temporary = `${file}.${randomUUID()}`;
    await writeFile(temporary, `${JSON.stringify({ v: 1, begun: Object.fromEntries(entries) }, null, 2)}\n`);
    await rename(temporary, file);
  };
  return {
    get: (version) => entries.get(key(version)),
    async set(version, begun) {
      entries.set(key(version), begun);
      // Where nothing can be written, GitHub is searched on the next run.
      await save().catch(() => {});
    },
    async remove(version) {
      if (entries.delete(key(version))) await save().catch(() => {});
    },
  };
}

const ignoreFile = (file: string): string => path.join(path.dirname(file), '.gitignore');

/** Leaves nothing behind, unless the folder has other things in it. */
async function clear(file: string): Promise<void> {
  await rm(file, { force: true });
  const rest = await readdir(path.dirname(file)).catch(() => ['unknown']);
  if (rest.some((name) => name !== '.gitignore')) return;
  await rm(ignoreFile(file), { force: true });
  await rmdir(path.dirname(file));
}

const signedText: d.Decoder<SignedText> = (value, at) => {
  const found = d.object(value, at);
  return {
    statement: d.string(found.statement, `${at}.statement`),
    signatures: d.array(d.string, 16)(found.signatures, `${at}.signatures`),
  };
};

const gist: d.Decoder<{ id: string; revision: string }> = (value, at) => {
  const found = d.object(value, at);
  return { id: d.text(64)(found.id, `${at}.id`), revision: d.text(64)(found.revision, `${at}.revision`) };
};

const begun: d.Decoder<Begun> = (value, at) => {
  const found = d.object(value, at);
  return d.compact({
    digest: d.text(64)(found.digest, `${at}.digest`),
    registry: d.text(253)(found.registry, `${at}.registry`),
    gist: d.optional(gist)(found.gist, `${at}.gist`),
    release: d.optional(signedText)(found.release, `${at}.release`),
  });
};

async function read(file: string): Promise<Map<string, Begun>> {
  try {
    const value = d.object(parseJson(await readFile(file), { where: file, maxBytes: MAX_BYTES }), '$');
    d.literal(1)(value.v, '$.v');
    return d.map(begun, 1000)(value.begun, '$.begun');
  } catch {
    return new Map();
  }
}
