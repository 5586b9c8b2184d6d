/** A server as one client keeps it: its entry, the inputs that the client asks for, and what it can't be told. */
import { RegistryError } from '@mlld/format';
import {
  type ClientSpec,
  type ExportInput,
  type ExportServer,
  type ExportValue,
  inputId,
  type Written,
} from './client.ts';

export interface ClientEntry {
  readonly name: string;
  readonly entry: Readonly<Record<string, unknown>>;
  /** Only of clients that ask. */
  readonly inputs: readonly Readonly<Record<string, unknown>>[];
  /** What has to be given in another way. */
  readonly missing: readonly ExportInput[];
}

/** @throws RegistryError USAGE where the client can't reach such a server */
export function entryFor(client: ClientSpec, { name, launch }: ExportServer): ClientEntry {
  if (launch.kind !== 'stdio' && !client.remote)
    throw new RegistryError('USAGE', `${client.title} starts servers, and takes no URL from its file`, {
      hint: 'Add the URL as a connector in its settings.',
    });
  const missing: ExportInput[] = [];
  const used: ExportInput[] = [];
  const text = (value: ExportValue): string | undefined => {
    const parts = value.map((part) => {
      if (typeof part === 'string') return part;
      const reference = client.input?.(part);
      if (reference !== undefined) used.push(part);
      else if (part.preset !== undefined && !part.secret) return part.preset;
      else missing.push(part);
      return reference;
    });
    return parts.includes(undefined) ? undefined : parts.join('');
  };
  const texts = (values: ReadonlyMap<string, ExportValue>) =>
    Object.fromEntries(
      [...values].flatMap(([key, value]) => {
        const written = text(value);
        return written === undefined ? [] : [[key, written]];
      }),
    );
  const written: Written =
    launch.kind === 'stdio'
      ? {
          kind: 'stdio',
          command: launch.command,
          args: launch.args.flatMap((value) => text(value) ?? []),
          env: texts(launch.env),
        }
      : { kind: launch.kind, url: text(launch.url) ?? '', headers: texts(launch.headers) };
  return {
    name,
    entry: client.entry(written),
    inputs: client.asks ? unique(used).map(asked) : [],
    missing: unique(missing),
  };
}

function unique(inputs: readonly ExportInput[]): ExportInput[] {
  return [...new Map(inputs.map((one) => [one.name, one])).values()];
}

function asked({ name, description, secret, preset, choices }: ExportInput) {
  const common = {
    id: inputId(name),
    description: description ?? name,
    ...(preset === undefined || secret ? {} : { default: preset }),
  };
  if (choices !== undefined && choices.length > 0)
    return { type: 'pickString', ...common, options: [...choices] };
  return { type: 'promptString', ...common, password: secret };
}

/** The whole file, where there is none yet. */
export function freshFile(client: ClientSpec, { name, entry, inputs }: ClientEntry): string {
  const document = { ...(inputs.length > 0 ? { inputs } : {}), [client.member]: { [name]: entry } };
  return `${JSON.stringify(document, null, 2)}\n`;
}
