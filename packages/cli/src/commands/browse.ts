import { createClient } from '@mlld/client';
import { printable } from '@mlld/format';
import { clientFlags, defineCommand } from '../command.ts';
import { parsePort, untilStopped } from './registry/service.ts';

export const command = defineCommand({
  args: [{ name: 'registry', optional: true }],
  flags: {
    'cache-dir': clientFlags['cache-dir'],
    port: { type: 'string', value: 'number', about: 'Port on the loopback (default: any free one)' },
    print: { type: 'boolean', about: 'Print the address, open no browser' },
  },
  details: `
Shows the pages of a registry from your cache, offline: its modules, searched as always, and of what you have looked at or
installed documentation, source, versions and verification. What is not in the cache is said to be missing. Nobody but this
machine can see it. Ctrl-C ends it.

  mlld browse
  mlld browse registry.example.org --print`,
  async run(context) {
    const { args, flags, env, report } = context;
    const client = createClient({ cwd: context.cwd, env, cacheDir: flags['cache-dir'], offline: true });
    const { cacheDir } = client;
    client.close();
    const { chooseRegistry, openCachedRegistry } = await import('../browse/cache.ts');
    const line = report.progress('Reading the cache ...');
    const [cached, { cachedSource }, { liveSite }, { serveCached }] = await Promise.all([
      openCachedRegistry(cacheDir, chooseRegistry(cacheDir, args[0])),
      import('../browse/source.ts'),
      import('@mlld/site'),
      import('../browse/server.ts'),
    ]).finally(() => line.done());
    const source = cachedSource(cached);
    const server = await serveCached({ cached, site: liveSite(source) }, parsePort('--port', flags.port));
    const stopped = untilStopped(report);
    const facts = {
      url: server.url,
      registry: cached.name,
      modules: source.rows.size,
      whole: cached.indexes.size,
    };
    if (flags.json) report.json(facts);
    else {
      report.print(server.url);
      report.note(printable(source.registry.notice ?? '', 400));
      const { openUrl } = await import('../browse/opener.ts');
      if (!flags.print && !(await openUrl(server.url, env)))
        report.note('There is no browser to open here: open the address yourself.');
      report.note('Ctrl-C ends it.');
    }
    await stopped;
    await server.close();
  },
});
