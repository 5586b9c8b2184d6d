// Writes generated modules as a registry repository (docs/spec/distribution.md §1), signed, and their files as a folder
// that a web server or a `file:` source can give out.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  contentDigest,
  encodeRegistryInfo,
  encodeStatement,
  layout,
  legacyContentHash,
  parseRegistryInfo,
  parseRelease,
  signatureNamespace,
} from '@mlld/format';
import { signerFrom } from './sign.mjs';

const sha256 = (data) => createHash('sha256').update(data).digest('hex');

/**
 * @param {string} folder of the repository; made if it is not there
 * @param {{registry?: string, zone?: string, sourceBase: string, sources?: string, title?: string, blobs?: boolean,
 *   fileSources?: boolean, url?: string}} options `sourceBase`: base URL of all files, `<base><author>/<name>/<version>/<path>`; `sources`: the
 *   folder that is served there, if the files are to be written
 */
export function repositoryWriter(folder, options) {
  const { registry = 'registry.example.org', sourceBase, sources } = options;
  const signer = signerFrom(1);
  const authors = new Set();
  const made = new Set();
  const counts = { modules: 0, releases: 0, files: 0, bytes: 0 };
  write(layout.registry, registryInfo(registry, options));

  function write(file, text, base = folder) {
    const target = path.join(base, file);
    const parent = path.dirname(target);
    if (!made.has(parent)) mkdirSync(parent, { recursive: true });
    made.add(parent);
    writeFileSync(target, text);
  }

  function writeSigned(file, text, type) {
    write(file, text);
    write(layout.signature(file), signer.sign(text, signatureNamespace(type)));
  }

  function addAuthor(author) {
    if (authors.has(author)) return;
    authors.add(author);
    const keyset = {
      type: 'keyset',
      v: 1,
      registry,
      author,
      n: 1,
      threshold: 1,
      keys: [{ key: signer.publicKey }],
      anchors: { github: { id: 1000 + authors.size, login: author } },
      createdAt: '2025-01-01T00:00:00.000Z',
    };
    writeSigned(layout.keyset(author, 1), encodeStatement(keyset), 'keyset');
  }

  return {
    counts,
    /** Adds one module of `generateModules`, or one of that shape. */
    add(one) {
      addAuthor(one.author);
      counts.modules++;
      for (const release of one.releases) {
        const text = encodeStatement(releaseStatement(one, release, { registry, sourceBase }));
        parseRelease(text);
        writeSigned(layout.release(one.ref, release.version), text, 'release');
        counts.releases++;
        for (const file of release.files) {
          counts.files++;
          counts.bytes += Buffer.byteLength(file.text);
          if (sources !== undefined)
            write(`${one.author}/${one.name}/${release.version}/${file.path}`, file.text, sources);
        }
      }
      const latest = one.releases.at(-1).version;
      write(layout.tags(one.ref), `${JSON.stringify({ latest, stable: latest }, null, 2)}\n`);
      write(layout.metadata(one.ref), `${JSON.stringify(metadata(one), null, 2)}\n`);
    },
  };
}

function registryInfo(name, { zone, title, url, blobs, fileSources }) {
  const info = { v: 1, name, title: title ?? 'Benchmark', zone, url, blobs, fileSources };
  return encodeRegistryInfo(parseRegistryInfo(JSON.stringify(info)));
}

function metadata(one) {
  return {
    name: one.name,
    author: one.author,
    about: one.about,
    owners: [one.author],
    maintainers: [],
    created: one.releases[0].publishedAt,
    createdBy: null,
    firstPublishPR: null,
  };
}

function releaseStatement(one, release, { registry, sourceBase }) {
  const base = `${sourceBase}${one.author}/${one.name}/${release.version}/`;
  const files = release.files.map(({ path: file, text }) => ({
    path: file,
    size: Buffer.byteLength(text),
    sha256: sha256(text),
  }));
  const shape = one.directory ? 'directory' : 'file';
  const contentHash = legacyContentHash(files, shape, sha256);
  return {
    type: 'release',
    v: 1,
    registry,
    name: one.ref,
    version: release.version,
    kind: 'module',
    about: one.about,
    files,
    digest: contentDigest(files, sha256),
    entry: release.entry,
    source: one.directory
      ? {
          type: 'directory',
          baseUrl: base.slice(0, -1),
          files: files.map((file) => file.path),
          entryPoint: release.entry,
          contentHash,
        }
      : { type: 'url', url: base + release.entry, contentHash },
    sources: [base],
    imports: new Map(release.imports),
    exports: release.exports,
    needs: release.needs ?? ['js'],
    dependencies: {},
    license: 'CC0',
    mlldVersion: '>=2.0.0',
    keywords: one.keywords,
    publishedAt: release.publishedAt,
  };
}
