import { bundleEnding, callFunction, parsePlain, serveHttp, serveLines } from '@mlld/export';
import { printable, RegistryError, schemaOf } from '@mlld/format';
import { listenStdio, serveModule, serverFactory } from '@mlld/mcp';
import { assertBundle, callable, openBundle } from '../bundle.ts';
import { type Context, defineCommand } from '../command.ts';
import { stdoutStream } from '../output.ts';
import { parsePort, untilStopped } from './registry/service.ts';
import { milliseconds } from './run.ts';

const flags = {
  grant: {
    type: 'string',
    multiple: true,
    value: 'need',
    about: 'Let the modules that declare this need use it, this time',
  },
  serve: { type: 'boolean', about: 'Answer calls on stdin with lines of JSON, until it ends' },
  http: { type: 'boolean', about: 'Answer calls over HTTP on 127.0.0.1, as /openapi.json says' },
  mcp: { type: 'boolean', about: 'Offer the functions as MCP tools over stdio' },
  port: { type: 'string', value: 'number', about: 'Port, with --http (default: any free one)' },
  digest: { type: 'string', value: 'sha256:…', about: 'Refuse a bundle of other bytes' },
  timeout: { type: 'string', value: 'seconds', about: 'End a call after this time (default: 60)' },
  registry: {
    type: 'string',
    value: 'url|folder',
    about: 'The registry to get the module from (also: MLLD_REGISTRY)',
  },
  offline: { type: 'boolean', about: 'Ask no network' },
} as const;

export const command = defineCommand({
  args: [
    { name: 'module|path|bundle' },
    { name: 'function', optional: true },
    { name: 'argument', optional: true, rest: true },
  ],
  flags,
  details: `
Calls a function of a module and prints what it gives as JSON. Arguments are JSON; what is none is a text. Without a function it lists
those that there are. Nothing that the module needs beyond computing is allowed, unless --grant says so; processes run in the sandbox.

  mlld call @alice/strings padStart 7 3 0
  mlld call ./strings.mld.md
  mlld call --serve strings.mldbundle      docs/spec/call.md tells the protocol
  mlld call --http --port 8080 @alice/strings`,
  async run(context) {
    const { args, flags: given, cwd, env, report } = context;
    const [target = '', name, ...words] = args;
    if ([given.serve, given.http, given.mcp].filter(Boolean).length > 1)
      throw new RegistryError('USAGE', 'wanted one of --serve, --http and --mcp');
    if (given.digest !== undefined) {
      if (!target.endsWith(bundleEnding)) throw new RegistryError('USAGE', '--digest is of a bundle');
      assertBundle(target, { cwd, digest: given.digest });
    }
    const { registry, offline, grant } = given;
    const bundle = await openBundle(target, { cwd, env, registry, offline, report });
    const callTime = milliseconds(given.timeout) ?? 60_000;
    const module = await callable({ bundle, grant, cwd, report, callTime });
    for (const need of grant.filter((one) => !module.needs.includes(one)))
      report.warn(`${module.name} does not declare '${printable(need)}': granting it changes nothing`);
    if (given.serve) await serveLines({ module, input: process.stdin, output: stdoutStream() });
    else if (given.http) await overHttp(context, module);
    else if (given.mcp) await overMcp(module);
    else if (name === undefined) list(context, module);
    else await callOnce(context, module, [name, ...words]);
  },
});

type Module = Awaited<ReturnType<typeof callable>>;
type CallContext = Context<typeof flags>;

/** `3`, `true`, `"a"`, `[1]` are JSON; anything else is a text, and so is what a parameter takes that is a text. */
function argument(word: string, type: string | undefined): unknown {
  const isText = schemaOf(type).type === 'string';
  try {
    const value = parsePlain(word);
    return isText && typeof value !== 'string' ? word : value;
  } catch {
    return word;
  }
}

async function callOnce(
  { report }: CallContext,
  module: Module,
  [name = '', ...words]: readonly string[],
): Promise<void> {
  const wanted = name.replace(/^@/, '');
  const parameters = module.functions.find((one) => one.name === wanted)?.parameters ?? [];
  const given = words.map((word, i) => argument(word, parameters[i]?.type));
  report.print(JSON.stringify(await callFunction(module, wanted, given), null, 2));
}

function list({ report, flags: { json } }: CallContext, { name, version, needs, functions }: Module): void {
  if (json) {
    const listed = functions.map((one) => ({
      name: one.name,
      kind: one.kind,
      parameters: one.parameters,
      returns: one.returns,
    }));
    report.json({ module: `${name}@${version}`, needs, functions: listed });
    return;
  }
  report.table(
    [{ title: 'Function' }, { title: 'Parameters', shrink: true }],
    functions.map((one) => [one.name, one.parameters.map((parameter) => parameter.name).join(', ')]),
  );
}

async function overHttp({ flags: { port }, report }: CallContext, module: Module): Promise<void> {
  const stopped = untilStopped(report);
  const serving = await serveHttp({ module, host: '127.0.0.1', port: parsePort('--port', port) ?? 0 });
  report.print(`${module.name} ${module.version} at ${serving.url}`);
  await stopped;
  await serving.close();
}

async function overMcp(module: Module): Promise<void> {
  const { name, version, about, needs, functions } = module;
  const served = serveModule({
    of: `${name}@${version}`,
    version,
    about,
    exports: functions.map((one) => ({ ...one, examples: [] })),
    pure: needs.every((need) => need === 'js'),
    documentation: undefined,
    run: async (called, args) => ({ value: await callFunction(module, called, args), printed: '' }),
  });
  const options = { onError: () => {}, onCall: () => {} };
  const { ended, close } = listenStdio(serverFactory(served, options), options);
  await ended;
  await close();
}
