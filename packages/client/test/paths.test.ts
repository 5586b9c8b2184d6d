/** Names and paths from outside never reach a file outside of the cache, whichever way they come in. */
import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { layout } from '@mlld/format';
import { describe, expect, it } from 'vitest';
import { errorOf, project } from './fixture/project.ts';
import { distribution, serve } from './fixture/registry.ts';

const evil = [
  '..',
  '.',
  '',
  '/',
  '/etc/passwd',
  '//host/x',
  '../x',
  '../../../x',
  'a/../../x',
  'a/..',
  './a',
  'a//b',
  'a/',
  '..\\x',
  'a\\b',
  'C:\\x',
  'C:x',
  '\\\\host\\x',
  '%2e%2e/x',
  '..%2fx',
  '%2e%2e%2fx',
  '..;/x',
  'a\0b',
  'a\nb',
  'a b',
  'a\tb',
  'a:b',
  'a?b',
  'a#b',
  'a*b',
  'a|b',
  'a"b',
  'a<b',
  'con',
  'CON',
  'nul.mld',
  'aux.txt',
  'com1',
  'lpt9.md',
  'x.',
  'x./y',
  '...',
  '. .',
  ' x',
  'x ',
  '~',
  '~/x',
  '$HOME/x',
  '`x`',
  'ａ/x',
  '․․/x',
  'é',
  'e\u0301',
  '\u202ex',
  '\ufeffx',
  'x\u200b',
  'file:///x',
  'http://x/',
  `${'a/'.repeat(120)}b`,
  'a'.repeat(101),
];

const ok = distribution([{ ref: '@a/x@1.0.0', signed: false }]);
const indexText = ok.files.get(layout.index('@a/x' as never))!.toString();

async function tampered(change: (text: string) => string) {
  const files = new Map(ok.files);
  files.set(layout.index('@a/x' as never), Buffer.from(change(indexText)));
  return project({ registry: (await serve(files)).base });
}

const everything = (root: string) =>
  (readdirSync(path.dirname(root), { recursive: true }) as string[]).sort();

describe('a path that is none', () => {
  it.each(evil.map((one) => [JSON.stringify(one)]))('%s as a file of a module is refused', async (text) => {
    const my = await tampered((index) => index.replaceAll('"index.mld"', text));
    const error = await errorOf(() => my.client().add(['@a/x']));
    expect(['BAD_PATH', 'BAD_JSON', 'BAD_SHAPE']).toContain(error.code);
    expect(everything(my.root).filter((file) => !file.startsWith('cache'))).toEqual(['project']);
  });

  it.each(evil.map((one) => [JSON.stringify(one)]))('%s in a lock file is refused', async (text) => {
    const my = project({ registry: (await serve(ok.files)).base });
    await my.client().add(['@a/x']);
    const good = my.lockText();
    const before = everything(my.root);
    for (const place of ['"registry": "registry.test"', '"entry": "index.mld"']) {
      writeFileSync(
        path.join(my.root, 'mlld-lock.json'),
        good.replace(place, `${place.split(':')[0]}: ${text}`),
      );
      expect((await errorOf(() => my.client().resolveImport('@a/x'))).code).toBe('BAD_LOCK');
    }
    expect(everything(my.root)).toEqual(before);
  });

  it.each(evil.map((one) => [one]))('%j as a name is refused before anyone is asked', async (one) => {
    const my = project({ registry: 'http://127.0.0.1:9/' });
    for (const ref of [`@${one}/x`, `@a/${one}`]) {
      const { code } = await errorOf(() => my.client().resolveImport(ref));
      expect(['BAD_NAME', 'BAD_REF']).toContain(code);
    }
    expect(my.requests).toEqual([]);
  });
});
