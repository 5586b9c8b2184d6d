/** Lines of access logs, as each host writes them. */
import type { logFormats } from '../src/stats/formats.ts';

/** A request, as far as a test says it. */
export interface Asked {
  readonly at?: string;
  readonly address?: string;
  readonly path?: string;
  readonly agent?: string;
  readonly status?: number;
  readonly method?: string;
}

const defaults = {
  at: '2026-03-01T12:00:00Z',
  address: '192.0.2.1',
  agent: 'mlld',
  status: 200,
  method: 'GET',
};

/** The same request as each host writes it. */
export const writers: Record<(typeof logFormats)[number], (asked: Asked) => string> = {
  combined: (asked) => {
    const { at, address, path, agent, status, method } = { ...defaults, ...asked };
    const [, month, day] = /^\d+-(\d+)-(\d+)/.exec(at) ?? [];
    const names = ['Jan', 'Feb', 'Mar', 'Apr'];
    return `${address} - - [${day}/${names[Number(month) - 1]}/${at.slice(0, 4)}:${at.slice(11, 19)} +0000] "${method} ${path} HTTP/1.1" ${status} 512 "-" "${agent}"`;
  },
  caddy: (asked) => {
    const { at, address, path, agent, status, method } = { ...defaults, ...asked };
    return JSON.stringify({
      level: 'info',
      ts: Date.parse(at) / 1000 + 0.25,
      logger: 'http.log.access',
      msg: 'handled request',
      request: {
        remote_ip: address,
        client_ip: address,
        method,
        uri: path,
        headers: { 'User-Agent': [agent] },
      },
      status,
    });
  },
  cloudfront: (asked) => {
    const { at, address, path, agent, status, method } = { ...defaults, ...asked };
    const [date, time] = [at.slice(0, 10), at.slice(11, 19)];
    return [
      date,
      time,
      'FRA50-C1',
      '512',
      address,
      method,
      'd1.example.org',
      path,
      status,
      '-',
      agent.replaceAll(' ', '%20'),
    ].join('\t');
  },
  cloudflare: (asked) => {
    const { at, address, path, agent, status, method } = { ...defaults, ...asked };
    return JSON.stringify({
      ClientIP: address,
      ClientRequestHost: 'registry.example.org',
      ClientRequestMethod: method,
      ClientRequestURI: path,
      ClientRequestUserAgent: agent,
      EdgeResponseStatus: status,
      EdgeStartTimestamp: Date.parse(at) * 1_000_000,
    });
  },
  fastly: (asked) => {
    const { at, address, path, agent, status, method } = { ...defaults, ...asked };
    const body = {
      timestamp: at.replace('Z', '+0000'),
      client_ip: address,
      request_method: method,
      url: path,
      request_user_agent: agent,
      response_status: status,
    };
    return `<134>${at} cache-fra-1 log[4242]: ${JSON.stringify(body)}`;
  },
};

export const combined = (...asked: readonly Asked[]) =>
  asked.map((one) => `${writers.combined(one)}\n`).join('');
