/** `mlld mcp test`: runs a server of a folder as its users will, and says what it saw. Also the rules of `mlld check` about servers. */
import { isDeepStrictEqual } from 'node:util';
import {
  type Json,
  type JsonObject,
  type LockedMcp,
  type McpManifest,
  type McpObserved,
  mcpFiles,
  parseJson,
  printable,
  RegistryError,
} from '@mlld/format';
import {
  assertSameForAll,
  describeChanges,
  diffListings,
  endpointOfModule,
  inputsOf,
  listingOfModule,
  type NpmSource,
  observe,
  openSession,
  permissionWords,
  type ServerModule,
} from '@mlld/mcp';
import type { Module } from '@mlld/publish';
import { filesOf, prepareFolder, writtenManifest } from './server-folder.ts';

export interface TestOptions {
  readonly source: NpmSource;
  /** A folder that stands for the user's project. */
  readonly project: string;
  readonly config: ReadonlyMap<string, string>;
  /** Ask npm anew for the packages. */
  readonly relock?: boolean | undefined;
}

export interface CaseResult {
  readonly name: string;
  readonly ms: number;
  /** What was wanted and found, where that differs. */
  readonly problem?: string;
}

export interface TestReport {
  readonly module: ServerModule;
  /** As it is now; `mcp.json` is to say the same. */
  readonly manifest: McpManifest;
  readonly cases: readonly CaseResult[];
  /** Why `mcp.json` does not fit; nothing if it does. */
  readonly stale: readonly string[];
}

/** Of `mcp.test.json`: what is called, and what has to come. */
interface TestCase {
  readonly name?: string;
  readonly tool?: string;
  readonly arguments?: JsonObject;
  readonly resource?: string;
  readonly prompt?: string;
  /** The whole text, a part of it, the structured value, or that the tool says it failed. */
  readonly text?: string;
  readonly contains?: string;
  readonly structured?: Json;
  readonly fails?: boolean;
}

/** @throws RegistryError as preparing, starting and listing throw */
export async function testServer(module: Module, options: TestOptions): Promise<TestReport> {
  const files = filesOf(module);
  const { manifest, server } = await prepareFolder(module, options.source, {
    relock: options.relock === true,
  });
  const name = `${module.manifest.name ?? 'server'}@${module.manifest.version ?? '0.0.0'}`;
  const { config, cases } = testsOf(files);
  const locked: LockedMcp = {
    granted: permissionWords(manifest.permissions),
    config: new Map([...config, ...options.config]),
  };
  const own: ServerModule = { name, manifest, server, files };
  if (manifest.artefact.kind === 'command')
    return { module: own, manifest, cases: [], stale: staleness(files, manifest) };
  const known = new Set(inputsOf(server, manifest.artefact).map((one) => one.name));
  const unknown = [...locked.config.keys()].find((one) => !known.has(one));
  if (unknown !== undefined)
    throw new RegistryError('BAD_CONFIG', `${name}: the server takes no '${printable(unknown)}'`);
  const open = { locked, project: options.project, source: options.source };
  const endpoint = await endpointOfModule(own, open);
  const observed = await observe(endpoint);
  await assertSameForAll(endpoint, observed);
  const whole: McpManifest = { ...manifest, observed: keptTime(files, observed) };
  const session = openSession({ name, endpoint: async () => endpoint, known: observed });
  try {
    const results: CaseResult[] = [];
    for (const one of cases) results.push(await runCase(one, session));
    return {
      module: { ...own, manifest: whole },
      manifest: whole,
      cases: results,
      stale: staleness(files, whole),
    };
  } finally {
    await session.close();
  }
}

function testsOf(files: ReadonlyMap<string, Uint8Array>): {
  config: ReadonlyMap<string, string>;
  cases: readonly TestCase[];
} {
  const bytes = files.get(mcpFiles.tests);
  if (bytes === undefined) return { config: new Map(), cases: [] };
  const value = parseJson(bytes, { where: mcpFiles.tests, maxBytes: 1024 * 1024 }) as {
    readonly config?: Record<string, string>;
    readonly cases?: readonly TestCase[];
  };
  if (!Array.isArray(value.cases))
    throw new RegistryError('BAD_SHAPE', `${mcpFiles.tests}: wanted a list of cases`);
  return { config: new Map(Object.entries(value.config ?? {})), cases: value.cases };
}

async function runCase(one: TestCase, session: ReturnType<typeof openSession>): Promise<CaseResult> {
  const name = one.name ?? `${one.tool ?? one.resource ?? one.prompt} ${JSON.stringify(one.arguments ?? {})}`;
  const started = performance.now();
  let problem: string | undefined;
  try {
    problem = difference(one, await answerTo(one, session));
  } catch (error) {
    problem = one.fails === true ? undefined : error instanceof Error ? error.message : String(error);
  }
  const ms = Math.round(performance.now() - started);
  return { name: printable(name, 200), ms, ...(problem === undefined ? {} : { problem }) };
}

interface Answer {
  readonly text: string;
  readonly structured: unknown;
  readonly failed: boolean;
}

async function answerTo(one: TestCase, session: ReturnType<typeof openSession>): Promise<Answer> {
  const textOf = (parts: readonly unknown[]) =>
    parts.map((part) => (part as { text?: string }).text ?? '').join('\n');
  if (one.resource !== undefined) {
    const { contents } = await session.resource(one.resource);
    return { text: textOf(contents), structured: undefined, failed: false };
  }
  if (one.prompt !== undefined) {
    const { messages } = await session.prompt(one.prompt, (one.arguments ?? {}) as Record<string, string>);
    return { text: textOf(messages.map(({ content }) => content)), structured: undefined, failed: false };
  }
  const result = await session.call(one.tool ?? '', one.arguments ?? {});
  return {
    text: textOf(result.content ?? []),
    structured: result.structuredContent,
    failed: result.isError === true,
  };
}

function difference(one: TestCase, { text, structured, failed }: Answer): string | undefined {
  if ((one.fails === true) !== failed)
    return failed ? `failed: ${printable(text, 300)}` : 'wanted a failure, and it went well';
  if (one.text !== undefined && one.text !== text)
    return `wanted ${JSON.stringify(one.text)}, found ${JSON.stringify(printable(text, 300))}`;
  if (one.contains !== undefined && !text.includes(one.contains))
    return `wanted ${JSON.stringify(one.contains)} in ${JSON.stringify(printable(text, 300))}`;
  if (one.structured !== undefined && !isDeepStrictEqual(one.structured, structured))
    return `wanted ${JSON.stringify(one.structured)}, found ${printable(JSON.stringify(structured) ?? 'nothing', 300)}`;
  return undefined;
}

// ---- whether mcp.json still says so

/** The start-up time differs from run to run: where nothing else does, the one that was written stays. */
function keptTime(files: ReadonlyMap<string, Uint8Array>, observed: McpObserved): McpObserved {
  const before = writtenManifest(files)?.observed;
  return before?.surface === observed.surface ? { ...observed, startMs: before.startMs } : observed;
}

function staleness(files: ReadonlyMap<string, Uint8Array>, now: McpManifest): string[] {
  const before = writtenManifest(files);
  if (before === undefined) return [`there is no ${mcpFiles.manifest}`];
  const lines: string[] = [];
  if (before.server !== now.server) lines.push('server.json is another one');
  if (JSON.stringify(plain(before.artefact)) !== JSON.stringify(plain(now.artefact)))
    lines.push('what is run is something else');
  if (JSON.stringify(before.permissions) !== JSON.stringify(now.permissions))
    lines.push('the permissions are others');
  if (before.observed?.surface !== now.observed?.surface) lines.push(...listingChanges(before, now));
  return lines;
}

function listingChanges(before: McpManifest, now: McpManifest): string[] {
  if (before.observed === undefined || now.observed === undefined) return ['what it lists was not observed'];
  const [old, found] = [before, now].map((one) => listingOfModule('server', one));
  return ['it lists other things', ...describeChanges(diffListings(old!, found!))];
}

const plain = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_key, one) => (one instanceof Map ? [...one] : one)));
