/** From a request to its answer. */
import { isModuleName, isRegistryError, layout, limits, pages, RegistryError } from '@mlld/format';
import { moduleType } from './content-type.ts';
import { dohReply } from './doh.ts';
import { fileReply } from './file-reply.ts';
import type { FileStore } from './file-store.ts';
import type { McpApi } from './mcp-api.ts';
import { errorReply, type HttpRequest, type Reply, refusal, textReply } from './reply.ts';
import { distributionPath, parseTarget, type Target } from './target.ts';
import { findText } from './today.ts';
import { welcome } from './welcome.ts';

export interface RouteContext {
  readonly store: FileStore;
  /** Answers DNS messages; absent: no `/dns-query`. */
  readonly answerDns?: ((message: Buffer) => Buffer | undefined) | undefined;
  /** Answers the registry API of MCP; absent: as far as files do. */
  readonly mcp?: McpApi | undefined;
  /** Told what nobody expected; the client sees INTERNAL. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Never rejects. */
export async function route(context: RouteContext, request: HttpRequest): Promise<Reply> {
  try {
    return await dispatch(context, request);
  } catch (error) {
    if (isRegistryError(error)) return errorReply(error);
    context.onError?.(error);
    return errorReply(new RegistryError('INTERNAL', 'the server failed at this request', { cause: error }));
  }
}

async function dispatch(context: RouteContext, request: HttpRequest): Promise<Reply> {
  const api = await context.mcp?.answer(request);
  if (api !== undefined) return api;
  const { method } = request;
  const target = parseTarget(request.target);
  const dns = context.answerDns !== undefined && target?.segments.join('/') === 'dns-query';
  const allowed = dns ? ['GET', 'HEAD', 'POST', 'OPTIONS'] : ['GET', 'HEAD', 'OPTIONS'];
  if (method === 'OPTIONS') return options(allowed);
  if (!allowed.includes(method)) {
    const error = refusal('METHOD_NOT_ALLOWED', `this address answers ${allowed.join(', ')}`);
    return errorReply(error, { allow: allowed.join(', ') });
  }
  if (target === undefined) throw tooLongOrBad(request);
  if (dns && context.answerDns !== undefined) return dohReply(context.answerDns, request, target.query);
  return (
    (await staticReply(context, target, request)) ??
    (await dynamicReply(context, target, request)) ??
    (await lostReply(context, target, request)) ??
    notHere()
  );
}

async function staticReply({ store }: RouteContext, target: Target, request: HttpRequest) {
  const path = distributionPath(target);
  return path === undefined ? undefined : fileReply(store, { path, request });
}

async function dynamicReply(
  { store }: RouteContext,
  target: Target,
  request: HttpRequest,
): Promise<Reply | undefined> {
  if (target.segments.length === 0) return textReply(await welcome(store));
  const [first, author, last, ...more] = target.segments;
  if (first !== 'm' || author === undefined || last === undefined || more.length > 0 || target.folder)
    return undefined;
  const place = await findText(store, author, last);
  if ('source' in place) {
    return {
      status: 302,
      headers: { location: place.source, 'cache-control': 'public, max-age=60', 'content-length': 0 },
    };
  }
  const type = moduleType(place.ending) ?? 'text/plain; charset=utf-8';
  return fileReply(store, { path: place.path, request }, { as: { type } });
}

/** The page for people who are lost, where the distribution has one; it also shows modules without a page of their own (site.md §5.2). */
async function lostReply(
  { store }: RouteContext,
  { segments, folder }: Target,
  request: HttpRequest,
): Promise<Reply | undefined> {
  if (!/\btext\/html\b/.test(request.headers.accept ?? '')) return undefined;
  const { range: _range, 'if-none-match': _known, ...headers } = request.headers;
  const reply = await fileReply(store, { path: pages.notFound, request: { ...request, headers } });
  const name = segments.join('/');
  const isModule = folder && isModuleName(name) && (await store.get(layout.index(name))) !== undefined;
  return reply && { ...reply, status: isModule ? 200 : 404 };
}

function options(allowed: readonly string[]): Reply {
  return {
    status: 204,
    headers: {
      allow: allowed.join(', '),
      'access-control-allow-methods': allowed.join(', '),
      'access-control-allow-headers': '*',
      'access-control-max-age': 86_400,
    },
  };
}

function notHere(): Reply {
  const hint = 'A module is at /index/<author>/<name>, what a registry is called at /registry.json.';
  return errorReply(refusal('FILE_NOT_FOUND', 'there is no such file in this registry', hint));
}

function tooLongOrBad(request: HttpRequest): RegistryError {
  return request.target.length > limits.httpTargetChars
    ? refusal('BAD_REQUEST', `wanted a target of at most ${limits.httpTargetChars} characters`)
    : refusal('FILE_NOT_FOUND', 'there is no such file in this registry');
}
