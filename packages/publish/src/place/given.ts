/** Bytes that are public already, at a base URL that the author names. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { printable, RegistryError } from '@mlld/format';
import type { Module } from '../module/read.ts';
import { type Placed, sourceAt, verifyPlaced } from './place.ts';

/** The base URL for what the author typed: a URL, or a folder of this disk. @throws RegistryError USAGE */
export function sourceBase(text: string, cwd: string): string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = isUrl ? text : pathToFileURL(path.resolve(cwd, text)).href;
  if (!URL.canParse(url) || !/^(https?|file):$/.test(new URL(url).protocol) || /[?#]/.test(url)) {
    throw new RegistryError(
      'USAGE',
      `--source: wanted an http(s) or file URL of a folder, found '${printable(text)}'`,
    );
  }
  return url.endsWith('/') ? url : `${url}/`;
}

/** @throws RegistryError UNREACHABLE, HASH_MISMATCH */
export async function placeAsGiven(module: Module, base: string): Promise<Placed> {
  await verifyPlaced(module, base);
  return { sources: [base], source: sourceAt(module, base), where: base };
}
