import { existsSync, readdirSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { encodeBundle, makePackage, sha256, type TargetName, targetNames } from '@mlld/export';
import { nearest, printable, RegistryError } from '@mlld/format';
import { callable, openBundle } from '../bundle.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'module|path' }],
  flags: {
    to: { type: 'string', value: targetNames.join('|'), about: 'What the package is for' },
    out: {
      type: 'string',
      value: 'folder',
      about: 'Where it goes (default: the name of the module and what it is for)',
    },
    'dry-run': { type: 'boolean', about: 'Show what would be written, and write nothing' },
    force: { type: 'boolean', about: 'Write over files that are there' },
    registry: {
      type: 'string',
      value: 'url|folder',
      about: 'The registry to get the module from (also: MLLD_REGISTRY)',
    },
    offline: { type: 'boolean', about: 'Ask no network' },
  },
  details: `
Makes a package that calls the functions of a module from another language: its sources and those of all that it imports are in it,
verified, and it runs them with mlld. What the module needs stays refused until whoever uses the package grants it.

  mlld export @alice/strings --to ts
  mlld export ./strings.mld.md --to python --out py
  mlld export @alice/strings --to openapi --dry-run`,
  async run({ args, flags, cwd, env, report }) {
    const target = parseTarget(flags.to);
    const { registry, offline } = flags;
    const bundle = await openBundle(args[0] ?? '', { cwd, env, registry, offline, report });
    const module = await callable({ bundle, grant: [], cwd, report, callTime: 60_000 });
    if (module.functions.length === 0)
      throw new RegistryError('EXPORT_NOT_FOUND', `${module.name} exports nothing`);
    const text = encodeBundle(bundle);
    const bundleDigest = sha256(text);
    const files = makePackage(target, { module, bundle: text, bundleDigest });
    const folder = path.resolve(cwd, flags.out ?? `${module.name.slice(1).replace('/', '-')}-${target}`);
    if (!flags['dry-run']) await write(folder, files, flags.force);
    const needs = module.needs.filter((need) => need !== 'js');
    if (flags.json) {
      const { name, version, digest } = module;
      const written = !flags['dry-run'];
      report.json({
        module: `${name}@${version}`,
        digest,
        to: target,
        folder,
        written,
        bundle: bundleDigest,
        needs,
        files: [...files.keys()],
      });
      return;
    }
    for (const file of files.keys()) report.print(path.join(path.relative(cwd, folder), file));
    const what = flags['dry-run'] ? 'would be written' : 'written';
    report.note(`${module.name}@${module.version} for ${target}: ${files.size} files ${what}.`);
    if (needs.length > 0)
      report.note(
        `It needs ${needs.map((need) => printable(need)).join(', ')}: refused until whoever uses the package grants it (README.md).`,
      );
  },
});

function parseTarget(written: string | undefined): TargetName {
  const found = targetNames.find((one) => one === written);
  if (found !== undefined) return found;
  const near = nearest(written ?? '', targetNames)[0];
  throw new RegistryError(
    'USAGE',
    `--to: wanted ${targetNames.join(', ')}, found ${written === undefined ? 'nothing' : `'${printable(written)}'`}`,
    {
      hint: near && `Did you mean ${near}?`,
    },
  );
}

/** Nothing that is there is written over unasked. @throws RegistryError USAGE */
async function write(folder: string, files: ReadonlyMap<string, string>, force: boolean): Promise<void> {
  const there = existsSync(folder) ? readdirSync(folder) : [];
  if (!force && there.length > 0) {
    throw new RegistryError('USAGE', `'${printable(folder)}' is there already, and is not empty`, {
      hint: 'Name another folder with --out, or write over it with --force.',
    });
  }
  for (const [file, text] of files) {
    const at = path.join(folder, file);
    await mkdir(path.dirname(at), { recursive: true });
    await writeFile(at, text);
  }
}
