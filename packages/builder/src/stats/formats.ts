/** The formats of access logs that are read, and which one a file has. */
import { RegistryError } from '@mlld/format';
import { parseCombined } from './combined.ts';
import { parseCaddy, parseCloudflare, parseFastly } from './json-lines.ts';
import type { LineParser } from './request.ts';
import { w3cParser } from './w3c.ts';

export const logFormats = ['combined', 'caddy', 'cloudfront', 'cloudflare', 'fastly'] as const;
export type LogFormat = (typeof logFormats)[number];

/** A new parser for each file: some remember its head. Fastly writes lines of its own making, in JSON or as combined. */
export function parserOf(format: LogFormat): LineParser {
  switch (format) {
    case 'combined':
      return parseCombined;
    case 'caddy':
      return parseCaddy;
    case 'cloudflare':
      return parseCloudflare;
    case 'cloudfront':
      return w3cParser();
    case 'fastly':
      return (line) =>
        line.includes('{"') || line.includes('{ "') ? parseFastly(line) : parseCombined(line);
  }
}

/** The format of a file by its first lines; undefined where none of them tells. */
export function formatOf(lines: readonly string[]): LogFormat | undefined {
  for (const line of lines) {
    const found = formatOfLine(line);
    if (found !== undefined) return found;
  }
  return undefined;
}

function formatOfLine(line: string): LogFormat | undefined {
  if (/^#(?:Version|Fields):/i.test(line)) return 'cloudfront';
  if (line.includes('{')) {
    if (line.includes('"EdgeResponseStatus"') || line.includes('"ClientRequestMethod"')) return 'cloudflare';
    const isRequest = (one: unknown): boolean => typeof one === 'object';
    if (isRequest(parseCaddy(line))) return 'caddy';
    if (isRequest(parseFastly(line))) return 'fastly';
  }
  if (typeof parseCombined(line) === 'object') return 'combined';
  return typeof w3cParser()(line) === 'object' ? 'cloudfront' : undefined;
}

/** @throws RegistryError USAGE */
export function parseLogFormat(text: string): LogFormat {
  const found = logFormats.find((one) => one === text);
  if (found !== undefined) return found;
  throw new RegistryError('USAGE', `--format: wanted ${logFormats.join(', ')}, found '${text.slice(0, 40)}'`);
}
