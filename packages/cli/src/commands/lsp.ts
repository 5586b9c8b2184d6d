import { printable, RegistryError } from '@mlld/format';
import { listen } from '@mlld/lsp';
import { defineCommand } from '../command.ts';
import { languageHost } from '../language-host.ts';
import { stdoutStream } from '../output.ts';
import { ownVersion } from '../version.ts';

export const command = defineCommand({
  args: [],
  flags: {
    stdio: { type: 'boolean', about: 'Speak over stdin and stdout (the default)' },
    socket: {
      type: 'string',
      value: 'port',
      about: 'Connect to an editor that listens on this port of 127.0.0.1',
    },
    pipe: {
      type: 'string',
      value: 'path',
      about: 'Connect to an editor that listens on this socket or named pipe',
    },
    clientProcessId: {
      type: 'string',
      value: 'pid',
      about: 'The process of the editor, which some editors name',
    },
    registry: {
      type: 'string',
      value: 'url|folder',
      about: 'The registry whose copy is looked at (also: MLLD_REGISTRY)',
    },
    'cache-dir': {
      type: 'string',
      value: 'folder',
      about: 'Where verified modules are kept (also: MLLD_CACHE_DIR)',
    },
  },
  details: `
The language server, which an editor starts: mistakes while you write, completion of modules and names, documentation, definitions,
references, renaming, formatting. It asks no network and runs nothing of what it reads. docs/guides/editors.md tells how editors
are set up.`,
  async run({ flags, env }) {
    const host = languageHost({ env, registry: flags.registry, cacheDir: flags['cache-dir'] });
    await listen({
      host,
      version: ownVersion(),
      socket: port(flags.socket),
      pipe: flags.pipe,
      stdin: process.stdin,
      stdout: stdoutStream(),
    });
    host.close();
  },
});

function port(written: string | undefined): number | undefined {
  if (written === undefined) return undefined;
  const value = Number(written);
  if (Number.isInteger(value) && value > 0 && value < 65_536) return value;
  throw new RegistryError('USAGE', `--socket: wanted a port, found '${printable(written)}'`);
}
