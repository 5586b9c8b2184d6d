// The generated modules as npm packages: the same names, files and dependencies, in a verdaccio storage folder, and a
// project that locks them all.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

/**
 * Writes a package for each module (its first release) into `storage`.
 * @returns {object[]} what a lock file says of each: `{name, version, integrity, file, dependencies}`
 */
export function writeNpmStorage(storage, modules) {
  return modules.map((one) => writePackage(storage, one));
}

function writePackage(storage, one) {
  const [release] = one.releases;
  const { version } = release;
  const manifest = {
    name: one.ref,
    version,
    description: one.about,
    license: 'CC0-1.0',
    ...(release.imports.length > 0 ? { dependencies: Object.fromEntries(release.imports) } : {}),
  };
  const files = [{ path: 'package.json', text: `${JSON.stringify(manifest, null, 2)}\n` }, ...release.files];
  const tarball = gzipSync(tar(files), { level: 6 });
  const file = `${one.name}-${version}.tgz`;
  const hash = (name, encoding) => createHash(name).update(tarball).digest(encoding);
  const [integrity, shasum] = [`sha512-${hash('sha512', 'base64')}`, hash('sha1', 'hex')];
  const dist = { integrity, shasum, tarball: `http://localhost/${one.ref}/-/${file}` };
  const folder = path.join(storage, one.ref);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, file), tarball);
  writeFileSync(
    path.join(folder, 'package.json'),
    JSON.stringify({
      name: one.ref,
      'dist-tags': { latest: version },
      versions: { [version]: { ...manifest, _id: `${one.ref}@${version}`, dist } },
      time: { created: release.publishedAt, modified: release.publishedAt, [version]: release.publishedAt },
      readme: '',
      users: {},
      _rev: '1-0',
      _id: one.ref,
      _uplinks: {},
      _distfiles: {},
      _attachments: { [file]: { shasum, version } },
    }),
  );
  return {
    name: one.ref,
    version,
    integrity,
    file,
    dependencies: manifest.dependencies,
    license: manifest.license,
  };
}

/** A project that depends on `direct`, with the lock file that `npm ci` reads: all `packages`. */
export function writeNpmProject(folder, { packages, direct, url, locked: isLocked = true }) {
  const dependencies = Object.fromEntries(direct.map(({ name, version }) => [name, `^${version}`]));
  const project = { name: 'benchmark', version: '1.0.0', private: true, dependencies };
  const locked = packages.map(({ name, version, integrity, file, license, dependencies: own }) => [
    `node_modules/${name}`,
    { version, resolved: `${url}/${name}/-/${file}`, integrity, license, dependencies: own },
  ]);
  const lock = {
    name: project.name,
    version: project.version,
    lockfileVersion: 3,
    requires: true,
    packages: { '': project, ...Object.fromEntries(locked) },
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(project, null, 2));
  if (isLocked) writeFileSync(path.join(folder, 'package-lock.json'), JSON.stringify(lock, null, 2));
}

/** A tar archive (POSIX ustar) as npm packs it: everything below `package/`. */
function tar(files) {
  const blocks = [];
  for (const { path: name, text } of files) {
    const bytes = Buffer.from(text);
    const header = Buffer.alloc(512);
    const octal = (value, at, length) => header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
    header.write(`package/${name}`, 0);
    octal(0o644, 100, 8);
    octal(0, 108, 8);
    octal(0, 116, 8);
    octal(bytes.length, 124, 12);
    octal(499162500, 136, 12);
    header.write('        0', 148);
    header.write('ustar\x0000', 257);
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      148,
      7,
    );
    header.write(' ', 155);
    blocks.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
