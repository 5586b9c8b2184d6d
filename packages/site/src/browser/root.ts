/** Reads files of the distribution that this page belongs to, wherever that is published. */
import { limits } from '@mlld/format';

/** The URL of a path of the distribution. */
export function urlOf(path: string): string {
  return new URL((document.body.dataset.base ?? '') + path, document.baseURI).href;
}

/** Its bytes; undefined if there is no such file. @throws Error if it can't be reached or is too long */
export async function readFile(
  path: string,
  most: number = limits.fileBytes,
): Promise<Uint8Array | undefined> {
  const response = await fetch(urlOf(path), { credentials: 'omit', cache: 'no-cache' });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path}: the server answers ${response.status}`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (bytes.length > most) throw new Error(`${path}: more than ${most} bytes`);
  return bytes;
}
