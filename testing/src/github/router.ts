import type { IncomingHttpHeaders } from 'node:http';
import { ApiError, requiresAuthentication, validationFailed } from './errors.ts';
import type { State, Token, User } from './state.ts';

export type Json = Readonly<Record<string, unknown>>;

/** One request as a handler sees it. */
export interface Context {
  readonly state: State;
  /** Where the API, the raw hosts and git are found, without a slash at the end. */
  readonly urls: Urls;
  readonly method: string;
  /** Below the surface's base, with `/repositories/{id}` resolved. */
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: Json;
  readonly user: User | undefined;
  readonly token: Token | undefined;
}

export interface Urls {
  readonly web: string;
  readonly api: string;
  readonly raw: string;
  readonly gistRaw: string;
}

/** `json` or `bytes`, never both; neither is an empty body. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (context: Context) => Answer | Promise<Answer>;

interface Route {
  readonly method: string;
  readonly segments: readonly string[];
  readonly handler: Handler;
}

/** Routes by method and path. A pattern's `:name` takes one segment, a last `:name*` all that follow. */
export interface Router {
  add(method: string, pattern: string, handler: Handler): void;
  /** The handler and its parameters; `allowed` are the methods of the path when the method is not among them. */
  find(method: string, path: string): { handler: Handler; params: Record<string, string> } | undefined;
}

export function createRouter(): Router {
  const routes: Route[] = [];
  return {
    add(method, pattern, handler) {
      routes.push({ method, segments: pattern.split('/').slice(1), handler });
    },
    find(method, path) {
      const parts = path.split('/').slice(1);
      for (const route of routes) {
        if (route.method !== method) continue;
        const params = matchSegments(route.segments, parts);
        if (params !== undefined) return { handler: route.handler, params };
      }
      return undefined;
    },
  };
}

function matchSegments(
  segments: readonly string[],
  parts: readonly string[],
): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [at, segment] of segments.entries()) {
    if (segment.startsWith(':') && segment.endsWith('*')) {
      params[segment.slice(1, -1)] = decode(parts.slice(at).join('/'));
      return params;
    }
    const part = parts[at];
    if (part === undefined) return undefined;
    if (segment.startsWith(':')) {
      if (part === '') return undefined;
      params[segment.slice(1)] = decode(part);
    } else if (segment !== part) return undefined;
  }
  return parts.length === segments.length ? params : undefined;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ApiError(400, 'Bad Request');
  }
}

/** The signed-in user; 401 without one. */
export function viewer(context: Context): User {
  if (context.user === undefined) throw requiresAuthentication();
  return context.user;
}

export function parameter(context: Context, name: string): string {
  return context.params[name] ?? '';
}

/** A string member of the body; 422 `missing_field` without it, `invalid` when it is something else. */
export function requiredText(context: Context, resource: string, field: string): string {
  const value = context.body[field];
  if (value === undefined || value === null || value === '') {
    throw validationFailed({ resource, code: 'missing_field', field });
  }
  if (typeof value !== 'string') throw validationFailed({ resource, code: 'invalid', field });
  return value;
}

export function optionalText(context: Context, field: string): string | undefined {
  const value = context.body[field];
  return typeof value === 'string' ? value : undefined;
}

export const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A page of a list (`per_page` 30, at most 100), with the `link` header that names the others. */
export function page(context: Context, items: readonly unknown[]): Answer {
  const size = Math.min(Math.max(number(context, 'per_page', 30), 1), 100);
  const current = Math.max(number(context, 'page', 1), 1);
  const last = Math.max(Math.ceil(items.length / size), 1);
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams(context.query);
    query.set('page', String(to));
    return `<${context.urls.api}${context.path}?${query}>; rel="${rel}"`;
  };
  const links: string[] = [];
  if (current > 1) links.push(link(current - 1, 'prev'));
  if (current < last) links.push(link(current + 1, 'next'), link(last, 'last'));
  if (current > 1) links.push(link(1, 'first'));
  return {
    status: 200,
    json: items.slice((current - 1) * size, current * size),
    ...(links.length === 0 ? {} : { headers: { link: links.join(', ') } }),
  };
}

function number(context: Context, name: string, otherwise: number): number {
  const value = Number(context.query.get(name) ?? otherwise);
  return Number.isInteger(value) ? value : otherwise;
}
