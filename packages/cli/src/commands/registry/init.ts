import path from 'node:path';
import { defineCommand } from '../../command.ts';

export const command = defineCommand({
  args: [{ name: 'folder', optional: true }],
  flags: {
    name: {
      type: 'string',
      value: 'dns-name',
      about: "The registry's identity, a DNS name of yours; never changes",
    },
    title: { type: 'string', value: 'text', about: 'What people call it' },
    url: { type: 'string', value: 'url', about: 'Where its distribution will be published' },
    zone: { type: 'string', value: 'dns-name', about: 'DNS zone with a TXT record for each module' },
    repository: { type: 'string', value: 'url', about: 'Web page of its repository on GitHub' },
    contact: { type: 'string', value: 'mail', about: 'Whom to write to about conduct' },
    'file-sources': { type: 'boolean', about: 'Allow releases whose bytes are at file: URLs' },
  },
  details: `
Writes a registry repository: registry.json, guidelines, and GitHub workflows that check each pull request and
publish the distribution on GitHub Pages. Without --name the folder's name is taken, with .local behind it where
it has no dot: good for a registry of one machine.

  mlld registry init modules --name registry.example.org --url https://registry.example.org/`,
  async run({ args, flags, cwd, report }) {
    const [{ initRegistry }, { firstCommit }] = await Promise.all([
      import('@mlld/builder'),
      import('@mlld/publish'),
    ]);
    const folder = path.resolve(cwd, args[0] ?? '.');
    const { title, url, zone, repository, contact } = flags;
    const { info, files } = initRegistry(folder, {
      name: flags.name ?? nameOf(folder),
      title,
      url,
      zone,
      repository,
      contact,
      ...(flags['file-sources'] ? { fileSources: true } : {}),
    });
    if (flags.json) return report.json({ folder, info, files });
    report.print(`The registry ${info.name} in ${folder}: ${files.length} files`);
    report.print(`Next: ${firstCommit(folder)}`);
    report.print(`Then: mlld publish <module> --registry ${folder}`);
  },
});

function nameOf(folder: string): string {
  const name = path.basename(folder).toLowerCase();
  return name.includes('.') ? name : `${name}.local`;
}
