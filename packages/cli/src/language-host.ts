/** What the language server knows of registries: the cache, the local copy of the search index, the rules of `mlld check`. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Client, createClient, type ReadModule } from '@mlld/client';
import { isRegistryError, parseRef, printable } from '@mlld/format';
import { findRoot, format, MlldError } from '@mlld/lang';
import type { CachedModule, HostFinding, KnownModule, LanguageHost } from '@mlld/lsp';
import { checkText, type Module, readModule, withText } from '@mlld/publish';
import { evidenceText } from './installed.ts';

export interface LanguageHostOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cacheDir: string | undefined;
  readonly registry: string | undefined;
}

/** Milliseconds that the list of the cache holds. */
const listMs = 10_000;
const mostHits = 100;

export function languageHost(options: LanguageHostOptions): LanguageHost & { readonly close: () => void } {
  const clients = new Map<string, Client>();
  const clientOf = (folder: string): Client => {
    const root = findRoot(folder);
    let client = clients.get(root);
    if (client === undefined) {
      const { env, cacheDir, registry } = options;
      // Offline: nothing of this ever asks a network.
      client = createClient({ cwd: root, root, env, cacheDir, registry, offline: true });
      clients.set(root, client);
    }
    return client;
  };
  const lists = new Map<Client, { readonly at: number; readonly list: Promise<KnownModule[]> }>();
  const cachedOf = (client: Client): Promise<KnownModule[]> => {
    const known = lists.get(client);
    if (known !== undefined && performance.now() - known.at < listMs) return known.list;
    const list = cachedModules(client);
    lists.set(client, { at: performance.now(), list });
    return list;
  };
  return {
    modules: async (typed, folder) => {
      const client = clientOf(folder);
      const found = new Map((await searched(client, typed)).map((one) => [one.name, one]));
      for (const one of await cachedOf(client)) {
        if (one.name.startsWith(typed))
          found.set(one.name, { ...one, about: found.get(one.name)?.about ?? '' });
      }
      return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    module: (ref, folder) => quietly(() => cachedModule(clientOf(folder), ref)),
    findings: async (file, text) => (await quietly(() => findingsOf(file, text))) ?? [],
    format: (text, file) => {
      try {
        return format(text, { file });
      } catch (error) {
        // What has mistakes stays as it is; they are shown.
        if (error instanceof MlldError) return undefined;
        throw error;
      }
    },
    close: () => {
      for (const client of clients.values()) client.close();
    },
  };
}

/** What is not at hand, or damaged, is not known: an editor shows nothing then. */
async function quietly<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isRegistryError(error)) return undefined;
    throw error;
  }
}

/** The newest version of each module in the cache. */
async function cachedModules(client: Client): Promise<KnownModule[]> {
  const listing = await quietly(() => client.cache.list());
  const newest = new Map<string, KnownModule>();
  for (const { name, version } of listing?.modules ?? []) {
    newest.set(name, { name, version, about: '', cached: true });
  }
  return [...newest.values()];
}

async function searched(client: Client, typed: string): Promise<KnownModule[]> {
  const words = typed.replace(/[@/.-]+/g, ' ').trim();
  if (words === '') return [];
  const answer = await quietly(async () => (await client.search()).search(words, { limit: mostHits }));
  return (answer?.hits ?? [])
    .filter(({ record }) => record.name.startsWith(typed))
    .map(({ record: { name, version, about } }) => ({
      name,
      version,
      about: printable(about, 300),
      cached: false,
    }));
}

async function cachedModule(client: Client, ref: string): Promise<CachedModule> {
  const { name, version, entry, files }: ReadModule = await client.read(ref);
  const textOf = (file: string) => {
    const bytes = files.get(file);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  const locked = client.resolveLocked(ref);
  const evidence =
    locked?.origin.version === version ? evidenceText(locked.evidence) : `not locked in this project`;
  return {
    name: parseRef(name).name,
    version,
    entry,
    text: textOf(entry) ?? '',
    readme: textOf('README.md'),
    evidence,
  };
}

// ---- check

async function findingsOf(file: string, text: string): Promise<HostFinding[]> {
  const location = moduleOf(file, text);
  if (location === undefined) return [];
  const module = await readModule(location);
  const own = path.relative(module.root, file).replaceAll(path.sep, '/');
  if (!isPart(module, own)) return [];
  const { findings } = await checkText(await withText(module, own, text));
  return findings
    .filter((one) => one.file === own)
    .map(({ rule, severity, line, column, message, hint, fix }) => ({
      rule,
      severity,
      line,
      column,
      message,
      hint,
      fix: fix?.file === own ? fix : undefined,
    }));
}

const isPart = ({ files }: Module, file: string): boolean => files.some((one) => one.path === file);

/** A file is a module's if its folder has a `module.yml`, or if it says itself what it is called. */
function moduleOf(file: string, text: string): string | undefined {
  if (!path.isAbsolute(file) || !existsSync(file)) return undefined;
  const folder = path.dirname(file);
  if (['module.yml', 'module.yaml', 'module.json'].some((name) => existsSync(path.join(folder, name))))
    return folder;
  return /^---\r?\n(?:.*\r?\n)*?name[ \t]*:/.test(text.slice(0, 4000)) ? file : undefined;
}
