import type { ImportStatement } from '../ast.ts';
import type { McpExpression } from '../ast-expressions.ts';
import { MlldError, nearest } from '../errors.ts';
import { acts, type Context, errorAt, type Place, placed, type Session } from './context.ts';
import { evaluate } from './evaluate.ts';
import { tryJson } from './json.ts';
import type {
  McpContent,
  McpHost,
  McpPrompt,
  McpRequest,
  McpResource,
  McpResult,
  McpServer,
  McpTool,
} from './mcp-host.ts';
import type { Module } from './module.ts';
import { define } from './scope.ts';
import {
  type Builtin,
  builtin,
  isArray,
  isObject,
  loadedFile,
  serverValue,
  setOwn,
  toJson,
  toPlain,
  toText,
  typeName,
  unwrap,
  type Value,
  type ValueObject,
} from './values.ts';

/** Binds what `import mcp …` and `import tools …` name (`docs/spec/language.md` §12). */
export async function linkMcp(session: Session, module: Module, statement: ImportStatement): Promise<void> {
  const server = await connect(session, {
    ref: statement.ref,
    kind: kindOf(statement.ref),
    from: { file: module.file, origin: module.origin },
    names: statement.names.map(({ name }) => name).filter((name) => name !== '*'),
    ttl: statement.ttl,
    trust: statement.trust,
  });
  if (statement.namespace !== undefined) define(module.scope, statement.namespace, serverValue(server));
  for (const { name, alias, start, end } of statement.names) {
    if (name === '*') {
      for (const tool of server.tools) define(module.scope, tool.name, toolFunction(session, server, tool));
      continue;
    }
    const tool = findTool(server, name);
    if (tool === undefined) throw unknownTool({ module } as Context, { server, name, node: { start, end } });
    define(module.scope, alias ?? name, toolFunction(session, server, tool));
  }
}

/** `mcp "node server.js"`, `mcp @tools/github`. What an imported module connects to, its imports say. */
export async function connectTo(context: Context, node: McpExpression): Promise<Value> {
  const { session, module } = context;
  acts(context, node, 'mcp');
  if (module.origin !== null) {
    throw errorAt(context, node, {
      code: 'NEED_NOT_DECLARED',
      message: 'a module names its MCP servers in its imports',
      hint: 'Its author must write: import mcp name from @author/server',
    });
  }
  const ref = toText(unwrap(await evaluate(context, node.ref)));
  const from = { file: module.file, origin: null };
  const request: McpRequest = { ref, kind: kindOf(ref), from, names: [], ttl: undefined, trust: undefined };
  try {
    return serverValue(await connect(session, request));
  } catch (error) {
    throw placed(context, node, error);
  }
}

function connect(session: Session, request: McpRequest): Promise<McpServer> {
  const host: McpHost | undefined = session.host.mcp;
  if (host === undefined) {
    throw new MlldError('NOT_SUPPORTED', `this runner has no MCP servers, and '${request.ref}' is one`);
  }
  const key = [request.from.origin?.digest ?? '', request.from.file, request.ref].join('\n');
  let server = session.servers.get(key);
  if (server === undefined) {
    server = host.connect(request);
    session.servers.set(key, server);
  }
  return server;
}

/** Ends the servers of a program. One that does not end keeps none of the others. */
export async function closeServers({ servers }: Session): Promise<void> {
  const open = [...servers.values()];
  servers.clear();
  await Promise.allSettled(open.map(async (server) => (await server).close?.()));
}

function kindOf(ref: string): McpRequest['kind'] {
  if (/^@(?!root\/|base\/|local\/|project\/)[\w-]+\/[\w-]+(?:@\S+)?$/.test(ref)) return 'registry';
  return /^(?:\.{0,2}\/|@)\S+$|^\S+\.mld(?:\.md)?$/.test(ref) ? 'local' : 'command';
}

// ---- tools

/** By its own name, or by the same words in another case. */
function findTool(server: McpServer, name: string): McpTool | undefined {
  const exact = server.tools.find((tool) => tool.name === name);
  if (exact !== undefined) return exact;
  const alike = server.tools.filter((tool) => wordsOf(tool.name) === wordsOf(name));
  return alike.length === 1 ? alike[0] : undefined;
}

function wordsOf(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.]/g, '_')
    .toLowerCase();
}

function unknownTool(
  context: Context,
  { server, name, node }: { server: McpServer; name: string; node: Place },
): MlldError {
  const names = server.tools.map((tool) => tool.name);
  const near = nearest(name, names);
  const shown = names.slice(0, 12).join(', ');
  return errorAt(context, node, {
    code: 'UNKNOWN_EXPORT',
    message: `${server.name} has no tool '${name}'`,
    hint:
      near !== undefined
        ? `Did you mean '${near}'?`
        : shown === ''
          ? 'It has no tools.'
          : `It has ${shown}${names.length > 12 ? ', …' : ''}`,
  });
}

/** `server.name` and `server["name"]`: a tool, or what the language itself brings. */
export function serverField(
  context: Context,
  server: McpServer,
  { name, node, own }: { name: string; node: Place; own: boolean },
): Value {
  const { session } = context;
  if (own && name === 'resource') return resourceFunction(session, server);
  if (own && name === 'prompt') return promptFunction(session, server);
  if (own && name === 'tools') return server.tools.map(describeTool);
  const tool = findTool(server, name);
  if (tool === undefined) throw unknownTool(context, { server, name, node });
  return toolFunction(session, server, tool);
}

function describeTool({ name, description, parameters }: McpTool): Value {
  return {
    name,
    description: description ?? '',
    parameters: parameters.map((parameter) => ({ ...parameter, type: parameter.type ?? 'any' })),
  };
}

function toolFunction(session: Session, server: McpServer, tool: McpTool): Builtin {
  return builtin(
    tool.name,
    async (args) => {
      const named = argumentsOf(server, tool, args);
      const result = await asking(server, tool.name, () =>
        server.call(tool.name, named, { timeout: timeLeft(session) }),
      );
      if (result.isError) {
        throw new MlldError(
          'MCP_FAILED',
          `${server.name} ${tool.name}: ${textOf(result.content) || 'it failed'}`,
        );
      }
      return resultValue(result);
    },
    new Map(),
    'mcp',
  );
}

function argumentsOf(server: McpServer, tool: McpTool, args: readonly Value[]): Record<string, unknown> {
  const given = args.map(unwrap);
  const only = given.length === 1 ? given[0] : undefined;
  const named: Record<string, Value> = {};
  if (isObject(only)) {
    for (const key of Object.keys(only)) setOwn(named, key, only[key]);
  } else {
    const { parameters } = tool;
    if (given.length > parameters.length) {
      const wanted = parameters.map(({ name }) => name).join(', ');
      throw new MlldError(
        'WRONG_TYPE',
        `${server.name} ${tool.name} takes ${parameters.length} arguments, found ${given.length}`,
        { hint: wanted === '' ? undefined : `They are: ${wanted}` },
      );
    }
    for (const [index, value] of given.entries()) {
      if (value !== undefined) setOwn(named, parameters[index]!.name, value);
    }
  }
  const missing = tool.parameters.find(({ name, required }) => required && named[name] === undefined);
  if (missing !== undefined) {
    throw new MlldError('WRONG_TYPE', `${server.name} ${tool.name} needs the argument '${missing.name}'`, {
      hint: `Write: ${tool.name}({ ${missing.name}: … })`,
    });
  }
  return toPlain(named) as Record<string, unknown>;
}

function resourceFunction(session: Session, server: McpServer): Builtin {
  const call = async ([uri]: readonly Value[]): Promise<Value> => {
    const wanted = toText(unwrap(uri));
    const options = { timeout: timeLeft(session) };
    return resourceValue(await asking(server, wanted, () => server.resource(wanted, options)));
  };
  return builtin('resource', call, new Map(), 'mcp');
}

function promptFunction(session: Session, server: McpServer): Builtin {
  const call = async ([name, given]: readonly Value[]): Promise<Value> => {
    const wanted = toText(unwrap(name));
    const args = unwrap(given);
    if (args !== undefined && args !== null && !isObject(args)) {
      throw new MlldError('WRONG_TYPE', `the arguments of a prompt are an object, found ${typeName(args)}`);
    }
    const texts: Record<string, Value> = {};
    for (const key of Object.keys(args ?? {})) setOwn(texts, key, toText((args as ValueObject)[key]));
    const options = { timeout: timeLeft(session) };
    const prompt = await asking(server, wanted, () =>
      server.prompt(wanted, texts as Record<string, string>, options),
    );
    return promptValue(prompt);
  };
  return builtin('prompt', call, new Map(), 'mcp');
}

function timeLeft({ limits, deadline }: Session): number {
  return Math.max(1, Math.min(limits.processTime, deadline - Date.now()));
}

/** What goes wrong with a server is told with its name; errors that have a code of their own pass. */
async function asking<T>(server: McpServer, what: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof MlldError || (error as { code?: unknown }).code !== undefined) throw error;
    const message = error instanceof Error ? error.message : String(error);
    throw new MlldError('MCP_FAILED', `${server.name} ${what}: ${message}`, { cause: error });
  }
}

// ---- values of answers

function textOf(content: readonly McpContent[]): string {
  return content
    .map(({ text }) => text ?? '')
    .filter((text) => text !== '')
    .join('\n');
}

function resultValue({ content, structured }: McpResult): Value {
  if (structured !== undefined) {
    const data = structured as Value;
    const text = textOf(content);
    return text === '' ? data : loadedFile({ text, data, mx: { content: plainContent(content) } });
  }
  if (content.every(({ type }) => type === 'text')) return textValue(textOf(content));
  return plainContent(content);
}

/** JSON is data where data is asked for, and text where text is. */
function textValue(text: string): Value {
  const data = /^\s*[[{]/.test(text) ? tryJson(text) : undefined;
  return isArray(data) || isObject(data) ? loadedFile({ text, data, mx: { text, data } }) : text;
}

function plainContent(content: readonly McpContent[]): ValueObject[] {
  return content.map((item) => {
    const entries = Object.entries(item).filter(([, value]) => value !== undefined);
    return Object.fromEntries(entries) as ValueObject;
  });
}

function resourceValue({ contents }: McpResource): Value {
  const values = contents.map(({ uri, mimeType, text, blob }): Value => {
    if (text !== undefined) return textValue(text);
    return { uri, mimeType: mimeType ?? 'application/octet-stream', blob: blob ?? '' };
  });
  return values.length === 1 ? values[0] : values;
}

function promptValue({ description, messages }: McpPrompt): Value {
  const plain = messages.map(({ role, content }): ValueObject => {
    const { text } = content;
    return text === undefined ? { role, content: plainContent([content])[0] } : { role, text };
  });
  const parts = plain.map((message) => toText(message.text ?? toJson(message.content)));
  const text =
    plain.length === 1
      ? parts[0]!
      : plain.map((message, index) => `${toText(message.role)}: ${parts[index]}`).join('\n\n');
  return loadedFile({ text, data: { description: description ?? '', messages: plain }, mx: {} });
}
