/**
 * What today's mlld asks of an HTTP prefix (docs/guides/serving.md): `m/<author>/<name>[@<selector>]` with an ending of
 * its choice or none. The distribution has files for exact versions, tags and the newest; ranges, hashes and
 * the form without an ending are found here, by the module's index.
 */
import {
  compareVersions,
  formatSelector,
  highest,
  type IndexVersion,
  layout,
  type ModuleIndex,
  parseIndex,
  parseRef,
  printable,
  type Ref,
} from '@mlld/format';
import type { FileStore } from './file-store.ts';
import { refusal } from './reply.ts';

/** Endings that today's client tries, longest first. */
const endings = ['.mlld.md', '.mld.md', '.mlld', '.mld', '.md'] as const;

/** Where the text is: a path of the distribution, or the source to ask. */
export type TextPlace = { readonly path: string; readonly ending: string } | { readonly source: string };

/**
 * Finds the text that `m/<author>/<last>` means.
 * @throws RegistryError BAD_NAME, BAD_REF, MODULE_NOT_FOUND, VERSION_NOT_FOUND, FILE_NOT_FOUND
 */
export async function findText(store: FileStore, author: string, last: string): Promise<TextPlace> {
  const { ref, ending } = parseAsked(author, last);
  const index = await readIndex(store, ref);
  const version = chooseVersion(index, ref);
  const own = endings.find((one) => version.entry.endsWith(one)) ?? '';
  if (ending !== undefined && ending !== own) {
    throw refusal(
      'FILE_NOT_FOUND',
      `${ref.name}@${version.version} is no ${ending} module`,
      `Ask for ${layout.text(ref.name, version.version, own)}.`,
    );
  }
  for (const path of placesOf(version, own)) {
    if ((await store.get(path)) !== undefined) return { path, ending: own };
  }
  const source = version.sources.find((base) => /^https?:/.test(base));
  if (source !== undefined) return { source: source + version.entry };
  throw refusal('FILE_NOT_FOUND', `this registry keeps no bytes of ${ref.name}@${version.version}`);
}

function parseAsked(author: string, last: string): { ref: Ref; ending: string | undefined } {
  const ending = endings.find((one) => last.endsWith(one));
  const ref = ending === undefined ? last : last.slice(0, -ending.length);
  return { ref: parseRef(`@${author}/${ref}`), ending };
}

async function readIndex(store: FileStore, { name }: Ref): Promise<ModuleIndex> {
  const path = layout.index(name);
  const stored = await store.get(path);
  if (stored === undefined) throw refusal('MODULE_NOT_FOUND', `there is no module ${name} in this registry`);
  const bytes = stored.bytes ?? (await readLarge(store, path));
  return parseIndex(bytes, path);
}

async function readLarge(store: FileStore, path: string): Promise<Buffer> {
  const stored = await store.get(path);
  const handle = stored && (await store.openContent(stored));
  if (!handle) throw refusal('IO', `'${path}' changes while it is read`, 'Ask again in a moment.');
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function placesOf(version: IndexVersion, ending: string): string[] {
  const entry = version.files.find((file) => file.path === version.entry);
  const text = layout.text(version.name, version.version, ending);
  return entry?.sha256 === undefined ? [text] : [text, layout.blob(entry.sha256)];
}

function chooseVersion(index: ModuleIndex, ref: Ref): IndexVersion {
  const wanted = wantedVersion(index, ref);
  const found = index.versions.find(({ version }) => version === wanted);
  if (found !== undefined) return found;
  const asked = formatSelector(ref.selector);
  const newest = index.versions.map(({ version }) => version).sort((a, b) => compareVersions(b, a));
  throw refusal(
    'VERSION_NOT_FOUND',
    `${ref.name} has no version '${printable(asked)}'`,
    newest.length > 0 ? `It has ${newest.slice(0, 10).join(', ')}.` : undefined,
  );
}

function wantedVersion({ header, versions }: ModuleIndex, { selector }: Ref): string | undefined {
  const offered = versions.map(({ version }) => version).filter((version) => !header.yanked.has(version));
  switch (selector.kind) {
    case 'any':
      return header.tags.get('latest') ?? highest(offered) ?? offered[0];
    case 'exact':
      return selector.version;
    case 'range':
      return highest(offered, selector.range);
    case 'tag':
      return header.tags.get(selector.tag);
    case 'hash': {
      const same = versions.filter((one) => hasPrefix(one, selector.prefix));
      if (same.length > 1)
        throw refusal(
          'AMBIGUOUS_HASH',
          `more than one version has a hash that starts with ${selector.prefix}`,
        );
      return same[0]?.version;
    }
  }
}

function hasPrefix({ digest, contentHash }: IndexVersion, prefix: string): boolean {
  return digest?.startsWith(prefix) === true || contentHash?.startsWith(prefix) === true;
}
