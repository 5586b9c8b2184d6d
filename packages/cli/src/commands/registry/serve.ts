import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { RegistryError } from '@mlld/format';
import type { DnsService, HttpService } from '@mlld/server';
import { type Context, defineCommand, type Flags } from '../../command.ts';
import { ownVersion } from '../../version.ts';
import { readDistribution, zoneFile } from './distribution.ts';
import { describeQuery, describeRequest, parsePort, untilStopped } from './service.ts';

const flags = {
  host: { type: 'string', value: 'address', about: 'Address to listen on (default: 127.0.0.1)' },
  port: { type: 'string', value: 'number', about: 'Port for HTTP (default: the first free one from 7373)' },
  'dns-port': {
    type: 'string',
    value: 'number',
    about: 'Answer DNS as well, on this port, over UDP and TCP',
  },
  doh: { type: 'boolean', about: 'Answer DNS over HTTPS at /dns-query' },
  cert: { type: 'string', value: 'file', about: 'Certificate chain (PEM): serve HTTPS' },
  key: { type: 'string', value: 'file', about: 'Private key of the certificate (PEM)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'folder', optional: true }],
  flags,
  details: `
Serves a distribution, the folder that mlld registry build wrote (default: dist), over HTTP/1.1 and HTTP/2,
and with --dns-port its DNS zone. A folder that is rebuilt is served anew. Ctrl-C ends it.

  mlld registry serve
  mlld registry serve dist --port 8080 --dns-port 5300
  mlld registry serve --host 0.0.0.0 --cert cert.pem --key key.pem`,
  run: serve,
});

async function serve(context: Context<typeof flags>): Promise<undefined> {
  const { args, cwd, report } = context;
  const folder = path.resolve(cwd, args[0] ?? 'dist');
  const distribution = await readDistribution(folder);
  const services = await start(context, folder);
  const stopped = untilStopped(report);
  if (context.flags.json) report.json(summary(services, folder));
  else report.print(introduction(context, services, distribution));
  await stopped;
  await Promise.all([services.http.close(), services.dns?.close()]);
}

interface Services {
  readonly http: HttpService;
  readonly dns: DnsService | undefined;
  readonly tls: boolean;
}

async function start(
  { cwd, flags: given, report }: Context<typeof flags>,
  folder: string,
): Promise<Services> {
  const { serveDistribution, serveDns } = await import('@mlld/server');
  const host = given.host ?? '127.0.0.1';
  const dnsPort = parsePort('--dns-port', given['dns-port']);
  const tls = await readTls(cwd, given.cert, given.key);
  const withDns = dnsPort !== undefined || given.doh;
  const dns = withDns
    ? await serveDns({
        zone: zoneFile(folder),
        host,
        port: dnsPort ?? 0,
        onQuery: given.verbose ? (seen) => report.detail(describeQuery(seen)) : undefined,
        onProblem: (problem) => report.warn(`the zone stays as it was: ${problem.message}`),
      })
    : undefined;
  try {
    const http = await serveDistribution({
      folder,
      host,
      port: parsePort('--port', given.port),
      tls,
      version: ownVersion(),
      answerDns: given.doh ? dns?.answer : undefined,
      onError: (error) => report.warn(`a request failed: ${error instanceof Error ? error.message : error}`),
      onRequest: (seen) => report.detail(describeRequest(seen)),
    });
    return { http, dns, tls: tls !== undefined };
  } catch (error) {
    await dns?.close();
    throw error;
  }
}

async function readTls(cwd: string, cert: string | undefined, key: string | undefined) {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new RegistryError('USAGE', 'wanted --cert and --key together', {
      hint: 'openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes makes both for a try.',
    });
  }
  const [certText, keyText] = await Promise.all([cert, key].map((file) => readFile(path.resolve(cwd, file))));
  return { cert: certText as Buffer, key: keyText as Buffer };
}

function summary({ http, dns }: Services, folder: string): object {
  return {
    url: http.url,
    folder,
    ...(dns === undefined ? {} : { dns: { address: dns.address, port: dns.port } }),
  };
}

function introduction(
  { report }: Context<typeof flags>,
  { http, dns }: Services,
  { info, modules, first }: Awaited<ReturnType<typeof readDistribution>>,
): string {
  const bold = (text: string) => report.style('bold', text);
  const dim = (text: string) => report.style('dim', text);
  const name = first ?? '@alice/strings';
  const [author = '', short = ''] = name.slice(1).split('/');
  const options = `--registry ${http.url}${dns === undefined ? '' : ` --dns ${dns.address}:${dns.port}`}`;
  return [
    `${bold(info.title)} ${dim(`(${info.name}, ${modules} ${modules === 1 ? 'module' : 'modules'})`)}`,
    '',
    `  HTTP  ${report.style('cyan', http.url)}`,
    ...(dns === undefined
      ? []
      : [`  DNS   ${report.style('cyan', `${dns.address}:${dns.port}`)}  UDP and TCP, zone ${info.zone}`]),
    '',
    bold('Try'),
    `  mlld info ${name} ${options}`,
    `  curl ${http.url}m/${author}/${short}`,
    ...(dns === undefined || info.zone === undefined
      ? []
      : [`  dig @${dns.address} -p ${dns.port} TXT ${short}.${author}.${info.zone}`]),
    '',
    dim('Ctrl-C ends it.'),
  ].join('\n');
}
