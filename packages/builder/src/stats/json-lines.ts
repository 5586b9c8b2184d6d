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
    at: timeOf(value.ts),
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
    at: timeOf(value.EdgeStartTimestamp ?? value.EdgeEndTimestamp),
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
    at: timeOf(value.timestamp ?? value.time_start ?? value.start_time ?? value.time ?? whole.time),
    address: value.client_ip ?? value.remote_addr ?? value.clientip,
    method: value.request_method ?? value.req_method ?? value.method,
    target: value.url ?? value.req_uri ?? value.req_url ?? value.request_uri ?? value.path,
    status: value.response_status ?? value.resp_status ?? value.status,
    agent: value.request_user_agent ?? value.req_h_user_agent ?? value.user_agent ?? value.useragent,
  });
}

/** RFC 3339, also with `+0000`, `UTC` or slashes in the date; or seconds, milliseconds or nanoseconds since 1970, by their size. */
function timeOf(value: unknown): number {
  if (typeof value === 'string' && !/^\d+(?:\.\d+)?$/.test(value)) {
    if (value.length > 40) return Number.NaN;
    const iso = value
      .replace(/^(\d{4})[-/](\d\d)[-/](\d\d)[ T]/, '$1-$2-$3T')
      .replace(/ ?UTC$/, 'Z')
      .replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
    // Without a zone it is UTC: hosts' logs are, and the day must not depend on where they are read.
    return Date.parse(/(?:Z|[+-]\d{2}:\d{2})$/.test(iso) ? iso : `${iso}Z`);
  }
  const number = Number(value);
  if (number > 1e17) return number / 1e6;
  if (number > 1e14) return number / 1e3;
  return number > 1e11 ? number : number * 1000;
}
