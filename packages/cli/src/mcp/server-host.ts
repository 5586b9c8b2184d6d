/** MCP servers of a program (docs/spec/language.md §12): tools as they were approved; a process at the first call (mcp.md §7). */
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@mlld/client';
import {
  type Json,
  type JsonObject,
  type ModuleName,
  mcpFiles,
  parseMcpManifest,
  printable,
  RegistryError,
} from '@mlld/format';
import type { McpContent, McpHost, McpParameter, McpRequest, McpServer, McpTool } from '@mlld/lang';
import { type Listing, openSession, ownProcess, readServerModule, type Session } from '@mlld/mcp';
import type { Report } from '../report.ts';
import { approvedListing, type Environment, type FoundServer, findServer } from './server-module.ts';
import { notAgreed, openFound } from './server-session.ts';

export interface ServerHostOptions {
  readonly client: Client;
  readonly env: Environment;
  readonly report: Report;
  /** Asks the user; undefined where nobody can be asked. */
  readonly confirm?: ((question: string) => Promise<boolean>) | undefined;
}

export function serverHost(options: ServerHostOptions): McpHost {
  return {
    connect: async (request) => {
      if (request.kind === 'registry') return registryServer(request, options);
      if (request.from.origin !== null)
        throw new RegistryError(
          'NEED_NOT_DECLARED',
          `${request.from.origin.name} wants '${printable(request.ref)}', which is no module of a registry`,
          { hint: 'A module imports MCP servers by their names: import mcp x from @author/server.' },
        );
      return request.kind === 'local' ? localServer(request, options) : commandServer(request, options);
    },
  };
}

// ---- a module of a registry

async function registryServer(request: McpRequest, options: ServerHostOptions): Promise<McpServer> {
  const { client } = options;
  if (request.trust === 'never')
    throw new RegistryError('NEED_NOT_GRANTED', `${printable(request.ref)} is imported with <trust never>`);
  const { origin } = request.from;
  const from =
    origin === null
      ? undefined
      : { name: origin.name as ModuleName, version: origin.version, path: innerPath(request.from.file) };
  const resolved = await client.resolveImport(request.ref, { from, ttl: request.ttl });
  const { name, version, path: entry } = resolved.origin;
  const full = `${name}@${version}`;
  if (entry !== mcpFiles.manifest)
    throw new RegistryError('MCP_NOT_RUNNABLE', `${full} is no MCP server`, {
      hint: 'Import a module in mlld without the word mcp.',
    });
  const manifest = parseMcpManifest(resolved.bytes, { where: resolved.file });
  const { listing } = approvedListing(client, { name: full, manifest }, resolved.mcp);
  const session = lazily(async () => {
    const { files } = await client.read(full);
    const mcp = client.resolveLocked(full)?.mcp ?? resolved.mcp;
    const found: FoundServer = {
      module: readServerModule(full, files),
      locked: { name, version, mcp },
      isNew: false,
    };
    if (mcp !== undefined) return openFound(found, options);
    const { confirm, report, env } = options;
    if (confirm === undefined) throw notAgreed(full);
    const { agreeTo, keepAgreement } = await import('./server-install.ts');
    const agreed = await agreeTo(found.module, { report, confirm, agreed: false, config: new Map() });
    return openFound(await keepAgreement(client, found, { mcp: agreed, env, report }), options);
  });
  return serverOf(full, listing, session);
}

function innerPath(file: string): string {
  return /^@[^/]+\/[^@]+@[^/]+\/(.+)$/.exec(file)?.[1] ?? '';
}

/** One session for all calls, made at the first. */
function lazily(open: () => Promise<Session>): { get(): Promise<Session>; close(): Promise<void> } {
  let opened: Promise<Session> | undefined;
  return {
    get: () => {
      if (opened === undefined) {
        const opening = open();
        opened = opening;
        opening.catch(() => {
          if (opened === opening) opened = undefined;
        });
      }
      return opened;
    },
    close: async () => {
      const session = await opened?.catch(() => undefined);
      await session?.close();
    },
  };
}

// ---- what the user has at hand

async function localServer(request: McpRequest, options: ServerHostOptions): Promise<McpServer> {
  const place = path.resolve(path.dirname(request.from.file), request.ref);
  if (/\.mld(?:\.md)?$/.test(place)) {
    const self = [process.execPath, realpathSync(process.argv[1] ?? ''), 'mcp', 'serve', place];
    return startedServer(request.ref, self, options);
  }
  if (!existsSync(place))
    throw new RegistryError('FILE_NOT_FOUND', `there is no '${printable(request.ref)}'`, {
      hint: 'Name a folder of an MCP server, or a file in mlld.',
    });
  const found = await findServer(options.client, place, { cwd: options.client.root });
  const session = openFound(found, options);
  return serverOf(found.module.name, await session.listing(), {
    get: async () => session,
    close: session.close,
  });
}

/** Words as a shell reads them, without anything else of a shell. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

function commandServer(request: McpRequest, options: ServerHostOptions): Promise<McpServer> {
  return startedServer(request.ref, wordsOf(request.ref), options);
}

/** The user's own program, as any that they start: without a sandbox, with the variables that programs need. */
async function startedServer(
  name: string,
  command: readonly string[],
  { env, client }: ServerHostOptions,
): Promise<McpServer> {
  const session = openSession({
    name,
    endpoint: async () => ownProcess(command, { env, cwd: client.root }),
  });
  return serverOf(name, await session.listing(), { get: async () => session, close: session.close });
}

// ---- the shapes of the language

function serverOf(
  name: string,
  listing: Listing,
  session: { get(): Promise<Session>; close(): Promise<void> },
): McpServer {
  return {
    name,
    tools: listing.definitions.flatMap((one) => (one.kind === 'tool' ? [toolOf(one.definition)] : [])),
    call: async (tool, args, { timeout }) => {
      const result = await (await session.get()).call(tool, args as JsonObject, { timeoutMs: timeout });
      return {
        content: (result.content ?? []).map((one) => contentOf(one as Loose)),
        structured: result.structuredContent,
        isError: result.isError === true,
      };
    },
    resource: async (uri, { timeout }) => {
      const { contents } = await (await session.get()).resource(uri, { timeoutMs: timeout });
      return {
        contents: contents.map((one) => ({
          uri: one.uri,
          mimeType: one.mimeType,
          text: 'text' in one ? one.text : undefined,
          blob: 'blob' in one ? one.blob : undefined,
        })),
      };
    },
    prompt: async (prompt, args, { timeout }) => {
      const found = await (await session.get()).prompt(prompt, args, { timeoutMs: timeout });
      return {
        description: found.description,
        messages: found.messages.map(({ role, content }) => ({ role, content: contentOf(content as Loose) })),
      };
    },
    close: session.close,
  };
}

type Loose = Readonly<Record<string, unknown>>;

function toolOf(definition: JsonObject): McpTool {
  const schema = (definition.inputSchema ?? {}) as JsonObject;
  const required = Array.isArray(schema.required) ? (schema.required as Json[]) : [];
  const parameters = Object.entries((schema.properties ?? {}) as JsonObject).map(
    ([name, one]): McpParameter => {
      const type = (one as JsonObject | null)?.type;
      return { name, type: typeof type === 'string' ? type : undefined, required: required.includes(name) };
    },
  );
  const { name, description } = definition;
  return {
    name: String(name),
    description: typeof description === 'string' ? description : undefined,
    parameters,
  };
}

function contentOf(one: Loose): McpContent {
  const text = (value: unknown) => (typeof value === 'string' ? value : undefined);
  const { resource = {} } = one as { resource?: Loose };
  const nothing = { text: undefined, data: undefined, mimeType: text(one.mimeType), uri: undefined };
  switch (one.type) {
    case 'image':
    case 'audio':
      return { ...nothing, type: one.type, data: text(one.data) };
    case 'resource_link':
      return { ...nothing, type: 'link', text: text(one.description) ?? text(one.name), uri: text(one.uri) };
    case 'resource':
      return {
        type: 'resource',
        text: text(resource.text),
        data: text(resource.blob),
        mimeType: text(resource.mimeType),
        uri: text(resource.uri),
      };
    default:
      return { ...nothing, type: 'text', text: text(one.text) ?? '' };
  }
}
