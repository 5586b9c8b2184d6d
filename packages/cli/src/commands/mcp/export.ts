import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { mcpFiles, parseServerJson, printable, RegistryError } from '@mlld/format';
import {
  type ClientSpec,
  clients,
  type ExportServer,
  type ExportValue,
  entryFor,
  freshFile,
  fromServerJson,
  inputOf,
  type Machine,
  mergeInto,
  serverName,
} from '@mlld/mcp';
import { withClient } from '../../client.ts';
import { type Context, clientFlags, defineCommand, type Flags } from '../../command.ts';

const flags = {
  ...clientFlags,
  client: { type: 'string', value: clients.map(({ id }) => id).join('|'), about: 'For which client' },
  name: { type: 'string', value: 'name', about: 'What the client calls it (default: as the module)' },
  merge: { type: 'boolean', about: "Put it into the client's file; without it, it is printed" },
  user: { type: 'boolean', about: 'With --merge: the file of the user, not of the project' },
  file: { type: 'string', value: 'path', about: 'With --merge: this file' },
  replace: { type: 'boolean', about: 'With --merge: in the place of a server of that name' },
  'registry-server': { type: 'boolean', about: 'The registry itself, as mlld mcp serve-registry serves it' },
  command: { type: 'string', value: 'program', about: 'How the client starts mlld (default: mlld)' },
} as const satisfies Flags;

export const command = defineCommand({
  args: [{ name: 'module|server.json', optional: true }],
  flags,
  details: `
The configuration with which a client of MCP uses a module: the exports of one, or an MCP server. The client starts mlld mcp serve,
so that what runs is verified, locked, in the sandbox and held to what you approved. Of a server.json at hand, the client starts what
that says, and none of this holds.

Nothing is written unless you say --merge; then everything else in the file stays as it is, comments too. Secrets are never written:
the client asks for them, or reads them from the environment, and where it can do neither you are told.

  mlld mcp export @alice/strings --client claude-code
  mlld mcp export @tools/github-mcp --client vscode --merge
  mlld mcp export --registry-server --client cursor --merge --user`,
  run: exportServer,
});

async function exportServer(context: Context<typeof flags>): Promise<void> {
  const { flags: given, report, cwd, env } = context;
  const client = clientOf(given.client);
  const server = await serverToExport(context, client);
  const entry = entryFor(client, server);
  const missing = entry.missing.map(({ name }) => name);
  if (!given.merge) {
    if (given.json) report.json({ client: client.id, ...entry });
    else report.write(freshFile(client, entry));
    const { project, user } = client.file(machineOf(cwd, env));
    report.note(
      `For ${client.title}: ${[project, user].flatMap((file) => (file === undefined ? [] : [file])).join(', or ')}. --merge puts it there.`,
    );
  } else {
    const file = targetOf(context, client);
    const outcome = await mergeInto(file, { client, entry }, { replace: given.replace });
    if (given.json) report.json({ client: client.id, file, outcome, missing });
    else report.print(`${entry.name} ${outcome === 'unchanged' ? 'is already in' : `${outcome} in`} ${file}`);
  }
  if (missing.length > 0)
    report.warn(
      `${client.title} can't ask for ${missing.join(', ')}: set ${missing.length === 1 ? 'it' : 'them'} in the environment that ${client.title} is started in`,
    );
}

/** @throws RegistryError USAGE */
function clientOf(id: string | undefined): ClientSpec {
  const found = clients.find((one) => one.id === id);
  if (found !== undefined) return found;
  const known = clients.map((one) => one.id).join(', ');
  throw new RegistryError(
    'USAGE',
    id === undefined ? 'wanted --client' : `'${printable(id)}' is no client that is known here`,
    { hint: `One of: ${known}.` },
  );
}

function machineOf(project: string, env: Context['env']): Machine {
  const home = env.HOME || env.USERPROFILE || homedir();
  return {
    platform: process.platform,
    home,
    project,
    appData: env.APPDATA || path.join(home, 'AppData/Roaming'),
    config: env.XDG_CONFIG_HOME || path.join(home, '.config'),
  };
}

function targetOf({ flags: given, cwd, env }: Context<typeof flags>, client: ClientSpec): string {
  if (given.file !== undefined) return path.resolve(cwd, given.file);
  const { project, user } = client.file(machineOf(cwd, env));
  const file = given.user ? user : (project ?? user);
  if (file === undefined)
    throw new RegistryError('USAGE', `${client.title} has no such file`, { hint: 'Name one: --file.' });
  return file;
}

async function serverToExport(context: Context<typeof flags>, spec: ClientSpec): Promise<ExportServer> {
  const { args, flags: given, cwd } = context;
  const target = args[0];
  if (given['registry-server'])
    return launched(given, given.name ?? 'mlld-registry', ['serve-registry', ...registryWords(given)]);
  if (target === undefined)
    throw new RegistryError('USAGE', 'wanted a module, a server.json or --registry-server');
  if (!target.startsWith('@')) return atHand(context, path.resolve(cwd, target));
  return withClient(context, async (client) => {
    const { name, version, entry, files } = await client.read(target);
    const words = ['serve', `${name}@${version}`, ...projectWords(context, spec), ...registryWords(given)];
    const isServer = entry === mcpFiles.manifest;
    if (isServer && client.resolveLocked(`${name}@${version}`)?.mcp === undefined)
      context.report.warn(
        `nobody has agreed to its tools and permissions here yet: mlld mcp install ${name}`,
      );
    const server = isServer ? files.get(mcpFiles.server) : undefined;
    const env = server === undefined ? new Map<string, ExportValue>() : environmentOf(server);
    return launched(given, given.name ?? serverName(name), words, env);
  });
}

/** A file in mlld, or the server.json of a server. */
function atHand({ flags: given }: Context<typeof flags>, file: string): ExportServer {
  if (!existsSync(file)) throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(file)}'`);
  const name = given.name ?? serverName(file);
  if (!file.endsWith('.json')) return launched(given, name, ['serve', file, ...registryWords(given)]);
  const server = parseServerJson(readFileSync(file), { where: printable(file) });
  return fromServerJson(server, given.name ?? serverName(server.name.slice(server.name.indexOf('/') + 1)));
}

/** What the server reads from the environment: given by the client, passed on by mlld as far as it was granted. */
function environmentOf(bytes: Uint8Array): ReadonlyMap<string, ExportValue> {
  const { packages = [], remotes = [] } = parseServerJson(bytes);
  const inputs = [
    ...packages.flatMap(({ environmentVariables = [] }) => environmentVariables),
    ...remotes.flatMap(({ headers = [] }) => headers),
  ].filter(({ value, isRequired, isSecret }) => value === undefined && (isRequired || isSecret));
  return new Map(inputs.map((one) => [one.name, [inputOf(one.name, one)]]));
}

/** A client of the user starts servers anywhere: what was locked and agreed to here has to be named. */
function projectWords({ flags: given, cwd, env }: Context<typeof flags>, spec: ClientSpec): string[] {
  const isOfProject =
    !given.user && given.file === undefined && spec.file(machineOf(cwd, env)).project !== undefined;
  return isOfProject ? [] : ['--project', cwd];
}

function registryWords({ registry, zone, dns }: Context<typeof flags>['flags']): string[] {
  return [
    ...(registry === undefined ? [] : ['--registry', registry]),
    ...(zone === undefined ? [] : ['--zone', zone]),
    ...(dns === undefined ? [] : ['--dns', dns]),
  ];
}

function launched(
  given: Context<typeof flags>['flags'],
  name: string,
  words: readonly string[],
  env: ReadonlyMap<string, ExportValue> = new Map(),
): ExportServer {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw new RegistryError('USAGE', `--name: wanted letters, digits, _ and -, found '${printable(name)}'`);
  return {
    name,
    launch: {
      kind: 'stdio',
      command: given.command ?? 'mlld',
      args: ['mcp', ...words].map((word) => [word]),
      env,
    },
  };
}
