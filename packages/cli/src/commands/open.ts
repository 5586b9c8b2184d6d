import { pages, parseRef, RegistryError } from '@mlld/format';
import { withClient } from '../client.ts';
import { clientFlags, defineCommand } from '../command.ts';

export const command = defineCommand({
  args: [{ name: 'module', optional: true }],
  flags: {
    ...clientFlags,
    print: { type: 'boolean', about: 'Print the address, open no browser' },
    source: { type: 'boolean', about: 'The source instead of the documentation' },
  },
  details: `
Opens a module's page in your browser; without a module, the registry's own. Where there is no screen, and with --print, the
address is printed.

  mlld open @alice/strings
  mlld open @alice/strings@1.2.0 --source
  mlld open --print`,
  async run(context) {
    const { args, flags, env, report } = context;
    const ref = args[0] === undefined ? undefined : parseRef(args[0]);
    const { base, path } = await withClient(context, async (client) => {
      const site = await client.site(ref?.name);
      if (ref === undefined) return { base: site, path: pages.home };
      const { selector } = ref;
      const wantsVersion = selector.kind !== 'any' || flags.source;
      const version = wantsVersion ? (await client.info(args[0] ?? '')).version.version : undefined;
      if (flags.source && version !== undefined) return { base: site, path: pages.source(ref.name, version) };
      return {
        base: site,
        path: version === undefined ? pages.module(ref.name) : pages.version(ref.name, version),
      };
    });
    if (base === undefined)
      throw new RegistryError('FILE_NOT_FOUND', 'the registry does not say where its pages are published', {
        hint: 'mlld browse shows them from your cache; mlld docs shows a module in the terminal.',
      });
    const url = new URL(path, base).href;
    const { openUrl } = await import('../browse/opener.ts');
    const opened = !flags.print && !flags.json && (await openUrl(url, env));
    if (flags.json) return report.json({ url, ...(ref === undefined ? {} : { module: ref.name }) });
    report.print(url);
    if (!opened && !flags.print) report.note('There is no browser to open here: open the address yourself.');
  },
});
