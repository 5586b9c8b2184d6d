/** What the user configures (server.json): values of arguments, variables of the environment, headers and parts of a URL. */
import {
  type McpArtefact,
  type McpInput,
  type McpNamedInput,
  type McpPackage,
  type McpServerArgument,
  type McpServerJson,
  type McpTransport,
  printable,
  RegistryError,
} from '@mlld/format';

export interface ConfigInput {
  /** What the user knows it by; also its place in the lock file. */
  readonly name: string;
  readonly kind: 'argument' | 'environment' | 'header' | 'variable';
  readonly required: boolean;
  readonly secret: boolean;
  readonly description: string | undefined;
  readonly preset: string | undefined;
  readonly choices: readonly string[] | undefined;
  readonly format: NonNullable<McpInput['format']>;
}

/** Gives what the user configured by the name of an input; secrets come from their environment. */
export type ValueOf = (input: ConfigInput) => string | undefined;

/** The package or the remote of a server.json that an artefact was made from. */
export function packageOf({ packages = [] }: McpServerJson, artefact: McpArtefact): McpPackage | undefined {
  const kind = artefact.kind === 'files' ? 'mlld' : artefact.kind;
  return packages.find(({ registryType, identifier }) =>
    artefact.kind === 'command'
      ? registryType === artefact.registryType
      : registryType === kind && (artefact.kind !== 'mcpb' || identifier === artefact.url),
  );
}

export function remoteOf({ remotes = [] }: McpServerJson, artefact: McpArtefact): McpTransport | undefined {
  return artefact.kind === 'remote' ? remotes.find(({ url }) => url === artefact.url) : undefined;
}

/** All inputs without a fixed value, those of a fixed value's variables among them. */
export function inputsOf(server: McpServerJson, artefact: McpArtefact): ConfigInput[] {
  const pack = packageOf(server, artefact);
  const remote = remoteOf(server, artefact);
  return [
    ...(pack?.packageArguments ?? []).flatMap((one) => ofInput(one, argumentName(one), 'argument')),
    ...(pack?.environmentVariables ?? []).flatMap((one) => ofInput(one, one.name, 'environment')),
    ...(remote?.headers ?? []).flatMap((one) => ofInput(one, one.name, 'header')),
    ...Object.entries(remote?.variables ?? {}).flatMap(([name, one]) => ofInput(one, name, 'variable')),
  ];
}

function argumentName({ type, name, valueHint }: McpServerArgument): string {
  return (type === 'named' ? name?.replace(/^-+/, '') : valueHint) ?? '';
}

function ofInput(input: McpInput, name: string, kind: ConfigInput['kind']): ConfigInput[] {
  if (input.value !== undefined)
    return Object.entries(input.variables ?? {}).flatMap(([variable, one]) => ofInput(one, variable, kind));
  return [
    {
      name,
      kind,
      required: input.isRequired === true,
      secret: input.isSecret === true,
      description: input.description,
      preset: input.default,
      choices: input.choices,
      format: input.format ?? 'string',
    },
  ];
}

/** @throws RegistryError BAD_CONFIG for a value that the input does not take, or that is wanted and not there */
function resolve(
  input: McpInput,
  { name, kind }: { readonly name: string; readonly kind: ConfigInput['kind'] },
  given: ValueOf,
): string | undefined {
  if (input.value !== undefined) {
    return input.value.replaceAll(/\{([^{}]+)\}/g, (whole, variable: string) => {
      const inner = Object.hasOwn(input.variables ?? {}, variable) ? input.variables?.[variable] : undefined;
      return inner === undefined ? whole : (resolve(inner, { name: variable, kind }, given) ?? '');
    });
  }
  const [described] = ofInput(input, name, kind) as [ConfigInput];
  const value = given(described) ?? input.default;
  if (value === undefined) {
    if (!described.required) return undefined;
    throw new RegistryError(
      'BAD_CONFIG',
      `the server wants ${describe(described)}, and nothing is configured`,
      {
        hint: described.secret
          ? `Set ${name} in your environment when you run it.`
          : `mlld mcp install … --set ${name}=…`,
      },
    );
  }
  assertFits(described, value);
  return value;
}

function describe({ name, description }: ConfigInput): string {
  return description === undefined ? printable(name) : `${printable(name)} (${printable(description)})`;
}

/** @throws RegistryError BAD_CONFIG */
export function assertFits({ name, choices, format }: ConfigInput, value: string): void {
  const wanted =
    choices !== undefined && !choices.includes(value)
      ? `one of ${choices.join(', ')}`
      : format === 'number' && !Number.isFinite(Number(value || 'x'))
        ? 'a number'
        : format === 'boolean' && !['true', 'false'].includes(value)
          ? 'true or false'
          : /\0/.test(value)
            ? 'a text without NUL'
            : undefined;
  if (wanted !== undefined)
    throw new RegistryError(
      'BAD_CONFIG',
      `${printable(name)}: wanted ${printable(wanted)}, found '${printable(value)}'`,
    );
}

/** The arguments behind the program. There is no shell: each is one word, whatever stands in it. */
export function argumentsOf(pack: McpPackage | undefined, given: ValueOf): string[] {
  return (pack?.packageArguments ?? []).flatMap((one) => {
    const value = resolve(one, { name: argumentName(one), kind: 'argument' }, given);
    if (one.type === 'positional') return value === undefined ? [] : repeated(one, value);
    if (value === undefined) return [];
    return one.format === 'boolean'
      ? value === 'true'
        ? [one.name ?? '']
        : []
      : repeated(one, value).flatMap((each) => [one.name ?? '', each]);
  });
}

/** Of an argument that may stand more than once, the values are lines. */
function repeated({ isRepeated }: McpServerArgument, value: string): string[] {
  return isRepeated === true ? value.split('\n').filter((line) => line !== '') : [value];
}

export function environmentOf(pack: McpPackage | undefined, given: ValueOf): Record<string, string> {
  return named(pack?.environmentVariables ?? [], 'environment', given);
}

export function headersOf(remote: McpTransport | undefined, given: ValueOf): Record<string, string> {
  return named(remote?.headers ?? [], 'header', given);
}

function named(
  list: readonly McpNamedInput[],
  kind: ConfigInput['kind'],
  given: ValueOf,
): Record<string, string> {
  return Object.fromEntries(
    list.flatMap((one) => {
      const value = resolve(one, { name: one.name, kind }, given);
      return value === undefined ? [] : [[one.name, value]];
    }),
  );
}

/** @throws RegistryError BAD_CONFIG */
export function urlOf(remote: McpTransport, given: ValueOf): URL {
  const text = (remote.url ?? '').replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => {
    const input = Object.hasOwn(remote.variables ?? {}, name) ? remote.variables?.[name] : undefined;
    const value = input === undefined ? undefined : resolve(input, { name, kind: 'variable' }, given);
    return value === undefined ? whole : encodeURIComponent(value);
  });
  if (!URL.canParse(text)) throw new RegistryError('BAD_CONFIG', `'${printable(text)}' is no URL`);
  return new URL(text);
}
