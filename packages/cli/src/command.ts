/**
 * What a command is. Each flag is declared once, and from the declaration come parsing, types, `--help` and completion.
 */
import { parseArgs } from 'node:util';
import { nearest, printable, RegistryError } from '@mlld/format';
import type { Report } from './report.ts';

export interface FlagSpec {
  readonly type: 'boolean' | 'string';
  readonly short?: string;
  /** One line for `--help`. */
  readonly about: string;
  /** How the value is called in `--help`, for instance `folder`. */
  readonly value?: string;
  /** The words that it takes, for completion; the command checks them. */
  readonly choices?: readonly string[];
  /** The flag may be given more than once. */
  readonly multiple?: true;
}

export type Flags = Readonly<Record<string, FlagSpec>>;

type FlagValue<S extends FlagSpec> = S extends { multiple: true }
  ? readonly string[]
  : S extends { type: 'boolean' }
    ? boolean
    : string | undefined;
export type FlagValues<F extends Flags> = { readonly [K in keyof F]: FlagValue<F[K]> };

/** Flags that every command knows. */
export const commonFlags = {
  json: { type: 'boolean', about: 'Print one JSON document on stdout instead of text' },
  verbose: { type: 'boolean', about: 'Tell each request and each step on stderr' },
  'no-color': { type: 'boolean', about: 'No colours (also: NO_COLOR)' },
  help: { type: 'boolean', short: 'h', about: 'Show this help' },
} as const satisfies Flags;

/** Flags of commands that resolve modules; read by `openClient` in client.ts. */
export const clientFlags = {
  registry: { type: 'string', value: 'url|folder', about: 'The registry to ask (also: MLLD_REGISTRY)' },
  zone: { type: 'string', value: 'name', about: 'DNS zone of the registry (also: MLLD_ZONE)' },
  dns: { type: 'string', value: 'system|off|host:port|url', about: 'How to ask DNS (also: MLLD_DNS)' },
  offline: { type: 'boolean', about: 'Ask no network (also: MLLD_OFFLINE=1)' },
  'require-fresh': {
    type: 'string',
    value: 'duration',
    about: 'Refuse a registry whose log shows an older state: 30m, 1d, …',
  },
  'cache-dir': {
    type: 'string',
    value: 'folder',
    about: 'Where verified modules are kept (also: MLLD_CACHE_DIR)',
  },
} as const satisfies Flags;

export interface ArgSpec {
  readonly name: string;
  /** The words that it takes, for completion; the command checks them. */
  readonly choices?: readonly string[];
  readonly optional?: true;
  /** Takes all arguments that follow. */
  readonly rest?: true;
}

export interface Context<F extends Flags = Flags> {
  readonly args: readonly string[];
  readonly flags: FlagValues<F & typeof commonFlags>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: Report;
  /** Whether a person can be asked: stdin and stderr are terminals, and it is no CI. */
  readonly interactive: boolean;
}

export interface Command<F extends Flags = Flags> {
  readonly args: readonly ArgSpec[];
  readonly flags: F;
  /** Text below the synopsis in `--help`: what it does, examples. */
  readonly details?: string;
  /** Flags end at the first argument: what follows belongs to the program that is run. */
  readonly stopAtFirstArg?: boolean;
  /** Returns the exit status; nothing means 0. */
  readonly run: (context: Context<F>) => Promise<number | undefined> | Promise<void>;
}

/** Keeps the types of the flags for `run`, and forgets them for the table of commands. */
export function defineCommand<const F extends Flags>(command: Command<F>): Command {
  return command as unknown as Command;
}

export interface ParsedWords {
  readonly args: readonly string[];
  readonly flags: Readonly<Record<string, boolean | string | readonly string[] | undefined>>;
}

/** Parses the words behind a command's name. @throws RegistryError USAGE */
export function parseWords(command: Command, words: readonly string[]): ParsedWords {
  const specs: Flags = { ...command.flags, ...commonFlags };
  const [own, rest] = command.stopAtFirstArg ? splitAtFirstArg(words, specs) : [words, []];
  const options = Object.fromEntries(
    Object.entries(specs).map(([name, spec]) => [
      name,
      {
        type: spec.type,
        ...(spec.short ? { short: spec.short } : {}),
        ...(spec.multiple ? { multiple: true } : {}),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...own], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw usageError(cause, specs);
  }
  const args = [...parsed.positionals, ...rest];
  checkArgs(command.args, args);
  const flags: Record<string, boolean | string | readonly string[] | undefined> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const empty = spec.multiple ? [] : spec.type === 'boolean' ? false : undefined;
    flags[name] = (parsed.values[name] as boolean | string | string[] | undefined) ?? empty;
  }
  return { args, flags };
}

function splitAtFirstArg(words: readonly string[], specs: Flags): [readonly string[], readonly string[]] {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    if (word === '--') return [words.slice(0, i), words.slice(i + 1)];
    if (!word.startsWith('-')) return [words.slice(0, i), words.slice(i)];
    const spec = specs[word.replace(/^--/, '')];
    if (spec?.type === 'string') i++;
  }
  return [words, []];
}

function checkArgs(specs: readonly ArgSpec[], args: readonly string[]): void {
  const missing = specs.find((spec, i) => !spec.optional && args[i] === undefined);
  if (missing) throw new RegistryError('USAGE', `wanted <${missing.name}>, found nothing`);
  if (args.length > specs.length && !specs.at(-1)?.rest) {
    throw new RegistryError('USAGE', `'${printable(args[specs.length] ?? '')}' is one argument too many`);
  }
}

function usageError(cause: unknown, specs: Flags): RegistryError {
  const message = cause instanceof Error ? (cause.message.split(/\. |\n/)[0] ?? '') : String(cause);
  const unknown = /'--?([^'\s=]+)/.exec(message)?.[1];
  const near = unknown && /unknown/i.test(message) ? nearest(unknown, Object.keys(specs))[0] : undefined;
  return new RegistryError('USAGE', message, { cause, hint: near && `Did you mean --${near}?` });
}
