// docs/spec/threats.md: what this project itself depends on stays small, known, and unable to act when it is installed.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Locked {
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly license?: string;
  readonly hasInstallScript?: boolean;
  readonly integrity?: string;
  readonly version?: string;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const locked = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([place, { link }]) => place.includes('node_modules/') && link !== true,
);
const shipped = locked.filter(([, { dev }]) => dev !== true);

it('no package may run anything when it is installed', () => {
  // esbuild only checks its own program there; `npm ci --ignore-scripts` leaves that out as well.
  const scripts = locked.filter(([, one]) => one.hasInstallScript).map(([place]) => place);
  expect(scripts).toEqual(['node_modules/esbuild']);
  for (const file of ['scripts/lib.mjs', '.ci/run'])
    expect(readFileSync(path.join(root, file), 'utf8')).toContain('--ignore-scripts');
});

it('every package is pinned to its bytes', () => {
  expect(
    locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([place]) => place),
  ).toEqual([]);
});

it('what users get is few, and free for any use', () => {
  expect(shipped.length).toBeLessThanOrEqual(120);
  const free = /^(?:MIT|ISC|0BSD|Apache-2\.0|BSD-[23]-Clause|CC0-1\.0|MIT OR Apache-2\.0|BlueOak-1\.0\.0)$/;
  expect(shipped.filter(([, { license }]) => !free.test(license ?? '')).map(([place]) => place)).toEqual([]);
});

it('every library that a package names is explained in docs/dependencies.md', () => {
  const text = readFileSync(path.join(root, 'docs/dependencies.md'), 'utf8');
  const manifests = [
    'package.json',
    ...readdirSync(path.join(root, 'packages')).map((one) => `packages/${one}/package.json`),
  ];
  const named = manifests.flatMap((file) => {
    const { dependencies = {}, devDependencies = {} } = read(file);
    return Object.keys({ ...dependencies, ...devDependencies });
  });
  const missing = [...new Set(named)].filter(
    (one) => !one.startsWith('@mlld/') && !text.includes(`\`${one}\``),
  );
  expect(missing).toEqual([]);
});
