/** How people start a server that this program does not run: from PyPI, as an image, … (docs/spec/mcp.md §3.6). */
import type { McpPackage, McpServerArgument } from '@mlld/format';

const runners: Readonly<Record<string, readonly string[]>> = {
  pypi: ['uvx'],
  oci: ['docker', 'run', '-i', '--rm'],
  nuget: ['dnx', '--yes'],
  cargo: ['cargo', 'run'],
  npm: ['npx', '-y'],
};

/** The words of the command; what is configured stands as `<name>`. */
export function commandOf(pack: McpPackage): string[] {
  const { registryType, identifier, version } = pack;
  const runner = runners[registryType] ?? [pack.runtimeHint ?? registryType];
  const environment = pack.environmentVariables ?? [];
  const names = registryType === 'oci' ? environment.flatMap(({ name }) => ['-e', name]) : [];
  return [
    ...runner,
    ...(pack.runtimeArguments ?? []).flatMap(wordsOf),
    ...names,
    version === undefined ? identifier : `${identifier}${registryType === 'pypi' ? '==' : '@'}${version}`,
    ...(pack.packageArguments ?? []).flatMap(wordsOf),
  ];
}

function wordsOf({ type, name, value, default: preset, valueHint }: McpServerArgument): string[] {
  const shown = value ?? preset ?? `<${valueHint ?? name?.replace(/^-+/, '') ?? 'value'}>`;
  return type === 'named' ? [name ?? '', shown] : [shown];
}
