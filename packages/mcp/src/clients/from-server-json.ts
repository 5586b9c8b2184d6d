/** What a `server.json` says of how it is started, for clients that start it themselves: unlocked, and outside of any sandbox of ours. */
import {
  type McpInput,
  type McpPackage,
  type McpServerArgument,
  type McpServerJson,
  type McpTransport,
  RegistryError,
} from '@mlld/format';
import type { ExportInput, ExportServer, ExportValue } from './client.ts';

const runners: Readonly<Record<string, readonly [hint: string, ...words: string[]]>> = {
  npm: ['npx', '-y'],
  pypi: ['uvx'],
  oci: ['docker', 'run', '-i', '--rm'],
  nuget: ['dnx', '--yes'],
};

/** The first package that runs over stdio, else the first remote. @throws RegistryError MCP_NOT_RUNNABLE */
export function fromServerJson(server: McpServerJson, name: string): ExportServer {
  const pack = server.packages?.find(
    ({ registryType, transport }) => transport.type === 'stdio' && runners[registryType] !== undefined,
  );
  if (pack !== undefined) return { name, launch: packageLaunch(pack) };
  const remote = server.remotes?.[0];
  if (remote?.url === undefined)
    throw new RegistryError(
      'MCP_NOT_RUNNABLE',
      `${server.name} says of no package or remote that a client could start`,
    );
  return { name, launch: remoteLaunch(remote) };
}

function packageLaunch(pack: McpPackage): ExportServer['launch'] {
  const { registryType, identifier, version, environmentVariables = [] } = pack;
  const [command, ...words] = runners[registryType]!;
  const image = registryType === 'oci';
  const what =
    version === undefined || (image && identifier.includes(':'))
      ? identifier
      : `${identifier}${registryType === 'pypi' ? '==' : image ? ':' : '@'}${version}`;
  return {
    kind: 'stdio',
    command,
    args: [
      ...words.map((word) => [word]),
      ...(pack.runtimeArguments ?? []).flatMap(argument),
      ...(image ? environmentVariables.flatMap((one) => [['-e'], [one.name]]) : []),
      [what],
      ...(pack.packageArguments ?? []).flatMap(argument),
    ],
    env: new Map(environmentVariables.flatMap((one) => valued(one.name, one))),
  };
}

function remoteLaunch({
  type,
  url = '',
  headers = [],
  variables = {},
}: McpTransport): ExportServer['launch'] {
  return {
    kind: type === 'sse' ? 'sse' : 'http',
    url: filled(url, variables),
    headers: new Map(headers.flatMap((one) => valued(one.name, one))),
  };
}

function argument(one: McpServerArgument): ExportValue[] {
  const label = one.valueHint ?? one.name?.replace(/^-+/, '') ?? 'value';
  const [value] = valued(label, one);
  if (value === undefined) return [];
  return one.type === 'named' ? [[one.name ?? ''], value[1]] : [value[1]];
}

/** Left out: what need not be given, has no value, and is no secret that somebody may want to give. */
function valued(name: string, input: McpInput): [string, ExportValue][] {
  if (input.value !== undefined) return [[name, filled(input.value, input.variables ?? {})]];
  if (!input.isRequired && !input.isSecret && input.default === undefined) return [];
  return [[name, [inputOf(name, input)]]];
}

function filled(text: string, variables: Readonly<Record<string, McpInput>>): ExportValue {
  return text.split(/(\{[^{}]+\})/).map((part) => {
    const name = part.slice(1, -1);
    return part.startsWith('{') && Object.hasOwn(variables, name)
      ? (variables[name]?.value ?? inputOf(name, variables[name] ?? {}))
      : part;
  });
}

export function inputOf(
  name: string,
  { description, isSecret, isRequired, default: preset, choices }: McpInput,
): ExportInput {
  return {
    name: name.replace(/[^A-Za-z0-9_]+/g, '_').replace(/^(?=\d)/, '_'),
    description,
    secret: isSecret === true,
    required: isRequired === true,
    preset,
    choices,
  };
}
