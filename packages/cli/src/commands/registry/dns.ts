import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { printable, RegistryError } from '@mlld/format';
import type { DnsServer, RecordDifference, ZoneComparison, ZoneRecord } from '@mlld/server';
import { type Context, defineCommand, type Flags } from '../../command.ts';
import { zoneFile } from './distribution.ts';
import { describeQuery, parsePort, untilStopped } from './service.ts';

const flags = {
  folder: { type: 'string', value: 'folder', about: 'The distribution (default: dist)' },
  host: { type: 'string', value: 'address', about: 'serve: address to listen on (default: 127.0.0.1)' },
  port: { type: 'string', value: 'number', about: 'serve: port (default: the first free one from 5300)' },
} as const satisfies Flags;

type DnsContext = Context<typeof flags>;

export const command = defineCommand({
  args: [
    { name: 'zone|diff|serve', choices: ['zone', 'diff', 'serve'] },
    { name: 'server', optional: true },
  ],
  flags,
  details: `
mlld registry dns zone            prints the zone file that a build wrote, to load into any name server
mlld registry dns diff <server>   asks a name server for each record, and tells what differs
                                  (192.0.2.53, 192.0.2.53:5300 or a host name); exit status 0 if nothing does
mlld registry dns serve           answers for the zone itself, over UDP and TCP, until Ctrl-C`,
  run: async (context) => {
    const [action = '', server] = context.args;
    if (action === 'diff') return diff(context, server);
    if (server !== undefined) throw usage(`'${printable(server)}' is one argument too many`);
    if (action === 'zone') return printZone(context);
    if (action === 'serve') return serve(context);
    throw usage(`wanted zone, diff or serve, found '${printable(action)}'`);
  },
});

function usage(message: string): RegistryError {
  return new RegistryError('USAGE', message, { hint: 'mlld registry dns --help shows how it is used.' });
}

async function readZoneFile({
  cwd,
  flags: { folder },
}: DnsContext): Promise<{ file: string; bytes: Buffer }> {
  const file = zoneFile(path.resolve(cwd, folder ?? 'dist'));
  try {
    return { file, bytes: await readFile(file) };
  } catch (cause) {
    throw new RegistryError('FILE_NOT_FOUND', `there is no zone file '${file}'`, {
      cause,
      hint: 'mlld registry build writes one when registry.json names a zone. --folder names the distribution.',
    });
  }
}

async function printZone(context: DnsContext): Promise<undefined> {
  const { file, bytes } = await readZoneFile(context);
  if (!context.flags.json) return void context.report.write(bytes.toString('latin1'));
  const { parseZone } = await import('@mlld/server');
  const zone = parseZone(bytes, file);
  const records = [...zone.names.values()].flatMap((sets) => [...sets.values()].flat().map(plainRecord));
  context.report.json({ zone: zone.origin, serial: zone.soa.serial, records });
}

function plainRecord(record: ZoneRecord): object {
  if (record.type !== 'TXT') return record;
  const { strings, ...rest } = record;
  return { ...rest, text: Buffer.concat(strings).toString('latin1') };
}

async function diff(context: DnsContext, server: string | undefined): Promise<number> {
  const { report } = context;
  const { compareZone, parseZone } = await import('@mlld/server');
  const { file, bytes } = await readZoneFile(context);
  const zone = parseZone(bytes, file);
  const asked = await parseServer(server);
  const progress = report.progress('Asking ...');
  const result = await compareZone(zone, asked, (done, all) => progress.update(`Asked ${done} of ${all}`));
  progress.done();
  if (context.flags.json) report.json({ zone: zone.origin, server: asked, ...result });
  else showDifferences(context, result, { zone: zone.origin, server: `${asked.address}:${asked.port}` });
  return result.differences.length === 0 ? 0 : 1;
}

/** An address, an address with a port, or a host name with or without one. @throws RegistryError USAGE, DNS_FAILED */
async function parseServer(text: string | undefined): Promise<DnsServer> {
  if (text === undefined) throw usage('wanted the name server to ask, found nothing');
  if (isIP(text) !== 0) return { address: text, port: 53 };
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9.-]{1,253}))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined) throw usage(`'${printable(text)}' is no address of a name server`);
  return { address: await addressOf(host), port: parsePort('server', port) ?? 53 };
}

async function addressOf(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const { lookup } = await import('node:dns/promises');
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new RegistryError('DNS_FAILED', `the name server '${host}' has no address`, { cause });
  }
}

function showDifferences(
  { report }: DnsContext,
  { asked, differences }: ZoneComparison,
  { zone, server }: { zone: string; server: string },
): void {
  const sets = `${asked} ${asked === 1 ? 'set' : 'sets'} of records`;
  if (differences.length === 0) {
    report.print(`${report.style('green', '✓')} ${server} answers all ${sets} of ${zone} as the zone says`);
    return;
  }
  for (const one of differences) for (const line of differenceLines(one)) report.print(shown(line));
  throw new RegistryError('ZONE_DIFFERS', `${differences.length} of ${sets} of ${zone} differ at ${server}`, {
    hint: "Load the zone into the name server: 'mlld registry dns zone' prints it.",
  });

  function shown(line: string): string {
    const style = line.startsWith('  -') ? 'red' : line.startsWith('  +') ? 'green' : 'bold';
    return report.style(style, line);
  }
}

/** `-` is what the server has too much, `+` what it lacks: as a patch that would make it right. */
function differenceLines({ name, type, state, missing, extra, reason }: RecordDifference): string[] {
  return [
    `${name} ${type}: ${state}`,
    ...(reason === undefined ? [] : [`    ${reason}`]),
    ...extra.map((text) => `  - ${printable(text, 500)}`),
    ...missing.map((text) => `  + ${printable(text, 500)}`),
  ];
}

async function serve(context: DnsContext): Promise<undefined> {
  const { flags: given, report } = context;
  const { serveDns, parseZone } = await import('@mlld/server');
  const { file, bytes } = await readZoneFile(context);
  const zone = parseZone(bytes, file);
  const service = await serveDns({
    zone: file,
    host: given.host ?? '127.0.0.1',
    port: parsePort('--port', given.port),
    onQuery: given.verbose ? (seen) => report.detail(describeQuery(seen)) : undefined,
    onProblem: (problem) => report.warn(`the zone stays as it was: ${problem.message}`),
  });
  const { address, port } = service;
  const stopped = untilStopped(report);
  if (given.json) report.json({ address, port, zone: zone.origin });
  else {
    const name = [...zone.names].find(([, sets]) => sets.has('TXT'))?.[0] ?? zone.origin;
    report.print(`${zone.origin} at ${report.style('cyan', `${address}:${port}`)}, UDP and TCP`);
    report.print(`Try: dig @${address} -p ${port} TXT ${name}`);
    report.print(report.style('dim', 'Ctrl-C ends it.'));
  }
  await stopped;
  await service.close();
}
