/**
 * Logs of one JSON object a line: Caddy's, Cloudflare's (Logpush) and the forms that Fastly's documentation shows. They are told apart by
 * the members that a line has. A member that is missing, or of another type, makes the line one that is not counted.
 */
import { type LineResult, requestOf } from './request.ts';

type Members = Readonly<Record<string, unknown>>;

function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Members)
    : undefined;
}

/** Lines of a syslog have a head before the object. */
function parsed(line: string): Members | undefined {
  const brace = line.indexOf('{');
  if (brace < 0 || brace > 400) return undefined;
  try {
    return membersOf(JSON.parse(line.slice(brace)));
  } catch {
    return undefined;
  }
}

export function parseCaddy(line: string): LineResult {
  const value = parsed(line);
  const request = membersOf(value?.request);
  if (value === undefined) return 'form';
  // Its other messages stand in the same file.
  if (request === undefined) return typeof value.msg === 'string' ? 'other' : 'form';
  const headers = membersOf(request.headers);
  const agents = headers?.['User-Agent'] ?? headers?.['user-agent'];
  return requestOf({
    at: timeOf(value.ts, 1000),
    address: request.client_ip ?? request.remote_ip ?? request.remote_addr,
    method: request.method,
    target: request.uri,
    status: value.status,
    agent: Array.isArray(agents) ? agents[0] : headers === undefined ? undefined : '',
  });
}

export function parseCloudflare(line: string): LineResult {
  const value = parsed(line);
  if (value === undefined) return 'form';
  return requestOf({
    at: timeOf(value.EdgeStartTimestamp ?? value.EdgeEndTimestamp, 1000),
    address: value.ClientIP,
    method: value.ClientRequestMethod,
    target: value.ClientRequestPath ?? value.ClientRequestURI,
    status: value.EdgeResponseStatus,
    agent: value.ClientRequestUserAgent,
  });
}

export function parseFastly(line: string): LineResult {
  const whole = parsed(line);
  if (whole === undefined) return 'form';
  // Sent to some collectors, the object is inside of another.
  const value = membersOf(whole.event) ?? whole;
  return requestOf({
    at: timeOf(value.timestamp ?? value.time_start ?? value.start_time ?? value.time ?? whole.time, 1000),
    address: value.client_ip ?? value.remote_addr ?? value.clientip,
    method: value.request_method ?? value.req_method ?? value.method,
    target: value.url ?? value.req_uri ?? value.req_url ?? value.request_uri ?? value.path,
    status: value.response_status ?? value.resp_status ?? value.status,
    agent: value.request_user_agent ?? value.req_h_user_agent ?? value.user_agent ?? value.useragent,
  });
}

/** RFC 3339, with `+0000` too; or seconds, milliseconds or nanoseconds since 1970, by their size. */
function timeOf(value: unknown, scale: number): number {
  if (typeof value === 'string' && !/^\d+(?:\.\d+)?$/.test(value))
    return value.length > 40
      ? Number.NaN
      : Date.parse(
          value
            .replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
            .replaceAll('/', '-')
            .replace(/^(\d{4}-\d\d-\d\d) /, '$1T'),
        );
  const number = Number(value);
  if (!Number.isFinite(number)) return Number.NaN;
  if (number > 1e17) return number / 1e6;
  if (number > 1e14) return number / 1e3;
  return number > 1e11 ? number : number * scale;
}
