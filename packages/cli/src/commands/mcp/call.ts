import { type JsonObject, parseJson, printable, RegistryError } from '@mlld/format';
import { withClient } from '../../client.ts';
import { clientFlags, defineCommand } from '../../command.ts';
import { findServer } from '../../mcp/server-module.ts';
import { openFound } from '../../mcp/server-session.ts';
import { milliseconds } from '../run.ts';

export const command = defineCommand({
  args: [{ name: 'module|folder' }, { name: 'tool' }, { name: 'arguments', optional: true }],
  flags: {
    ...clientFlags,
    resource: { type: 'boolean', about: 'The second word is the URI of a resource' },
    prompt: { type: 'boolean', about: 'The second word is the name of a prompt' },
    timeout: { type: 'string', value: 'seconds', about: 'End the call after this time (default: 60)' },
  },
  details: `
Calls one tool of an MCP server, as a program would: in its sandbox, with what you granted, held to what you approved.

  mlld mcp call @tools/github-mcp create_issue '{"title": "It is broken"}'
  mlld mcp call ./weather forecast '{"place": "Oslo"}'
  mlld mcp call @tools/notes note://1 --resource`,
  run: (context) =>
    withClient(context, async (client) => {
      const { args, flags, cwd, env, report } = context;
      const [target = '', what = '', text = '{}'] = args;
      const found = await findServer(client, target, { cwd });
      const session = openFound(found, { client, env, report, offline: flags.offline });
      const progress = report.progress(`${found.module.name} …`);
      const timeoutMs = milliseconds(flags.timeout);
      const how = {
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        onProgress: ({
          progress: at,
          total,
          message,
        }: {
          progress: number;
          total?: number;
          message?: string;
        }) => progress.update(`${at}${total === undefined ? '' : `/${total}`} ${printable(message ?? '')}`),
      };
      try {
        const given = argumentsOf(text);
        if (flags.resource) return show(await session.resource(what, how));
        if (flags.prompt) return show(await session.prompt(what, given as Record<string, string>, how));
        await assertTool(what, found.module.name, (await session.listing()).definitions);
        const result = await session.call(what, given, how);
        if (result.isError === true && !flags.json)
          throw new RegistryError(
            'MCP_TOOL_FAILED',
            `${found.module.name}: ${what}: ${printable(textOf(result), 1000)}`,
          );
        return show(result);
      } finally {
        progress.done();
        await session.close();
      }

      function show(result: object): undefined {
        progress.done();
        if (flags.json) report.json(result);
        else report.print(textOf(result));
        return undefined;
      }
    }),
});

/** @throws RegistryError USAGE */
function argumentsOf(text: string): JsonObject {
  const value = parseJson(text, { where: 'arguments', maxBytes: 4 * 1024 * 1024 });
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new RegistryError('USAGE', 'arguments: wanted an object in JSON', {
    hint: `For instance '{"text": "Hello"}'`,
  });
}

async function assertTool(
  tool: string,
  server: string,
  definitions: readonly { readonly kind: string; readonly name: string }[],
): Promise<void> {
  const names = definitions.flatMap((one) => (one.kind === 'tool' ? [one.name] : []));
  if (names.includes(tool)) return;
  throw new RegistryError('MCP_NO_SUCH', `${server} has no tool '${printable(tool)}'`, {
    hint: `It has: ${names.join(', ') || 'none'}.`,
  });
}

/** The texts of a result; what is none is named. On a terminal, nothing of it can steer. */
function textOf(result: object): string {
  const { content, contents, messages } = result as {
    content?: readonly Loose[];
    contents?: readonly Loose[];
    messages?: readonly { role: string; content: Loose }[];
  };
  const parts = content ?? contents ?? (messages ?? []).map((one) => one.content);
  return parts.map(partText).join('\n');
}

type Loose = Readonly<Record<string, unknown>>;

function partText(part: Loose): string {
  const { text, type, mimeType, uri, resource } = part as Record<string, unknown>;
  if (typeof text === 'string')
    return text
      .split('\n')
      .map((line) => printable(line.replaceAll('\t', '  '), 10_000))
      .join('\n');
  if (typeof resource === 'object' && resource !== null) return partText(resource as Loose);
  return `[${printable(String(type ?? mimeType ?? 'data'))}${uri === undefined ? '' : ` ${printable(String(uri))}`}]`;
}
