/** Media types of a distribution's files (docs/spec/distribution.md §4). */
import { lookup } from 'mime-types';

const text = 'text/plain; charset=utf-8';
const markdown = 'text/markdown; charset=utf-8';
const json = 'application/json';

/** The `content-type` of a path of the distribution. */
export function contentType(path: string): string {
  if (path.startsWith('names/')) return text;
  if (path.startsWith('index/')) return 'application/x-ndjson';
  if (path.startsWith('proof/')) return json;
  if (path.startsWith('blob/')) return 'application/octet-stream';
  if (path === 'zone') return 'text/dns; charset=us-ascii';
  if (path === 'head') return text;
  if (path.endsWith('.sig')) return text;
  return moduleType(path) ?? named(path);
}

/** Today's client takes a module only as text: Markdown for `.md`, else plain. */
export function moduleType(path: string): string | undefined {
  if (path.endsWith('.md')) return markdown;
  return /\.ml?ld$/.test(path) ? text : undefined;
}

function named(path: string): string {
  const type = lookup(path);
  if (type === false) return 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

/** Whether a compressed copy of the file may lie beside it. */
export function isCompressible(path: string): boolean {
  return !/\.(?:br|gz|png|jpe?g|gif|webp|avif|woff2?|zip|wasm)$/.test(path);
}
