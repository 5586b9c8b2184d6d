/** `mlld cache ls`, `verify`, `gc`. */
import { RegistryError } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';

export const ls = defineCommand({
  args: [],
  flags: clientFlags,
  details: 'The modules in the cache: those of which every file is there.',
  async run(context) {
    const { flags, report } = context;
    const found = await withClient(context, (client) => client.cache.list());
    if (flags.json) return report.json(found);
    report.table(
      [
        { title: 'Registry' },
        { title: 'Module' },
        { title: 'Version' },
        { title: 'Files', align: 'right' },
        { title: 'Size', align: 'right' },
      ],
      found.modules.map(({ registry, name, version, files, bytes }) => [
        registry,
        name,
        version,
        String(files),
        sizeText(bytes),
      ]),
    );
    report.note(`${found.files} files, ${sizeText(found.bytes)} in ${found.dir}`);
  },
});

export const verify = defineCommand({
  args: [],
  flags: clientFlags,
  details:
    'Hashes every file of the cache. Damaged ones are removed, and fetched again when they are needed. Exit status 1 if there were any.',
  async run(context) {
    const { flags, report } = context;
    const found = await withClient(context, (client) => client.cache.verify());
    if (flags.json) report.json(found);
    else {
      for (const file of found.damaged) report.print(`removed ${file}: damaged`);
      report.print(`${found.checked} files checked, ${found.damaged.length} damaged`);
    }
    return found.damaged.length > 0 ? 1 : 0;
  },
});

const day = 86_400_000;

export const gc = defineCommand({
  args: [],
  flags: {
    ...clientFlags,
    days: { type: 'string', value: 'number', about: 'Keep what is younger than this many days (30)' },
  },
  details:
    'Removes what no project that was seen on this machine has in its lock file, once it is old enough.',
  async run(context) {
    const { flags, report } = context;
    const days = Number(flags.days ?? '30');
    if (!Number.isFinite(days) || days < 0)
      throw new RegistryError('USAGE', `--days: wanted a number of days, found '${flags.days}'`);
    const cleaned = await withClient(context, (client) => client.cache.clean({ olderThanMs: days * day }));
    if (flags.json) return report.json(cleaned);
    for (const root of cleaned.forgotten)
      report.note(`${root} is gone: its modules are not kept for it any more`);
    report.print(`removed ${cleaned.removed} files (${sizeText(cleaned.bytes)}), kept ${cleaned.kept}`);
  },
});

function sizeText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
